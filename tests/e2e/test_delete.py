"""Clones are deleted in two steps, by admins only."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.browsers import Complaints, Visits, marks_of, until
from tests.e2e.clone_form import make_clone, make_name
from tests.e2e.sandbox import SandboxControl


@dataclass(frozen=True)
class Clone:
    """One of Ana's clones, and the address of its page."""

    name: str
    address: str


@pytest.fixture
def at_once(ana: Page) -> None:
    """Make plans start when they are approved."""
    set_waiting(ana, 0)


@pytest.fixture
def clone(ana: Page, at_once: None, recording: Path) -> Clone:
    name = make_name("To be deleted")
    return Clone(name, make_clone(ana, name, recording))


def test_a_dry_run_lists_exactly_what_was_selected_and_changes_nothing(
    ana: Page, clone: Clone, sandbox: SandboxControl
) -> None:
    before = sandbox.changes("full")
    ana.get_by_role("link", name="Cleanup").click()
    ana.get_by_role("link", name="All available").click()
    expect(ana.get_by_role("button", name="Start dry run")).to_be_disabled()

    ana.get_by_role("checkbox", name=f"Select {clone.name}").check()
    expect(ana.get_by_text("1 selected")).to_be_visible()
    ana.get_by_role("button", name="Start dry run").click()

    heading = ana.get_by_role("heading", level=1)
    expect(heading).to_have_text("Dry run: 1 voice would be deleted")
    lines = ana.locator("#plan-lines tbody tr")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text(clone.name)
    expect(lines).to_contain_text("Not approved yet")
    note = "ElevenLabs can't restore a deleted voice, its samples, or its ID."
    expect(ana.locator(".plan-box")).to_contain_text(note)
    assert sandbox.changes("full") == before
    assert sandbox.voices_called(clone.name, "full") == 1
    ana.goto(clone.address)
    expect(ana.locator(".alert")).to_have_count(0)


def test_an_approved_plan_deletes_at_the_provider_and_keeps_the_voice_s_page(
    ana: Page, clone: Clone, sandbox: SandboxControl
) -> None:
    _, deleted = sandbox.changes("full")
    create_plan(ana, clone)

    ana.get_by_role("button", name="Delete 1 voice at the provider").click()

    outcome = ana.locator("#plan-lines tbody tr td.outcome")
    expect(outcome).to_have_text(re.compile(r"^\s*Deleted"))
    expect(ana.get_by_text("1 of 1 deleted.")).to_be_visible()
    assert sandbox.voices_called(clone.name, "full") == 0
    assert sandbox.changes("full")[1] == deleted + 1
    ana.goto(f"/voices/?q={clone.name}")
    expect(ana.get_by_text("No voices match this search")).to_be_visible()
    ana.goto("/cleanup/?show=all")
    expect(ana.get_by_role("checkbox", name=f"Select {clone.name}")).to_have_count(0)
    ana.goto(clone.address)
    expect(ana.locator(".alert")).to_contain_text("This voice has been gone since")
    expect(ana.locator(".alert")).to_contain_text("Deleted by Ana")
    # What it said before stays, but its preview is gone.
    expect(ana.locator("#voice-head [data-play]")).to_have_count(0)
    expect(ana.get_by_role("button", name=re.compile("Delete"))).to_have_count(0)


def test_a_plan_runs_once_even_if_approved_twice(
    ana: Page, clone: Clone, sandbox: SandboxControl
) -> None:
    _, deleted = sandbox.changes("full")
    create_plan(ana, clone)

    ana.get_by_role("button", name="Delete 1 voice at the provider").dblclick()

    expect(ana.locator("#plan-lines tbody tr td.outcome")).to_contain_text("Deleted")
    expect(ana.get_by_role("button", name=re.compile("^Delete 1"))).to_have_count(0)
    assert sandbox.changes("full")[1] == deleted + 1


def test_a_deletion_whose_response_was_lost_ends_as_deleted(
    ana: Page, clone: Clone, sandbox: SandboxControl
) -> None:
    sandbox.spoil("drop_after", method="DELETE", path="/v1/voices/*")
    create_plan(ana, clone)

    ana.get_by_role("button", name="Delete 1 voice at the provider").click()

    expect(ana.locator("#plan-lines tbody tr td.outcome")).to_have_text(re.compile(r"^\s*Deleted"))
    assert sandbox.voices_called(clone.name, "full") == 0


