"""Filters, counts, address, and history of the list of voices."""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.browsers import NARROW, Complaints, Visits, until
from tests.e2e.voice_list import (
    count_beside,
    counts,
    expect_chips,
    expect_found,
    facet,
    found_count,
    listed,
    open_facet,
)


def test_selecting_a_filter_changes_the_list_counts_and_address(ana: Page) -> None:
    female = facet(ana, "gender", "female")
    promised, total = count_beside(female), found_count(ana)
    own_counts, other_counts = counts(ana, "gender"), counts(ana, "age")

    female.check()

    expect(ana).to_have_url("/voices/?gender=female")
    expect(ana.locator("#count")).to_have_text(
        re.compile(rf"{promised:,}\s+voices\s+of\s+{total:,}")
    )
    expect_chips(ana, "Female")
    # The filter's own group shows what another value would add. Other groups count the results.
    assert counts(ana, "gender") == own_counts
    assert counts(ana, "age") != other_counts
    expect(female).to_be_focused()
    expect(ana.get_by_role("status").last).to_have_text(f"{promised:,} voices of {total:,}")


def test_values_of_one_facet_add_up_and_facets_narrow_each_other(ana: Page) -> None:
    female, male = facet(ana, "gender", "female"), facet(ana, "gender", "male")
    either = count_beside(female) + count_beside(male)

    female.check()
    expect_chips(ana, "Female")
    male.check()
    expect_found(ana, either)
    open_facet(ana, "age")
    young = facet(ana, "age", "young")
    promised = count_beside(young)
    young.check()

    expect_found(ana, promised)
    assert sorted(parse_qsl(urlsplit(ana.url).query)) == [
        ("age", "young"),
        ("gender", "female"),
        ("gender", "male"),
    ]


def test_typing_a_word_filters_and_adds_one_history_entry(ana: Page) -> None:
    total = found_count(ana)

    ana.get_by_role("combobox", name="Search voices").press_sequentially("warm", delay=40)

    expect(ana).to_have_url("/voices/?q=warm")
    expect_chips(ana, "warm")
    assert 0 < found_count(ana) < total
    expect(ana.get_by_role("combobox", name="Search voices")).to_be_focused()
    ana.go_back()
    expect(ana).to_have_url("/voices/")
    expect_found(ana, total)
    expect(ana.get_by_role("combobox", name="Search voices")).to_have_value("")


def test_back_forward_reload_and_a_shared_link_show_the_same_list(
    visits: Visits, ana: Page
) -> None:
    ana.evaluate("scrollTo(0, 700)")
    facet(ana, "gender", "female").check()
    expect_chips(ana, "Female")
    ana.get_by_role("combobox", name="Search voices").press_sequentially("warm", delay=40)
    expect_chips(ana, "warm", "Female")
    both, before = found_count(ana), listed(ana)

    ana.go_back()
    expect_chips(ana, "Female")
    expect(ana).to_have_url("/voices/?gender=female")
    ana.go_back()
    expect_chips(ana)
    expect(facet(ana, "gender", "female")).not_to_be_checked()
    until(ana, lambda: abs(ana.evaluate("scrollY") - 700) < 40, "the old place in the list")
    ana.go_forward()
    expect_chips(ana, "Female")
    expect(facet(ana, "gender", "female")).to_be_checked()
    ana.go_forward()
    expect_chips(ana, "warm", "Female")
    expect(ana.get_by_role("combobox", name="Search voices")).to_have_value("warm")
    ana.reload()
    answers: list[int] = []
    session = ana.context.new_cdp_session(ana)
    session.on("Network.responseReceivedExtraInfo", lambda got: answers.append(got["statusCode"]))
    session.send("Network.enable")
    ana.reload()
    # Nothing has changed since, so the page isn't sent again.
    assert 304 in answers

    shared = visits.open(ana.url, "ana")
    for page in (ana, shared):
        expect_found(page, both)
        expect(facet(page, "gender", "female")).to_be_checked()
    assert listed(ana) == before


def test_removing_a_chip_clears_its_checkbox(ana: Page) -> None:
    total = found_count(ana)
    facet(ana, "gender", "male").check()
    expect_chips(ana, "Male")
    open_facet(ana, "age")
    facet(ana, "age", "young").check()
    expect_chips(ana, "Male", "Young")

    ana.get_by_role("link", name="Remove filter Gender: Male").click()

    expect_chips(ana, "Young")
    expect(facet(ana, "gender", "male")).not_to_be_checked()
    expect(facet(ana, "age", "young")).to_be_checked()
    ana.get_by_role("link", name="Clear all").click()
    expect_found(ana, total)
    expect(facet(ana, "age", "young")).not_to_be_checked()
    expect(ana).to_have_url("/voices/")


def test_an_empty_result_suggests_filters_to_remove(ana: Page) -> None:
    ana.goto("/voices/?q=qqqqqqqq&gender=female&age=young")

    expect(ana.get_by_text("No voices match all of these filters")).to_be_visible()
    offers = ana.locator("#results .empty li a")
    expect(offers).to_have_count(1)
    promised = int(re.findall(r"([\d,]+) voices", offers.inner_text())[0].replace(",", ""))
    offers.click()

    expect_found(ana, promised)
    expect_chips(ana, "Female", "Young")
    expect(ana.get_by_role("combobox", name="Search voices")).to_have_value("")


