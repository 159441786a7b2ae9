"""Generating speech, and comparing voices of four providers blind."""

import re
import secrets

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.browsers import Visits, until
from tests.e2e.sandbox import SandboxControl
from tests.e2e.test_player import expect_sound

POLL = re.compile(r"/voices/\d+/speak/$")
PROVIDERS = ("elevenlabs", "inworld", "noiz", "telnyx")


@pytest.fixture
def text() -> str:
    """Return a text that was never synthesized, even if the test is retried."""
    return f"A short line for everybody, number {secrets.randbelow(10**9)}."


def test_speech_can_be_generated_and_four_voices_compared_blind(
    visits: Visits, ana: Page, text: str
) -> None:
    mia = visits.open("/voices/", "mia")
    try_a_text(ana, text)
    names = gather(ana, mia)
    start_blind(ana, text)

    lines = ana.locator("#rounds ol > li")
    expect(ana.locator("#rounds [data-play]")).to_have_count(4)
    ana.get_by_role("button", name="Play Voice A").click()
    expect_sound(ana)
    gain = float(lines.first.get_attribute("data-gain") or 0)
    assert 0 < gain <= 1
    volume = float(ana.evaluate("document.getElementById('audio').volume"))
    assert abs(volume - 0.8 * gain) < 0.01
    ana.get_by_role("button", name="Next voice").click()
    expect(ana.locator("#deck-name")).to_have_text("Voice B")

    mia.goto(ana.url)
    for page in (ana, mia):
        html = page.locator("#main").inner_html()
        assert not any(re.search(rf"\b{re.escape(name)}\b", html) for name in names)
        assert not re.search("ElevenLabs|Inworld|Noiz|Telnyx", html)
        page.get_by_role("button", name="Vote for Voice B").press("Enter")
        expect(page.locator("#rounds")).to_be_focused()
    expect(mia.get_by_text("Voting has ended")).to_be_visible()
    expect(mia.locator("#line-0-1")).to_contain_text("2 votes")
    shown = mia.locator("#rounds h3 a").all_text_contents()
    assert sorted(shown) == sorted(names)

    mia.locator("#line-0-1 h3 a").click()
    expect(mia.get_by_text(re.compile(r"^\s*\d+ of \d+ votes in"))).to_be_visible()
    ana.reload()
    ana.get_by_role("link", name="Compare again").click()
    expect(ana.get_by_text("This is free.", exact=True)).to_be_visible()


def test_waiting_speech_can_be_canceled_and_removed(
    ana: Page, sandbox: SandboxControl, text: str
) -> None:
    sandbox.spoil("rate_limit", path="/v1/text-to-speech/*", retry_after=120)
    ana.goto("/voices/?provider=elevenlabs&kind=library")
    ana.locator("#results h3 a").nth(2).click()
    before = sandbox.account("full")["character_count"]
    ana.get_by_label("Text", exact=True).fill(text)
    ana.get_by_role("button", name="Generate speech", exact=True).click()
    spoken = ana.locator("#speeches li", has_text=text).first
    expect(spoken).to_contain_text("slow down")

    spoken.get_by_role("button", name="Cancel").click()

    expect(spoken).to_contain_text("Canceled before it was sent, so it cost nothing.")
    assert sandbox.account("full")["character_count"] == before
    gone = ana.locator(f"#{spoken.get_attribute('id')}")
    gone.get_by_label("Remove this clip").click()
    gone.get_by_role("button", name="Remove", exact=True).click()
    expect(gone).to_have_count(0)


def test_a_late_poll_response_removes_nothing(ana: Page, text: str) -> None:
    held: list[Route] = []
    ana.goto("/voices/?provider=elevenlabs&kind=library")
    ana.locator("#results h3 a").first.click()
    ana.get_by_label("Text", exact=True).fill(text)

    def hold_first(route: Route) -> None:
        if held or route.request.method == "POST":
            route.continue_()
        else:
            held.append(route)

    ana.route(POLL, hold_first)
    speak = ana.get_by_role("button", name="Generate speech", exact=True)
    speak.click()
    until(ana, lambda: held, "a poll")

    speak.click()
    said = ana.locator("#speeches li", has_text=text)
    expect(said).to_have_count(2)
    held[0].fulfill(body='<div id="speeches">Nothing was said yet.</div>', content_type="text/html")

    # The next poll shows both.
    expect(said.nth(1)).to_contain_text("charged")
    expect(said).to_have_count(2)


def try_a_text(page: Page, text: str) -> None:
    """Generate a text, play it, and generate it again for free from the cache."""
    page.goto("/voices/?provider=elevenlabs&kind=library")
    page.locator("#results h3 a").first.click()
    field = page.get_by_label("Text", exact=True)
    field.fill(text)
    expect(page.locator("#estimate")).to_contain_text(f"about {len(text)} credits at ElevenLabs")
    page.get_by_role("button", name="Generate speech", exact=True).click()
    # Other tests generate speech with this voice too.
    spoken = page.locator("#speeches li", has_text=text).first
    spoken.locator("[data-play]").click()
    expect_sound(page)
    expect(field).to_have_value(text)
    page.get_by_role("button", name="Generate speech", exact=True).click()
    expect(spoken).to_contain_text("cached, free")
    expect(page.locator("#estimate")).to_contain_text("this is free")


def gather(page: Page, teammate: Page) -> list[str]:
    """Put a voice of each of four providers into the tray and return their names.

    The teammate must see each of them too, and voices of unshared keys are hidden from them.
    """
    names = []
    for provider in PROVIDERS:
        for each in (teammate, page):
            each.goto(f"/voices/?provider={provider}&kind=library")
        link = teammate.locator("#results .card:has(.cmp) h3 a").nth(1).get_attribute("href")
        card = page.locator(f'#results .card:has(h3 a[href="{link}"])')
        names.append(card.locator("h3").inner_text())
        card.locator("h3 a").focus()
        page.keyboard.press("c")
        expect(card.locator(".cmp")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#tray li")).to_have_count(4)
    page.get_by_role("link", name="Keys", exact=True).click()
    expect(page.get_by_role("heading", name="Keys", exact=True)).to_be_visible()
    page.get_by_role("link", name="Compare 4").click()
    return names


def start_blind(page: Page, text: str) -> None:
    """Start a blind comparison that waits for two votes, and accept its cost."""
    page.get_by_label("Text for all voices").fill(text)
    expect(page.locator("#cost")).to_contain_text(f"About {4 * len(text)} characters, charged")
    page.get_by_label(re.compile(r"^\s*Blind")).check()
    page.get_by_label(re.compile(r"^\s*Close voting after this many votes")).fill("2")
    page.get_by_role("button", name=re.compile("^Compare .about")).click()
    expect(page.get_by_role("heading", name="Blind comparison")).to_be_visible()
    expect(page.locator("#tray")).to_be_hidden()
