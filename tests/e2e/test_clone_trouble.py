"""Failures in the middle of a clone: one voice is made, and the page shows the real state."""

import os
import signal
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.browsers import Visits, until
from tests.e2e.clone_form import JOB_ADDRESS, expect_state, fill_in, make_name, send
from tests.e2e.product import Product
from tests.e2e.sandbox import ADD_VOICE, SandboxControl


def test_after_a_lost_response_the_voice_is_found_and_only_one_is_made(
    ana: Page, recording: Path, sandbox: SandboxControl
) -> None:
    name = make_name("Lost answer")
    made, _ = sandbox.changes("full")
    sandbox.spoil("drop_after", **ADD_VOICE)

    start(ana, name, recording)

    expect(ana.get_by_text("Checking whether the provider made the voice")).to_be_visible()
    expect_state(ana, "Ready")
    assert sandbox.voices_called(name, "full") == 1
    assert sandbox.changes("full")[0] == made + 1


def test_a_voice_that_appears_after_the_connection_broke_is_adopted(
    ana: Page, recording: Path, sandbox: SandboxControl
) -> None:
    name = make_name("Late voice")
    sandbox.spoil("late", **ADD_VOICE, seconds=1.5)

    start(ana, name, recording)

    expect_state(ana, "Ready")
    assert sandbox.voices_called(name, "full") == 1


def test_a_request_that_never_arrived_is_sent_again_and_makes_one_voice(
    ana: Page, recording: Path, sandbox: SandboxControl
) -> None:
    name = make_name("Never arrived")
    sandbox.spoil("drop_before", **ADD_VOICE)

    start(ana, name, recording)

    expect_state(ana, "Ready")
    assert sandbox.voices_called(name, "full") == 1


def test_a_refusal_fails_the_job_and_offers_to_retry(
    ana: Page, recording: Path, sandbox: SandboxControl
) -> None:
    name = make_name("Refused")
    sandbox.spoil("error_before", **ADD_VOICE, status=400)

    start(ana, name, recording)

    expect_state(ana, "Failed")
    expect(ana.get_by_role("button", name="Retry")).to_be_visible()
    assert sandbox.voices_called(name, "full") == 0


def test_a_clone_survives_the_death_of_its_worker(
    visits: Visits, product: Product, recording: Path, sandbox: SandboxControl
) -> None:
    # One voice is already made when the worker dies, and the other is made afterward.
    done, late = make_name("Killed after"), make_name("Killed before")
    ana, sam = visits.open("/clone/", "ana"), visits.open("/clone/", "sam")
    sandbox.spoil("slow_after", **ADD_VOICE, key="sandbox-elevenlabs-full", seconds=20)
    sandbox.spoil("slow_before", **ADD_VOICE, key="sandbox-elevenlabs-full-2", seconds=8)
    start(ana, done, recording)
    start(sam, late, recording)
    for fault in ("slow_after", "slow_before"):
        until(ana, lambda fault=fault: sandbox.has_taken(fault), "both calls under way")

    os.killpg(product.worker_group(), signal.SIGKILL)

    expect_state(ana, "Ready")
    expect_state(sam, "Ready")
    assert sandbox.voices_called(done, "full") == 1
    assert sandbox.voices_called(late, "full-2") == 1


def start(page: Page, name: str, recording: Path) -> None:
    """Start cloning a voice and stay on the job's page."""
    page.goto("/clone/")
    fill_in(page, name, recording)
    send(page)
    expect(page).to_have_url(JOB_ADDRESS)
