"""Invalid input on the clone page shows clear errors, keeps the input, and sends nothing."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsers import NARROW, Complaints, Visits
from tests.e2e.clone_form import choose, expect_fits, fill_in, go_to_step, send, tick
from tests.e2e.product import SAMPLE_MAX_MB
from tests.e2e.sandbox import SandboxControl
from tests.sounds import encode_sound, speak

TOO_MANY_BYTES = SAMPLE_MAX_MB * 1024 * 1024 + 1
TEXT = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"These are words."}
DISGUISED = {"name": "notes.wav", "mimeType": "audio/wav", "buffer": b"These are words."}
EMPTY = {"name": "empty.wav", "mimeType": "audio/wav", "buffer": b""}
LARGE = {
    "name": "large.wav",
    "mimeType": "audio/wav",
    "buffer": b"RIFF" * (TOO_MANY_BYTES // 4 + 1),
}


@pytest.fixture(autouse=True)
def _nothing_is_sent(sandbox: SandboxControl, ana: Page) -> Iterator[None]:
    """Check that no job is created and nothing changes at the provider."""
    ana.goto("/jobs/")
    jobs, changes = ana.locator(".job").count(), sandbox.changes("full")
    yield
    ana.goto("/jobs/")
    assert ana.locator(".job").count() == jobs
    assert sandbox.changes("full") == changes


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (EMPTY, "empty.wav\u2069 is empty. Choose another file."),
        (LARGE, f"The limit is {SAMPLE_MAX_MB}.0 MB."),
    ],
    ids=["empty", "too large"],
)
def test_an_empty_or_too_large_file_is_rejected_in_the_browser(
    ana: Page, recording: Path, file: dict[str, Any], words: str
) -> None:
    ana.goto("/clone/")
    choose(ana, recording)
    expect(ana.locator(".sample")).to_contain_text("recording.wav")

    choose(ana, file)

    expect(ana.get_by_role("alert")).to_contain_text(words)
    # The valid file that was selected before is still there.
    expect(ana.locator(".sample")).to_contain_text("recording.wav")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (TEXT, "This is not an audio file that we support"),
        (DISGUISED, "This is not an audio file that we support"),
        (EMPTY, "This file is empty."),
        (LARGE, "This file is too large"),
    ],
    ids=["text", "disguised text", "empty", "too large"],
)
def test_the_server_rejects_invalid_files_too(
    visits: Visits, complaints: Complaints, file: dict[str, Any], words: str
) -> None:
    complaints.expect("422")
    page = visits.open("/clone/", "ana", has_script=False)
    fill_in(page, "Kept", file)

    send(page)

    expect(page.locator("#id_files_error")).to_contain_text(words)
    expect_kept(page, "Kept")


def test_the_server_rejects_a_text_file_named_wav_as_soon_as_it_is_selected(
    ana: Page, complaints: Complaints
) -> None:
    complaints.expect("422")
    ana.goto("/clone/")

    choose(ana, DISGUISED)

    expect(ana.locator(".sample.bad")).to_contain_text("This is not an audio file")
    ana.get_by_role("button", name="Remove notes.wav").click()
    expect(ana.locator(".sample")).to_have_count(0)


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_a_name_of_10000_characters_is_rejected_but_kept_in_the_form(
    visits: Visits, complaints: Complaints, recording: Path, has_script: bool
) -> None:
    complaints.expect("422")
    page = visits.open("/clone/", "ana", has_script=has_script)
    name = "n" * 10_000
    # Browsers cut the name, but the server must not rely on it.
    page.get_by_label("Voice name").evaluate("field => field.removeAttribute('maxlength')")
    fill_in(page, name, recording)

    send(page)

    # With script, the form opens at the step with the error.
    expect(page.locator("#id_name_error")).to_be_visible()
    expect(page.locator("#id_name_error")).to_contain_text("at most 100 characters")
    expect_kept(page, name)


def test_missing_consent_name_speaker_and_sample_each_show_an_error(
    visits: Visits, complaints: Complaints
) -> None:
    complaints.expect("422")
    page = visits.open("/clone/", "ana", has_script=False)
    # Browsers stop here, but the server must not rely on it.
    page.locator("[data-upload]").evaluate("form => { form.noValidate = true; }")

    send(page)

    for words in (
        "Add a recording to clone from.",
        "Enter a name for the voice.",
        "Enter the name of the speaker.",
        "Choose how you know that the speaker agrees.",
        "Choose what the voice may be used for.",
        "Confirm that you have the speaker's permission.",
    ):
        expect(page.locator(".error", has_text=words)).to_be_visible()
    expect(page.get_by_role("alert").first).to_contain_text("Correct 5 fields and the")


def test_each_step_says_what_is_missing_and_the_last_one_sums_up(
    ana: Page, recording: Path
) -> None:
    ana.goto("/clone/")
    press_next(ana)
    expect(ana.locator("#samples")).to_contain_text("Add a recording to clone from.")
    choose(ana, recording)
    expect(ana.locator("#samples")).not_to_contain_text("Add a recording to clone from.")
    expect_fits(ana)
    press_next(ana)
    expect(ana.get_by_role("heading", name="Providers")).to_be_focused()
    expect_fits(ana)
    expect(ana.locator(".steps [aria-current=step]")).to_contain_text("Providers")
    tick(ana, "Telnyx")
    press_next(ana)
    ana.get_by_label("Voice name").fill("Step by step")
    ana.get_by_label("Voice name").press("Enter")
    language = ana.locator("#voice .field", has_text="Language of the sample")
    expect(language).to_contain_text("Telnyx requires it.")
    expect_fits(ana)
    expect(ana.get_by_label("Language of the sample")).to_be_focused()

    go_to_step(ana, "Check and start")

    for words in (
        "recording.wav · 6.0 s",
        "Telnyx · Sandbox",
        "Step by step",
        "Choose the gender of the voice. Telnyx requires it.",
        "Enter the name of the speaker.",
    ):
        expect(ana.locator("#summary .facts")).to_contain_text(words)
    ana.get_by_role("button", name="Start cloning").click()
    expect(ana.get_by_label("Language of the sample")).to_be_focused()


def test_back_in_the_browser_goes_back_one_step_and_keeps_everything(
    ana: Page, recording: Path
) -> None:
    ana.goto("/clone/")
    fill_in(ana, "Kept", recording)
    ana.get_by_label("How you know the speaker agrees").select_option("guardian")
    press_next(ana)
    words = "Enter which parent or guardian agreed."
    guardian = ana.locator("[name=given_by]")
    expect(guardian).to_be_focused()
    expect(guardian).to_have_accessible_description(re.compile(words))
    expect_fits(ana)

    ana.go_back()

    expect(ana.locator("#voice-h")).to_be_focused()
    expect_kept(ana, "Kept")
    go_to_step(ana, "Samples")
    expect(ana.locator(".sample .cut")).to_be_visible()


def press_next(page: Page) -> None:
    """Press the button that leads to the next step."""
    page.get_by_role("button", name="Next").click()


def test_without_consent_the_browser_sends_nothing(ana: Page, recording: Path) -> None:
    ana.goto("/clone/")
    fill_in(ana, "No consent", recording)
    ana.get_by_label("I have the speaker's permission").uncheck()

    send(ana)

    expect(ana).to_have_url(re.compile(r"/clone/\?sample="))
    box = ana.get_by_label("I have the speaker's permission")
    assert not box.evaluate("box => box.validity.valid")
    expect(box).to_be_focused()


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_an_upload_far_over_the_limit_is_rejected_with_a_message(
    visits: Visits, complaints: Complaints, has_script: bool
) -> None:
    complaints.expect("413")
    page = visits.open("/clone/", "ana", has_script=has_script)
    page.locator("[data-upload]").evaluate("form => { form.dataset.maxBytes = ''; }")
    huge = {**LARGE, "buffer": LARGE["buffer"] * 3}
    fill_in(page, "Huge", huge)

    if has_script:
        go_to_step(page, "Samples")
    else:
        send(page)

    words = f"This upload is too large. A sample may have at most {SAMPLE_MAX_MB}.0\xa0MB."
    expect(page.get_by_text(words)).to_be_visible()


def test_an_interrupted_upload_keeps_the_file_and_can_be_retried(
    ana: Page, recording: Path, complaints: Complaints
) -> None:
    complaints.expect("ERR_FAILED")
    ana.goto("/clone/")
    ana.route("**/samples/", lambda route: route.abort())
    fill_in(ana, "Kept", recording)
    go_to_step(ana, "Samples")
    expect(ana.locator(".sample.bad")).to_contain_text("The upload was interrupted.")
    ana.unroute("**/samples/")

    ana.get_by_role("button", name="Try again").click()

    expect(ana.locator(".sample .cut")).to_be_visible()
    expect_kept(ana, "Kept")


def test_a_form_that_could_not_be_sent_keeps_everything_and_says_so(
    ana: Page, recording: Path, complaints: Complaints
) -> None:
    complaints.expect("ERR_FAILED")
    ana.goto("/clone/")
    fill_in(ana, "Kept", recording)
    ana.route("**/clone/", lambda route: route.abort())

    send(ana)

    expect(ana.locator("[data-msg]")).to_have_text(
        "The form couldn't be sent. Your entries are still here. Try again."
    )
    expect_kept(ana, "Kept")


def expect_kept(page: Page, name: str) -> None:
    """Check that the form still contains what ``fill_in`` typed."""
    expect(page.get_by_label("Voice name")).to_have_value(name)
    expect(page.get_by_label("Speaker's name")).to_have_value("Ana herself")
    expect(page.get_by_label("I have the speaker's permission")).to_be_checked()


PLAYS = """async (player) => {
  const ready = new Promise((tell, fail) => { player.oncanplay = tell; player.onerror = fail; });
  player.load();
  player.preload = "auto";
  await ready;
  return player.duration;
}"""


def test_recordings_in_formats_that_browsers_cannot_play_work_on_a_phone(visits: Visits) -> None:
    page = visits.open("/clone/", "ana", size=NARROW)
    recordings = {
        "memo.qta": encode_sound("mov", 2.0, speak),
        "call.amr": encode_sound("amr", 2.0, speak),
        "take.aiff": encode_sound("aiff", 2.0, speak),
        "lossless.caf": encode_sound("caf", 2.0, speak),
        "notes.wma": encode_sound("wma", 2.0, speak),
    }
    files: list[dict[str, Any]] = [
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        for name, content in recordings.items()
    ]

    choose(page, *files)

    for name in recordings:
        player = page.locator(f".sample audio[src^='/samples/'][aria-label='{name}']")
        expect(page.get_by_role("button", name=f"Play {name}")).to_be_visible()
        assert player.evaluate(PLAYS) == pytest.approx(2, abs=0.15)