def test_sorting_reorders_the_list_and_changes_the_address(ana: Page) -> None:
    names = ana.locator("#results .card h3 a")
    ana.goto("/voices/?sort=name")
    first = names.first.inner_text()

    ana.get_by_role("combobox", name="Sort by").select_option("-name")

    expect(ana).to_have_url("/voices/?sort=-name")
    expect(names.first).not_to_have_text(first)
    ana.goto(f"/voices/?sort=-name&page={10**9}")
    expect(names.last).to_have_text(first)


def test_pages_follow_each_other_without_gaps(ana: Page) -> None:
    first, total = listed(ana), found_count(ana)
    facets_before = counts(ana, "gender")

    ana.get_by_role("link", name="Next").click()

    expect(ana).to_have_url("/voices/?page=2")
    expect(ana.locator(".pages span")).to_have_text(f"25–48 of {total:,}")
    assert not set(first) & set(listed(ana))
    assert counts(ana, "gender") == facets_before
    expect(ana.locator("#count")).to_be_focused()
    ana.get_by_role("link", name="Previous").click()
    expect(ana.locator(".pages span")).to_have_text(f"1–24 of {total:,}")
    assert listed(ana) == first


def test_a_new_filter_returns_to_the_first_page(ana: Page) -> None:
    ana.goto("/voices/?page=3")

    facet(ana, "gender", "female").check()

    expect(ana).to_have_url("/voices/?gender=female")
    expect(ana.locator(".pages span")).to_have_text(re.compile(r"^\s*1–24 of"))


def test_the_list_layout_shows_the_same_voices_in_rows(ana: Page) -> None:
    before = listed(ana)

    ana.get_by_title("Compact list", exact=True).click()

    expect(ana.locator("#results ol.cards.list")).to_be_visible()
    expect(ana).to_have_url("/voices/?layout=list")
    assert listed(ana) == before
    tops = [card.bounding_box() or {} for card in ana.locator("#results .card").all()[:2]]
    assert tops[0]["y"] < tops[1]["y"]


def test_back_from_a_voice_page_restores_the_position_in_the_list(ana: Page) -> None:
    ana.goto("/voices/?gender=female")
    card = ana.locator("#results .card").nth(20)
    card.scroll_into_view_if_needed()
    place = ana.evaluate("scrollY")
    name = card.locator("h3").inner_text()

    card.locator("h3").get_by_role("link").click()

    expect(ana.get_by_role("heading", level=1)).to_have_text(name)
    expect(ana.get_by_role("heading", level=1)).to_be_focused()
    expect(ana).to_have_title(re.compile(re.escape(name)))
    expect(ana.locator(".rail [aria-current=page]")).to_have_text("Voices")
    ana.go_back()
    expect_chips(ana, "Female")
    assert place > 0
    until(ana, lambda: abs(ana.evaluate("scrollY") - place) < 40, "the old place in the list")


def test_unknown_values_in_the_address_are_ignored_with_a_message(ana: Page) -> None:
    total = found_count(ana)

    ana.goto("/voices/?gender=purple&sort=loud&page=x&provider=%3Cb%3E")

    expect_found(ana, total)
    expect(ana.get_by_text("There is no gender “purple”.")).to_be_visible()
    expect(ana.get_by_text("There is no sort “loud”.")).to_be_visible()
    expect(ana.get_by_text("There is no provider “<b>”.")).to_be_visible()


def test_a_late_response_does_not_undo_a_later_filter(ana: Page) -> None:
    held: list[Route] = []
    ana.route(re.compile(r"gender=female(?!.*age)"), lambda route: held.append(route))
    open_facet(ana, "age")
    facet(ana, "gender", "female").check()
    until(ana, lambda: held, "the first request")

    facet(ana, "age", "young").check()

    expect_chips(ana, "Female", "Young")
    count = found_count(ana)
    held[0].continue_()
    ana.wait_for_load_state("networkidle")
    expect_chips(ana, "Female", "Young")
    expect_found(ana, count)


@pytest.mark.parametrize(
    ("spoil", "words", "complaint"),
    [
        (lambda route: route.abort(), "The server didn't respond.", "ERR_FAILED|Failed to fetch"),
        (lambda route: route.fulfill(status=500), "Something went wrong on the server.", "500"),
    ],
    ids=["offline", "error 500"],
)
def test_a_server_error_keeps_the_list_and_shows_a_message(
    ana: Page,
    complaints: Complaints,
    spoil: Callable[[Route], None],
    words: str,
    complaint: str,
) -> None:
    complaints.expect(complaint)
    before = listed(ana)
    ana.route("**/voices/?*", spoil)

    facet(ana, "gender", "female").check()

    expect(ana.locator(".toast")).to_have_text(f"{words} Your filters are kept. Try again.")
    assert listed(ana) == before
    ana.unroute("**/voices/?*")
    ana.get_by_role("combobox", name="Search voices").press("Enter")
    expect_chips(ana, "Female")


def test_on_a_phone_filters_open_in_a_sheet_and_the_button_counts_them(visits: Visits) -> None:
    page = visits.open("/voices/", "ana", size=NARROW)
    button = page.get_by_role("button", name=re.compile("^Filters"))
    female = facet(page, "gender", "female")
    expect(female).to_be_hidden()
    expect(page.locator("#nfilters")).to_be_hidden()

    button.click()
    promised = count_beside(female)
    female.check()
    expect(page.locator("#nfilters")).to_have_text("1")
    expect(female).to_be_visible()
    page.get_by_role("button", name="Show voices").click()

    expect(female).to_be_hidden()
    expect(button).to_be_focused()
    expect_found(page, promised)
    button.click()
    page.keyboard.press("Escape")
    expect(female).to_be_hidden()
    page.get_by_role("link", name="Clear all").click()
    expect(page.locator("#nfilters")).to_be_hidden()
