"""Helpers to fill in the clone page and to follow a clone."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page, expect

JOB_ADDRESS = re.compile(r"/jobs/[0-9a-f-]{36}/$")


def make_name(what: str) -> str:
    """Return a name for a voice that no other test uses."""
    return f"{what} {uuid4().hex[:8]}"


def go_to_step(page: Page, name: str) -> None:
    """Go to a step of the form; without script, all steps are on the page."""
    page.get_by_role("list", name="Steps").get_by_role("link", name=name).click()


def choose(page: Page, *samples: Path | dict[str, Any]) -> None:
    """Choose samples in the file dialog."""
    go_to_step(page, "Samples")
    page.get_by_label("Choose files").set_input_files(list(samples))  # type: ignore[arg-type]


def fill_in(
    page: Page,
    name: str,
    sample: Path | dict[str, Any] | None = None,
    provider: str = "ElevenLabs",
) -> None:
    """Fill in everything that any provider requires, including consent."""
    if sample is not None:
        choose(page, sample)
    tick(page, provider)
    go_to_step(page, "Voice")
    page.get_by_label("Voice name").fill(name)
    page.get_by_label("Language of the sample").select_option("en")
    page.get_by_label("Gender of the voice").select_option("female")
    go_to_step(page, "Permission")
    page.get_by_label("Speaker's name").fill("Ana herself")
    page.get_by_label("How you know the speaker agrees").select_option("permission")
    page.get_by_label("What the voice may be used for").select_option("any")
    page.get_by_label("I have the speaker's permission").check()


def tick(page: Page, *providers: str) -> None:
    """Select these providers and no others."""
    go_to_step(page, "Providers")
    for box in page.locator(".prov input:checked").all():
        box.uncheck()
    for provider in providers:
        page.locator(".prov", has_text=f"{provider} · Sandbox").get_by_role("checkbox").check()


def expect_fits(page: Page) -> None:
    """Check that the page needs no scrolling on the screen of a laptop."""
    page.set_viewport_size({"width": 1366, "height": 768})
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") == 0


def send(page: Page) -> None:
    """Go to the last step, and press the button that starts cloning."""
    go_to_step(page, "Check and start")
    page.get_by_role("button", name="Start cloning").click()


def expect_state(page: Page, words: str) -> None:
    """Wait until the job's page shows this state without a reload."""
    expect(page.locator("#job-status h2")).to_have_text(words)


def make_clone(page: Page, name: str, sample: Path | dict[str, Any]) -> str:
    """Clone a voice, wait until it's ready, and return the address of its page."""
    page.goto("/clone/")
    fill_in(page, name, sample)
    send(page)
    expect(page).to_have_url(JOB_ADDRESS)
    expect_state(page, "Ready")
    link = page.get_by_role("link", name="Open voice")
    return link.get_attribute("href") or ""
