"""The search field, long filter groups, sort orders, collections, and exports."""

import csv
import io
import json
import re

from playwright.sync_api import Page, Route, expect

from tests.e2e.browsers import Visits, until
from tests.e2e.clone_form import make_name
from tests.e2e.keeping import post
from tests.e2e.voice_list import (
    count_beside,
    counts,
    expect_chips,
    expect_found,
    facet,
    found_count,
    listed,
)


def test_the_search_field_completes_fields_and_marks_a_mistake(ana: Page) -> None:
    field = ana.get_by_role("combobox", name="Search voices")
    offers = ana.locator("#q-offers option")
    promised = count_beside(facet(ana, "gender", "female"))

    field.press_sequentially("gend", delay=20)
    expect(offers).to_have_attribute("value", "gender:")
    field.fill("gender:fem")
    expect(offers).to_have_attribute("value", "gender:female")
    field.fill("gender:female")
    expect_found(ana, promised)
    field.fill('"gender female" -gender:female')
    expect_found(ana, 0)
    field.fill('gender = "female" AND shoesize = 43')

    mistake = ana.get_by_role("alert")
    expect(mistake).to_contain_text("shoesize")
    expect(mistake.locator("mark")).to_have_text("shoesize")
    expect(ana.get_by_role("heading", name="This search has an error")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_value('gender = "female" AND shoesize = 43')
    ana.get_by_role("link", name="clear the search").click()
    expect(field).to_have_value("")
    expect_chips(ana)


def test_a_brief_shows_what_was_understood_and_parts_can_be_dropped(ana: Page) -> None:
    ana.get_by_role("combobox", name="Search voices").fill("warm british lady qqqq")
    understood = ana.get_by_role("list", name="Understood")
    expect(understood.get_by_role("link")).to_have_text(["warm", "British accent", "female"])
    expect(ana.locator(".brief")).to_contain_text("Not understood: qqqq.")
    before = found_count(ana)
    assert before > 0

    understood.get_by_role("link", name="Ignore British accent").click()

    expect(understood.get_by_role("link")).to_have_text(["warm", "female"])
    expect(ana).to_have_url(re.compile(r"q=warm\+lady\+qqqq"))
    assert found_count(ana) > before


def test_an_export_has_exactly_the_rows_of_the_list_in_their_order(ana: Page) -> None:
    # Only library voices, because other tests create and delete clones meanwhile.
    expression = (
        'gender = "female" AND age != "young" AND kind = library'
        " AND (provider = inworld OR provider = noiz)"
    )
    ana.goto("/voices/?layout=table&sort=-name")
    ana.get_by_role("combobox", name="Search voices").fill(expression)
    expect_chips(ana, expression[:30])
    total = found_count(ana)

    links = {kind: ana.get_by_role("link", name=kind, exact=True) for kind in ("CSV", "JSON")}
    files = {}
    for kind, link in links.items():
        with ana.expect_download() as download:
            link.click()
        files[kind] = download.value.path().read_text("utf-8-sig")
    names = ana.locator("tbody th a").all_inner_texts()
    while ana.get_by_role("link", name="Next").count():
        shown = ana.locator(".pages span").inner_text()
        ana.get_by_role("link", name="Next").click()
        expect(ana.locator(".pages span")).not_to_have_text(shown)
        names += ana.locator("tbody th a").all_inner_texts()

    rows = list(csv.DictReader(io.StringIO(files["CSV"])))
    assert total == len(names) > 24
    assert [row["name"][:59] for row in rows] == [name.rstrip("…")[:59] for name in names]
    assert {(row["gender"], row["provider"]) for row in rows} == {
        ("female", "Inworld"),
        ("female", "Noiz"),
    }
    assert [row["voice_id"] for row in rows] == [
        row["voice_id"] for row in json.loads(files["JSON"])
    ]


def test_a_long_filter_group_can_be_searched_and_empty_values_are_disabled(ana: Page) -> None:
    group = ana.locator("#fd-language")
    field = group.get_by_role("searchbox", name="Find in language")
    options = group.locator(".opt:visible span")
    before = found_count(ana)

    field.fill("FRANÇ")
    expect(options).to_have_text(["French (France)"])
    field.fill("german")
    expect(options.first).to_have_text(re.compile(r"^\s*German"))
    assert all(name.startswith("German") for name in options.all_inner_texts())
    assert found_count(ana) == before
    box = group.locator(".opt:visible input").first
    promised = count_beside(box)
    box.check()
    expect_found(ana, promised)
    # The group's own search stays, and so do its counts.
    expect(field).to_have_value("german")
    assert all(name.startswith("German") for name in options.all_inner_texts())
    field.fill("qqq")
    expect(group.get_by_text("No match for “qqq”.")).to_be_visible()
    expect(box).to_be_visible()
    field.press("Escape")
    expect(field).to_have_value("")
    assert options.count() > 5

    ana.goto("/voices/?kind=designed&provider=inworld")
    nothing = ana.locator("#facets-in .opt.zero input:not(:checked)")
    expect(nothing.first).to_be_disabled()
    assert not nothing.evaluate_all("boxes => boxes.some((box) => !box.disabled)")
    assert "0" in counts(ana, "provider")


def test_voices_can_be_sorted_by_team_activity_and_the_order_is_remembered(
    visits: Visits, ana: Page
) -> None:
    ana.goto("/voices/?provider=inworld&sort=-name")
    rated, played = listed(ana)[:2]
    post(ana, f"{rated}rating/", value="5")
    sort = ana.get_by_role("combobox", name="Sort by")

    with ana.expect_response("**/preferences/view/"):
        sort.select_option("rating")
    until(ana, lambda: scores(ana)[0] > 0, "the best rated voices")
    assert rated in listed(ana)
    assert scores(ana) == sorted(scores(ana), reverse=True)
    # Unrated voices come last.
    assert scores(ana)[-1] == 0
    ana.goto("/voices/?provider=inworld&sort=-name")
    with ana.expect_response("**/played/"):
        ana.locator(f"#results .card:has(a[href='{played}']) [data-play]").click()
    sort.select_option("played")
    until(ana, lambda: listed(ana)[0] == played, "the voice that was just played")
    sort.select_option("used")
    expect(ana).to_have_url(re.compile("sort=used"))
    until(ana, lambda: listed(ana)[0] == played, "the voice that was just used")

    again = visits.open("/voices/", "ana")
    expect(again.get_by_role("combobox", name="Sort by")).to_have_value("used")
    post(ana, f"{rated}rating/", value="0")


def test_a_card_can_be_added_to_a_collection_with_order_and_notes(ana: Page) -> None:
    name, cards = make_name("Cast"), ana.locator("#results .card")
    titles = [cards.nth(place).locator("h3").inner_text() for place in (0, 1)]
    collect_from_cards(ana, name, "for the ghost")

    ana.get_by_role("link", name="Collections", exact=True).click()
    ana.get_by_role("link", name=name).click()
    expect(cards).to_have_count(2)
    expect(cards.nth(0).locator(".entry")).to_contain_text("for the ghost")
    cards.nth(0).get_by_role("button", name=re.compile("down$")).click()
    expect(cards.nth(1).locator(".entry")).to_contain_text("for the ghost")
    cards.nth(1).locator("summary", has_text="Note").click()
    cards.nth(1).get_by_label("Note", exact=True).fill("for the king")
    cards.nth(1).get_by_role("button", name="Save").click()
    expect(cards.nth(1).locator(".entry")).to_contain_text("for the king")

    ana.reload()

    expect(cards.locator("h3")).to_have_text(titles[::-1])
    expect(cards.nth(1).locator(".entry")).to_contain_text("for the king")
    cards.nth(1).get_by_role("button", name="Remove", exact=True).click()
    expect(cards).to_have_count(1)


def test_a_dialog_closed_before_its_response_stays_closed(ana: Page) -> None:
    dialog = ana.get_by_role("dialog")
    opener = ana.locator("#results .card").nth(0).get_by_role("link", name="to a collection")
    opener.click()
    dialog.get_by_label(re.compile("a new collection")).fill(make_name("Left early"))
    held: list[Route] = []
    ana.route("**/collections/", lambda route: held.append(route))
    dialog.get_by_role("button", name="Add to collection", exact=True).click()
    until(ana, lambda: len(held) == 1, "the request")
    ana.keyboard.press("Escape")
    expect(opener).to_be_focused()

    held[0].continue_()

    expect(ana.locator("#panel .checks")).to_be_attached()
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def collect_from_cards(page: Page, name: str, note: str) -> None:
    """Put the first two voices of the list into a new collection, the first one with a note."""
    dialog, cards = page.get_by_role("dialog"), page.locator("#results .card")
    opener = cards.nth(0).get_by_role("link", name="to a collection")
    opener.click()
    dialog.get_by_label(re.compile("a new collection")).fill(name)
    dialog.get_by_label(re.compile(r"^\s*Note")).fill(note)
    dialog.get_by_role("button", name="Add to collection", exact=True).click()
    expect(dialog.locator(".checks")).to_contain_text(name)
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    cards.nth(1).get_by_role("link", name="to a collection").click()
    expect(dialog.locator("#id_collection option:checked")).to_have_text(name)
    dialog.get_by_role("button", name="Add to collection", exact=True).click()
    expect(dialog.get_by_role("button", name=f"Remove from {name}")).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()


def scores(page: Page) -> list[float]:
    """Return the average rating of each voice on the page, 0 if unrated."""
    lines = page.locator("#results .card .tags").all_inner_texts()
    return [float(found[1]) if (found := re.match(r"★ ([\d.]+)", each)) else 0 for each in lines]
