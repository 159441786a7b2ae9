"""Everything important works without scripts."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsers import NARROW, WIDE, Complaints, Visits, until
from tests.e2e.clone_form import JOB_ADDRESS, choose, fill_in, make_name, send
from tests.e2e.sandbox import SandboxControl
from tests.e2e.voice_list import (
    count_beside,
    expect_chips,
    expect_found,
    facet,
    found_count,
    listed,
    open_facet,
)


@pytest.fixture
def plain(visits: Visits) -> Page:
    """Return Ana's list of voices in a browser without scripts."""
    return visits.open("/voices/", "ana", has_script=False)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_filters_are_applied_with_a_button_and_removed_with_links(
    visits: Visits, size: tuple[int, int]
) -> None:
    plain = visits.open("/voices/", "ana", size=size, has_script=False)
    total = found_count(plain)
    female = facet(plain, "gender", "female")
    promised = count_beside(female)

    female.check()
    plain.get_by_role("button", name="Apply").click()

    expect_found(plain, promised)
    expect(plain).to_have_url(re.compile(r"/voices/\?(.*&)?gender=female"))
    expect_chips(plain, "Female")
    plain.get_by_role("combobox", name="Search voices").fill("zzzz")
    plain.get_by_role("combobox", name="Search voices").press("Enter")
    expect(plain.get_by_text("No voices match all of these filters")).to_be_visible()
    plain.get_by_role("link", name=re.compile("Without search")).click()
    expect_found(plain, promised)
    plain.get_by_role("link", name="Remove filter Gender: Female").click()
    expect_found(plain, total)


def test_on_a_phone_the_voices_come_before_the_filters(visits: Visits) -> None:
    plain = visits.open("/voices/", "ana", size=NARROW, has_script=False)
    expect(plain.locator("li.card").first).to_be_in_viewport()

    plain.get_by_role("link", name="Filters").click()

    expect(plain.get_by_role("heading", name="Filters")).to_be_in_viewport()


def test_sort_layout_and_folded_facets_work(plain: Page) -> None:
    open_facet(plain, "age")
    young = facet(plain, "age", "young")
    promised = count_beside(young)

    young.check()
    plain.get_by_role("combobox", name="Sort by").select_option("-name")
    plain.get_by_title("Compact list", exact=True).click()
    plain.get_by_role("button", name="Apply").click()

    expect_found(plain, promised)
    expect(plain.locator("#results ol.cards.list")).to_be_visible()
    expect(plain.get_by_role("combobox", name="Sort by")).to_have_value("-name")


def test_pages_are_links(plain: Page) -> None:
    first = listed(plain)

    plain.get_by_role("link", name="Next").click()

    expect(plain.locator(".pages span")).to_have_text(re.compile(r"^\s*25–48 of"))
    assert not set(first) & set(listed(plain))


def test_the_theme_can_be_changed_and_is_kept(plain: Page) -> None:
    expect(plain.locator("html")).to_have_attribute("data-theme", "system")

    plain.get_by_role("button", name="Switch color theme").click()

    expect(plain.locator("html")).to_have_attribute("data-theme", "dark")
    expect(plain).to_have_url("/voices/")
    plain.goto("/keys/")
    expect(plain.locator("html")).to_have_attribute("data-theme", "dark")


def test_buttons_that_need_scripts_are_hidden(plain: Page) -> None:
    for needless in ("[data-play]", "[data-open]", "#deck", ".search kbd"):
        expect(plain.locator(needless).first).to_be_hidden()


def test_a_voice_page_has_the_browser_s_own_player(plain: Page) -> None:
    plain.locator("#results .card:has([data-play]) h3 a").first.click()

    player = plain.locator("#main audio[src$='/preview/']")
    expect(player).to_be_visible()
    sound = plain.request.get(player.get_attribute("src") or "")
    assert sound.ok
    assert sound.headers["content-type"].startswith("audio/")


def test_a_clone_can_be_made_and_listed_in_a_dry_run(
    plain: Page, recording: Path, sandbox: SandboxControl
) -> None:
    name = make_name("No script")
    plain.goto("/clone/")
    choose(plain, recording)
    # Samples can be added before the other fields are filled in.
    plain.get_by_role("button", name="Add to list").click()
    expect(plain.locator(".sample")).to_contain_text("recording.wav")
    fill_in(plain, name)

    send(plain)

    expect(plain).to_have_url(JOB_ADDRESS)
    until(plain, lambda: plain.reload() and _is_ready(plain), "a clone that is ready")
    assert sandbox.voices_called(name, "full") == 1
    plain.goto("/cleanup/?show=all")
    plain.get_by_role("checkbox", name=f"Select {name}").check()
    plain.get_by_role("button", name="Start dry run").click()
    heading = plain.get_by_role("heading", level=1)
    expect(heading).to_have_text("Dry run: 1 voice would be deleted")
    expect(plain.locator("#plan-lines tbody tr")).to_have_count(1)
    expect(plain.locator("#plan-lines tbody tr")).to_contain_text(name)
    assert sandbox.voices_called(name, "full") == 1


def test_a_rejected_clone_form_keeps_its_input(
    plain: Page, complaints: Complaints, sandbox: SandboxControl
) -> None:
    complaints.expect("422")
    before = sandbox.changes("full")
    plain.goto("/clone/")
    fill_in(plain, "Kept", {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"Hello."})

    send(plain)

    expect(plain.get_by_text("This is not an audio file that we support")).to_be_visible()
    expect(plain.get_by_label("Voice name")).to_have_value("Kept")
    expect(plain.get_by_label("I have the speaker's permission")).to_be_checked()
    assert sandbox.changes("full") == before


def _is_ready(page: Page) -> bool:
    return page.locator("#job-status h2").inner_text() == "Ready"