def test_a_voice_can_be_deleted_from_its_own_page(
    ana: Page, clone: Clone, sandbox: SandboxControl
) -> None:
    ana.goto(clone.address)

    ana.get_by_role("button", name="Delete… (dry run first)").click()

    expect(ana.locator("#plan-lines tbody tr")).to_have_count(1)
    expect(ana.locator("#plan-lines tbody tr")).to_contain_text(clone.name)
    assert sandbox.voices_called(clone.name, "full") == 1


def test_a_row_selected_before_the_script_loads_stays_selected(ana: Page, clone: Clone) -> None:
    held: list[Route] = []
    ana.route(re.compile(r"/js/bulk\."), lambda route: held.append(route))
    ana.goto("/cleanup/?show=all")
    until(ana, lambda: held, "the request for the script")
    box = ana.get_by_role("checkbox", name=f"Select {clone.name}")

    box.check()
    held.pop().continue_()

    expect(ana.get_by_text("1 selected")).to_be_visible()
    expect(box).to_be_checked()


def test_submitting_an_empty_selection_shows_an_error(ana: Page, complaints: Complaints) -> None:
    complaints.expect("422")
    ana.goto("/cleanup/?show=all")

    ana.locator("[data-bulk]").evaluate("form => form.requestSubmit()")

    expect(ana.get_by_role("alert")).to_have_text("Select at least one voice.")


def test_a_member_sees_no_delete_button_and_is_refused(
    visits: Visits, complaints: Complaints, ana: Page, clone: Clone, sandbox: SandboxControl
) -> None:
    complaints.expect("403")
    create_plan(ana, clone)
    mia = visits.open(clone.address, "mia")
    expect(mia.get_by_role("heading", level=1)).to_have_text(clone.name)
    expect(mia.get_by_role("button", name=re.compile("Delete"))).to_have_count(0)
    expect(mia.get_by_role("link", name="Cleanup")).to_have_count(0)

    for address in ("/cleanup/", ana.url):
        answer = mia.goto(address)
        assert answer is not None
        assert answer.status == 403
        expect(mia.get_by_role("heading", level=1)).to_have_text(
            "You don't have permission to do this"
        )
    refused = mia.request.post(f"{ana.url}approve/", headers=marks_of(mia))

    assert refused.status == 403
    assert sandbox.voices_called(clone.name, "full") == 1


def test_another_team_s_admin_gets_404_for_everything(
    visits: Visits, complaints: Complaints, ana: Page, clone: Clone, sandbox: SandboxControl
) -> None:
    complaints.expect("404")
    ana.goto("/jobs/")
    link = ana.locator(".job").get_by_role("link", name=clone.name, exact=True)
    job = link.get_attribute("href")
    ana.goto(str(job))
    sample = ana.locator("#main audio[src^='/samples/']").get_attribute("src")
    ana.goto("/keys/")
    key = (ana.locator("li.row[id^=key-]").first.get_attribute("id") or "").removeprefix("key-")
    create_plan(ana, clone)
    sam = visits.open("/voices/", "sam")

    pages = [clone.address, str(job), f"/keys/{key}/", ana.url]
    for address in pages:
        answer = sam.goto(address)
        assert answer is not None
        assert answer.status == 404, address
        expect(sam.get_by_role("heading", level=1)).to_have_text("Page not found")
    for sound in (str(sample), f"{clone.address}preview/"):
        assert ana.request.get(sound).status == 200, sound
        assert sam.request.get(sound).status == 404, sound
    refused = sam.request.post(f"{ana.url}approve/", headers=marks_of(sam))

    assert refused.status == 404
    assert sandbox.voices_called(clone.name, "full") == 1


def create_plan(page: Page, clone: Clone) -> None:
    """Select the clone and stay on the dry run's page."""
    page.goto("/cleanup/?show=all")
    page.get_by_role("checkbox", name=f"Select {clone.name}").check()
    page.get_by_role("button", name="Start dry run").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dry run: 1 voice would be deleted")


def set_waiting(page: Page, days: int) -> None:
    """Set the number of days that plans wait."""
    page.goto("/cleanup/rules/")
    page.get_by_label("Days between approval and deletion").fill(str(days))
    page.get_by_role("button", name="Save rules").click()
    expect(page.get_by_text("Rules saved.")).to_be_visible()
