"""Recording in the browser, with a fake microphone that plays a file."""

import re
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.browsers import ARGUMENTS, ContextPool, find_chromium, open_visits, until
from tests.e2e.clone_form import JOB_ADDRESS, expect_fits, expect_state, fill_in, make_name, send
from tests.e2e.product import Product

Listening = Callable[[float], Page]


def make_recording(path: Path, loudness: float) -> Path:
    """Write 30 s of syllable-like sound, clipped if it is too loud."""
    moments = np.arange(30 * 48_000) / 48_000
    swell = np.clip(np.sin(2 * np.pi * 1.5 * moments), 0, 1)
    sound = np.clip(loudness * swell * np.sin(2 * np.pi * 180 * moments), -1, 1)
    with wave.open(str(path), "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(48_000)
        writer.writeframes((sound * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture
def listening(
    browser: Browser, product: Product, states: dict[str, object], tmp_path: Path
) -> Iterator[Listening]:
    """Open the clone page in a new browser whose microphone records at this level."""
    opened = []

    def open_page(loudness: float) -> Page:
        path = make_recording(tmp_path / "microphone.wav", loudness)
        flags = [
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={path}",
        ]
        launched = browser.browser_type.launch(
            executable_path=find_chromium(), args=[*ARGUMENTS, *flags]
        )
        scene = open_visits(ContextPool(launched, product.address), states)
        visits, _ = scene.__enter__()
        opened.append((scene, launched))
        page: Page = visits.open("/clone/", "ana")
        page.locator("[data-recorder=recording] summary").click()
        return page

    yield open_page
    for scene, launched in opened:
        scene.__exit__(None, None, None)
        launched.close()


def record(page: Page, seconds: float) -> None:
    """Record for this many seconds."""
    page.get_by_role("button", name="Record", exact=True).click()
    clock = page.locator("[data-clock]:visible")
    until(page, lambda: clock.inner_text() >= f"0:0{seconds:.0f}", "sound")
    page.get_by_role("button", name="Stop").click()


def test_a_recorded_take_can_be_played_used_and_cloned(listening: Listening) -> None:
    name, page = make_name("Recorded"), listening(0.3)
    page.get_by_label("Text to read in").select_option("de")
    expect(page.locator("[data-reading]:visible")).to_have_attribute("lang", "de")

    record(page, 4)

    expect(page.locator("[data-check=clipping]:visible")).to_have_attribute("data-s", "ok")
    assert page.get_by_role("meter").get_attribute("aria-valuenow") != "-60"
    start = page.locator("[data-start]")
    use = page.get_by_role("button", name="Use take 1", exact=True)
    expect(start).to_be_disabled()
    expect(use).to_be_disabled()
    expect_fits(page)
    page.locator(".take audio").evaluate("player => player.play()")
    expect(use).to_be_enabled()
    use.click()
    expect(page.locator(".sample .cut")).to_be_visible()
    expect(start).to_be_enabled()
    fill_in(page, name)
    send(page)
    expect(page).to_have_url(JOB_ADDRESS)
    expect_state(page, "Ready")
    expect(page.locator("#main")).to_contain_text("recording-1.wav")


def test_what_was_pressed_before_the_script_loads_happens_once_it_has(
    listening: Listening,
) -> None:
    page, held = listening(0.3), list[Route]()
    page.context.route(re.compile(r"/js/upload\."), lambda route: held.append(route))
    page.reload()
    until(page, lambda: held, "the request for the script")
    page.locator("[data-recorder=recording] summary").click()

    page.get_by_label("Text to read in").select_option("de")
    page.get_by_role("button", name="Record", exact=True).click()
    held.pop().continue_()

    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.locator("[data-reading]:visible")).to_have_attribute("lang", "de")


def test_a_recorded_consent_statement_becomes_the_proof(
    listening: Listening, recording: Path
) -> None:
    name, page = make_name("With a statement"), listening(0.3)
    fill_in(page, name, recording)
    page.locator("[data-recorder=statement] summary").click()

    record(page, 3)

    expect(page.locator("[data-start]")).to_be_disabled()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("alert")).to_contain_text("Use or discard each of your takes first.")
    expect_fits(page)
    # Not everyone can hear a take to its end.
    page.get_by_label("I've checked this take in another way.").check()
    page.get_by_role("button", name="Use take 1", exact=True).click()
    expect(page.locator("[data-start]")).to_be_enabled()
    send(page)
    expect_state(page, "Ready")
    expect(page.locator(".sample")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="statement-1.wav").click()
    assert Path(download.value.path()).read_bytes()[:4] == b"RIFF"


def test_a_recording_that_is_too_loud_shows_a_warning_and_can_be_discarded(
    listening: Listening,
) -> None:
    page = listening(3)

    record(page, 2)

    clipping = page.locator("[data-check=clipping]:visible")
    expect(clipping).to_have_attribute("data-s", "bad")
    expect(clipping).to_contain_text("Too loud at times")
    expect(page.locator(".take")).to_contain_text("too loud")
    page.get_by_role("button", name="Discard take 1").click()
    expect(page.locator(".take")).to_have_count(0)
    expect(page.locator("[data-start]")).to_be_enabled()

    page.goto("/similar/")
    page.locator("[data-recorder] summary").click()
    record(page, 2)
    page.get_by_role("button", name="Find similar voices").click()
    expect(page.locator(".toast")).to_contain_text("Use or discard each of your takes first.")
    expect(page.locator(".take")).to_have_count(1)


def test_a_denied_microphone_shows_a_message(ana: Page) -> None:
    ana.goto("/clone/")
    ana.locator("[data-recorder=recording] summary").click()

    ana.get_by_role("button", name="Record", exact=True).click()

    words = ana.locator("[data-rec-says]:visible")
    expect(words).to_contain_text("Choose a file instead.")
    expect(ana.locator("[data-start]")).to_be_enabled()
