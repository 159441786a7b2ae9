"""From a recording to a voice that speaks, with live progress."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import make_wav
from tests.e2e.browsers import Visits, until
from tests.e2e.clone_form import (
    JOB_ADDRESS,
    choose,
    expect_state,
    fill_in,
    go_to_step,
    make_clone,
    make_name,
    send,
    tick,
)
from tests.e2e.sandbox import ADD_VOICE, SandboxControl
from tests.e2e.voice_list import expect_found

LET_GO = {
    "drop": """(zone, dataTransfer) => ["dragover", "drop"].forEach(kind =>
        zone.dispatchEvent(new DragEvent(kind, {dataTransfer, bubbles: true})))""",
    "paste": """(zone, clipboardData) =>
        zone.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true}))""",
}
IS_LOADED = "player => { player.preload = 'auto'; return player.duration > 5; }"


def test_a_clone_becomes_ready_without_a_reload_and_plays_in_the_list(
    ana: Page, recording: Path, sandbox: SandboxControl
) -> None:
    name = make_name("Clear voice")
    ana.goto("/clone/")
    fill_in(ana, name, recording)
    go_to_step(ana, "Samples")
    expect(ana.locator(".sample")).to_contain_text("recording.wav")
    expect(ana.locator(".sample")).to_contain_text("6.0 s")

    send(ana)

    expect(ana).to_have_url(JOB_ADDRESS)
    expect_state(ana, "Ready")
    expect(ana.locator(".toast").last).to_have_text(f"{name} is ready at ElevenLabs.")
    assert sandbox.voices_called(name, "full") == 1
    ana.get_by_role("link", name="Voices", exact=True).click()
    ana.get_by_role("combobox", name="Search voices").fill(name)
    expect_found(ana, 1)
    ana.get_by_role("button", name=f"Play {name}").click()
    until(ana, lambda: ana.evaluate("document.getElementById('audio').currentTime") > 0, "sound")
    assert ana.evaluate("document.getElementById('audio').duration") > 1
    ana.locator("#results h3 a").click()
    expect(ana.locator("#main .facts", has_text="Ana herself")).to_be_visible()
    expect(ana.locator("#main .facts", has_text="Cloned by")).to_contain_text("recording.wav")


@pytest.mark.parametrize("provider", ["ElevenLabs", "Inworld", "Noiz", "StepFun", "Telnyx"])
def test_every_provider_makes_one_clone_that_appears_in_the_list(
    ana: Page, recording: Path, sandbox: SandboxControl, provider: str
) -> None:
    name = make_name("Anywhere")
    made, _ = sandbox.changes("full", provider.lower())
    ana.goto("/clone/")
    fill_in(ana, name, recording, provider)

    send(ana)

    expect_state(ana, "Ready")
    assert sandbox.changes("full", provider.lower())[0] == made + 1
    ana.goto(f"/voices/?q={name}")
    expect_found(ana, 1)
    expect(ana.locator("#results .card")).to_contain_text(provider)


def test_the_job_state_updates_live_and_survives_a_reload(
    ana: Page, recording: Path, sandbox: SandboxControl
) -> None:
    name = make_name("Slow voice")
    sandbox.spoil("slow_before", **ADD_VOICE, seconds=5)
    ana.goto("/clone/")
    fill_in(ana, name, recording)

    send(ana)

    expect_state(ana, "Running")
    expect(ana.locator("#job-status [data-s=on]")).to_have_text("At the provider")
    assert sandbox.voices_called(name, "full") == 0
    ana.reload()
    expect_state(ana, "Running")
    jobs = ana.context.new_page()
    jobs.goto("/jobs/")
    expect(jobs.locator(".job", has_text=name)).to_contain_text("At the provider")
    expect_state(ana, "Ready")
    expect(jobs.locator(".job", has_text=name)).to_contain_text("Ready")
    # Polling stops when the job is finished.
    expect(ana.locator("#main [hx-trigger]")).to_have_count(0)


@pytest.mark.parametrize("way", LET_GO)
def test_a_recording_can_be_dropped_on_the_page_or_pasted(
    ana: Page, recording: Path, way: str
) -> None:
    name = make_name("Dropped voice")
    ana.goto("/clone/")
    fill_in(ana, name)
    go_to_step(ana, "Samples")

    transfer = ana.evaluate_handle(
        """(bytes) => {
            const transfer = new DataTransfer();
            const file = new File([new Uint8Array(bytes)], "dropped.wav", {type: "audio/wav"});
            transfer.items.add(file);
            return transfer;
        }""",
        list(recording.read_bytes()),
    )
    ana.locator("[data-drop]").evaluate(LET_GO[way], transfer)

    expect(ana.locator(".sample")).to_contain_text("dropped.wav")
    send(ana)
    expect(ana).to_have_url(JOB_ADDRESS)
    expect_state(ana, "Ready")
    expect(ana.locator("#main")).to_contain_text("dropped.wav")


def test_a_selected_recording_can_be_played_and_removed_before_it_is_sent(
    ana: Page, recording: Path
) -> None:
    ana.goto("/clone/")
    choose(ana, recording)
    expect(ana.locator(".sample .cut")).to_be_visible()
    player = ana.locator(".sample audio")
    ana.get_by_role("button", name="Play recording.wav").click()
    until(ana, lambda: player.evaluate("player => player.currentTime") > 0, "the sample's sound")
    ana.get_by_role("button", name="Pause recording.wav").click()
    ana.get_by_label("Position in recording.wav").fill("3")
    expect(ana.locator(".sample [data-time]")).to_have_text("0:03 / 0:06")

    ana.get_by_role("button", name="Remove recording.wav").click()

    expect(ana.locator(".sample")).to_have_count(0)
    expect(ana).to_have_url("/clone/")


def test_each_file_shows_its_upload_progress_and_the_form_waits_for_it(
    ana: Page, recording: Path
) -> None:
    name, held = make_name("Waited for"), []
    ana.goto("/clone/")
    ana.route("**/samples/", lambda route: held.append(route))
    fill_in(ana, name, recording)
    go_to_step(ana, "Samples")
    expect(ana.get_by_role("progressbar", name="Uploading recording.wav")).to_be_visible()

    send(ana)

    expect(ana.locator("[data-msg]")).to_contain_text("Samples are still uploading.")
    held[0].continue_()
    expect(ana).to_have_url(JOB_ADDRESS)
    expect_state(ana, "Ready")


def test_several_files_can_be_cut_ordered_removed_and_survive_a_reload(
    ana: Page, recording: Path
) -> None:
    ana.goto("/clone/?speaker=Ada")
    choose(ana, *variants(recording, "one", "two", "three"))
    expect(ana.locator(".sample .cut")).to_have_count(3)
    expect(ana.get_by_text("Total: 18.0 s.")).to_be_visible()

    ana.get_by_role("button", name="Remove two.wav").click()
    ana.get_by_role("button", name="Move three.wav up").click()

    first = ana.locator(".sample").first
    expect(first).to_contain_text("three.wav")
    first.get_by_label("End of three.wav").evaluate(
        "range => { range.value = 4; range.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    expect(first.locator("[name$=-end]")).to_have_value("4")
    expect(ana.get_by_text("Total: 10.0 s.")).to_be_visible()
    ana.reload()
    expect(ana.locator(".sample .cut")).to_have_count(2)
    expect(ana.locator(".sample").first).to_contain_text("three.wav")
    go_to_step(ana, "Permission")
    expect(ana.get_by_label("Speaker's name")).to_have_value("Ada")


def test_a_sample_too_short_for_a_provider_disables_it_with_the_reason(
    ana: Page,
) -> None:
    ana.goto("/clone/")
    stepfun = ana.locator(".prov", has_text="StepFun")

    choose(ana, {"name": "short.wav", "mimeType": "audio/wav", "buffer": make_wav(2)})
    go_to_step(ana, "Providers")

    expect(stepfun).to_contain_text("Too short: 2.0 s. StepFun needs 5 s.")
    expect(stepfun.get_by_role("checkbox")).to_be_disabled()
    go_to_step(ana, "Samples")
    ana.get_by_role("button", name="Remove short.wav").click()
    go_to_step(ana, "Providers")
    expect(stepfun.get_by_role("checkbox")).to_be_enabled()


def test_one_form_clones_at_several_providers_and_a_failed_job_can_be_retried(
    ana: Page, recording: Path, sandbox: SandboxControl
) -> None:
    name, files = make_name("Everywhere"), variants(recording, "left", "right")
    sandbox.spoil("error_before", provider="noiz", method="POST", path="/voices", status=400)
    ana.goto("/clone/")
    fill_in(ana, name)
    choose(ana, *files)
    tick(ana, "ElevenLabs", "StepFun", "Noiz")

    send(ana)

    jobs = ana.locator(".job", has_text=name)
    expect(jobs.filter(has_text="Ready")).to_have_count(2)
    failed = jobs.filter(has_text="Failed")
    expect(failed).to_contain_text("Noiz")
    failed.get_by_role("button", name="Retry").click()
    expect(ana).to_have_url(JOB_ADDRESS)
    expect_state(ana, "Ready")
    expect(ana.locator("#job-status")).to_contain_text("2 recordings joined")
    ana.get_by_role("link", name="Ana herself").click()
    expect(ana.locator(".job", has_text=name)).to_have_count(4)
    # A recording that was cloned before says so when it's selected again.
    ana.goto("/clone/")
    choose(ana, files[0])
    expect(ana.locator(".sample")).to_contain_text("Already cloned:")


def test_canceling_a_running_clone_leaves_nothing_at_the_provider(
    visits: Visits, recording: Path, sandbox: SandboxControl
) -> None:
    name = make_name("Canceled")
    ana, elsewhere = visits.open("/clone/", "ana"), visits.open("/keys/", "ana")
    sandbox.spoil("slow_after", **ADD_VOICE, seconds=3)
    fill_in(ana, name, recording)
    send(ana)
    expect(ana.locator("#job-status [data-s=on]")).to_have_text("At the provider")
    assert sandbox.voices_called(name, "full") == 1

    ana.get_by_role("button", name="Cancel").click()

    expect_state(ana, "Canceled")
    assert sandbox.voices_called(name, "full") == 0
    # A toast appears on any page, and the notification stays in the list.
    expect(elsewhere.locator(".toast", has_text=name)).to_contain_text("was canceled")
    elsewhere.locator("#bell").click()
    elsewhere.get_by_role("button", name=name).click()
    expect(elsewhere).to_have_url(ana.url)


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_a_double_click_makes_one_job_and_one_voice(
    visits: Visits, recording: Path, sandbox: SandboxControl, has_script: bool
) -> None:
    name = make_name("Pressed twice")
    page = visits.open("/clone/", "ana", has_script=has_script)
    fill_in(page, name, recording)

    go_to_step(page, "Check and start")
    page.get_by_role("button", name="Start cloning").dblclick()

    expect(page).to_have_url(JOB_ADDRESS)
    until(page, lambda: sandbox.voices_called(name, "full") == 1, "the voice")
    page.goto("/jobs/")
    expect(page.locator(".job", has_text=name)).to_have_count(1)
    until(page, lambda: page.reload() and "Ready" in job_in_list(page, name), "the end of the job")
    assert sandbox.voices_called(name, "full") == 1


def test_a_teammate_can_clone_with_a_shared_key_and_is_named_as_the_cloner(
    visits: Visits, recording: Path
) -> None:
    name = make_name("Cleo's voice")
    cleo, ana = visits.open("/clone/", "cleo"), visits.open("/jobs/", "ana")

    voice = make_clone(cleo, name, recording)

    ana.goto(voice)
    facts = ana.locator("#main .facts", has_text="Cloned by")
    expect(facts).to_contain_text(re.compile("Cloned by.*Cleo", re.DOTALL))


def test_markup_in_every_field_is_shown_as_text(ana: Page, recording: Path) -> None:
    name = make_name("<img src=x onerror=alert(1)>\"'&{{7*7}}")
    sample = {
        "name": "<svg onload=alert(2)>.wav",
        "mimeType": "audio/wav",
        "buffer": recording.read_bytes(),
    }
    ana.goto("/clone/")
    fill_in(ana, name, sample)
    go_to_step(ana, "Voice")
    ana.get_by_label("Description").fill("</p><script>alert(3)</script>")
    go_to_step(ana, "Permission")
    ana.get_by_label("Speaker's name").fill("<b onmouseover=alert(4)>Bo</b>")

    send(ana)

    expect_state(ana, "Ready")
    expect(ana.get_by_role("heading", level=1)).to_have_text(name)
    expect(ana.locator("#main")).to_contain_text("<svg onload=alert(2)>.wav")
    expect(ana.locator("#main")).to_contain_text("<b onmouseover=alert(4)>Bo</b>")
    ana.get_by_role("link", name="Open voice").click()
    expect(ana.get_by_role("heading", level=1)).to_have_text(name)
    expect(ana.locator("#main .prose")).to_contain_text("</p><script>alert(3)</script>")
    for address in ("/jobs/", "/cleanup/?show=all", f"/voices/?q={name[-8:]}"):
        ana.goto(address)
        expect(ana.locator("#main")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(ana.locator("#main :is(img, script, b[onmouseover], svg[onload])")).to_have_count(0)


def job_in_list(page: Page, name: str) -> str:
    """Return the text of a job in the list."""
    return page.locator(".job", has_text=name).inner_text()


def variants(recording: Path, *names: str) -> list[dict[str, Any]]:
    """Return recordings that sound the same but have different bytes."""
    return [
        {
            "name": f"{name}.wav",
            "mimeType": "audio/wav",
            "buffer": recording.read_bytes() + name.encode(),
        }
        for name in names
    ]


def test_noise_can_be_removed_and_going_back_opens_a_form_with_a_new_token(
    ana: Page, recording: Path, sandbox: SandboxControl
) -> None:
    name = make_name("Without noise")
    ana.goto("/clone/")
    fill_in(ana, name, recording)
    token = ana.locator("[name=form_token]").input_value()
    go_to_step(ana, "Samples")
    ana.get_by_role("button", name="Remove noise").click()
    expect(ana.get_by_label("Noise removed (below)")).to_be_checked()
    expect(ana.locator(".sample audio")).to_have_count(2)
    until(ana, lambda: ana.locator(".sample audio").last.evaluate(IS_LOADED), "the cleaned sound")

    send(ana)

    expect_state(ana, "Ready")
    expect(ana.locator("#job-status")).to_contain_text("Voiceboard removed background noise.")
    expect(ana.locator(".report")).to_contain_text("recording without noise.wav")
    ana.go_back()
    expect(ana.locator(".sample")).to_contain_text(f"Already cloned: {name}")
    assert ana.locator("[name=form_token]").input_value() != token
    assert sandbox.voices_called(name, "full") == 1
