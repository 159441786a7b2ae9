"""Cleanup plans wait, voices can be kept and pinned, and a deleted clone can be made again."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.clone_form import make_clone, make_name
from tests.e2e.sandbox import SandboxControl
from tests.e2e.test_delete import set_waiting


def tick_and_plan(page: Page, name: str) -> None:
    page.goto("/cleanup/?show=all")
    page.get_by_role("checkbox", name=f"Select {name}").check()
    page.get_by_role("button", name="Start dry run", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dry run: 1 voice would be deleted")


def test_a_clone_scheduled_for_deletion_can_be_kept_and_pinned(
    ana: Page, recording: Path, sandbox: SandboxControl
) -> None:
    name = make_name("Stale")
    address = make_clone(ana, name, recording)
    set_waiting(ana, 7)

    tick_and_plan(ana, name)
    expect(ana.locator(".plan-box")).to_contain_text("the plan waits 7 days")
    with ana.expect_download() as download:
        ana.get_by_role("link", name="CSV").click()
    assert name in Path(download.value.path()).read_text(encoding="utf-8-sig")
    ana.get_by_role("button", name="Delete 1 voice in 7 days").click()
    expect(ana.get_by_role("heading", name=re.compile("^Waiting until"))).to_be_visible()
    ana.goto("/notifications/")
    expect(ana.get_by_text("One of your clones will be deleted on").first).to_be_visible()

    ana.goto("/cleanup/yours/")
    ana.get_by_role("button", name=f"Keep {name}", exact=True).click()
    expect(ana.get_by_role("button", name=f"Keep {name}", exact=True)).to_have_count(0)
    expect(ana.get_by_role("button", name=f"Stop keeping {name}")).to_be_visible()
    ana.goto(address)
    expect(ana.get_by_text("Ana keeps this voice until")).to_be_visible()
    expect(ana.get_by_text("This voice will be deleted on")).to_have_count(0)
    ana.get_by_label("Reason to keep it").fill("The spring campaign")
    ana.get_by_role("button", name="Pin", exact=True).click()
    expect(ana.get_by_text("The spring campaign").first).to_be_visible()
    ana.goto("/cleanup/?show=all")
    expect(ana.get_by_role("link", name=name)).to_have_count(0)
    ana.goto("/cleanup/?show=protected")
    expect(ana.get_by_role("link", name=name)).to_be_visible()
    # A table without checkboxes doesn't load the script for them.
    expect(ana.get_by_text("couldn't be loaded")).to_have_count(0)
    assert sandbox.voices_called(name, "full") == 1


def test_a_deleted_clone_can_be_made_again_from_its_samples(
    ana: Page, recording: Path, sandbox: SandboxControl
) -> None:
    name = make_name("Gone")
    address = make_clone(ana, name, recording)
    set_waiting(ana, 0)
    tick_and_plan(ana, name)
    ana.get_by_role("button", name="Delete 1 voice at the provider").click()
    expect(ana.locator("#plan-lines td.outcome")).to_have_text(re.compile(r"^\s*Deleted"))
    ana.goto(address)
    ana.get_by_role("link", name="Clone again from its samples").click()

    expect(ana.get_by_label("Voice name")).to_have_value(name)
    expect(ana.get_by_label("Speaker's name")).not_to_have_value("")
    expect(ana.get_by_text(recording.name).first).to_be_visible()
    expect(
        ana.get_by_label("I have the speaker's permission and can prove it.")
    ).not_to_be_checked()
