"""Stars, tags, notes, collections, saved searches, and the table, and where the focus goes."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.browsers import Complaints, Visits
from tests.e2e.clone_form import make_name
from tests.e2e.voice_list import expect_found, facet, found_count, listed


def test_starring_keeps_the_focus_can_be_undone_and_survives_a_reload(ana: Page) -> None:
    star = ana.locator("#results .star[aria-pressed=false]").first
    star = ana.locator(f"#{star.get_attribute('id')}")
    name = star.get_attribute("aria-label") or ""

    star.click()

    expect(star).to_have_attribute("aria-pressed", "true")
    expect(star).to_be_focused()
    expect(ana.locator(".toast")).to_contain_text(f"Starred {name.removeprefix('Star ')}")
    facet(ana, "starred", "yes").check()
    expect(ana).to_have_url(re.compile(r"/voices/\?starred=yes"))
    ana.reload()
    expect(star).to_have_attribute("aria-pressed", "true")
    ana.keyboard.press("j")
    marked = ana.locator("#results .card").first.locator(".star")
    ana.keyboard.press("s")
    expect(marked).to_have_attribute("aria-pressed", "false")
    # Undo still works on a page that doesn't show the voice.
    ana.get_by_role("link", name="Keys").click()
    expect(ana.get_by_role("heading", name="Keys", exact=True)).to_be_visible()
    ana.get_by_role("button", name="Undo").last.click()
    expect(ana.locator(".toast").last).to_contain_text("Starred")
    ana.goto("/voices/?starred=yes")
    expect(marked).to_have_attribute("aria-pressed", "true")


def test_adding_tags_ratings_and_notes_keeps_the_focus(ana: Page, complaints: Complaints) -> None:
    complaints.expect("422")
    tag, word = make_name("tag").lower(), make_name("note")
    ana.goto(listed(ana)[-1])
    address = ana.url

    ana.get_by_label("Tags, separated by commas").fill(f"{tag}, calm")
    ana.keyboard.press("Enter")
    expect(ana.locator("#marks .chip", has_text=tag)).to_be_visible()
    expect(ana.get_by_label("Tags, separated by commas")).to_be_focused()
    expect(ana.get_by_label("Tags, separated by commas")).to_have_value("")
    ana.get_by_role("button", name="4 of 5").click()
    expect(ana.locator("#marks")).to_contain_text("4 of 5, from 1 rating")
    expect(ana.get_by_role("button", name="4 of 5")).to_be_focused()
    ana.get_by_label("A note for your team").fill(f"{word}\nSlow.")
    ana.get_by_role("button", name="Add note").click()
    expect(ana.locator(".note", has_text=word)).to_be_visible()
    ana.get_by_role("button", name="Add note").click()
    expect(ana.get_by_role("alert")).to_have_text("Enter a note.")

    ana.goto(f"/voices/?q={word}")
    expect_found(ana, 1)
    ana.goto(address)
    ana.get_by_role("button", name=f"Remove tag {tag}").click()
    expect(ana.locator("#marks .chip", has_text=tag)).to_have_count(0)
    ana.locator(".note", has_text=word).get_by_role("button", name="Remove").click()
    expect(ana.locator(".note", has_text=word)).to_have_count(0)
    ana.get_by_role("button", name="Undo").click()
    expect(ana.locator(".note", has_text=word)).to_be_visible()


def test_the_collection_dialog_adds_voices_and_returns_the_focus(
    ana: Page,
) -> None:
    name = make_name("Shortlist")
    opener = ana.get_by_role("link", name="Add to collection…")
    dialog = ana.get_by_role("dialog")
    open_first(ana, "elevenlabs")
    opener.click()
    dialog.get_by_label(re.compile("a new collection")).fill(name)
    dialog.get_by_role("button", name="Add to collection", exact=True).click()
    expect(dialog.locator(".checks")).to_contain_text(name)
    expect(ana.locator("#in-collections")).to_contain_text(name)

    open_first(ana, "inworld")
    opener.click()

    # The last used collection is preselected, and the dialog can remove the voice again.
    expect(dialog.locator("#id_collection option:checked")).to_have_text(name)
    dialog.get_by_role("button", name="Add to collection", exact=True).click()
    expect(dialog.get_by_role("button", name=f"Remove from {name}")).to_be_visible()
    ana.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    ana.locator("#in-collections").get_by_role("link", name=name).click()
    expect(ana.locator("#results .card")).to_have_count(2)
    first = ana.locator("#results .card h3").first.inner_text()
    ana.get_by_role("button", name=f"Move {first} down").first.click()
    expect(ana.locator("#results .card h3").last).to_have_text(first)


def test_a_saved_search_shows_that_it_was_changed_and_opens_for_a_colleague(
    ana: Page, visits: Visits
) -> None:
    name = make_name("Women")
    facet(ana, "gender", "female").check()
    ana.get_by_role("link", name="Save search").click()
    dialog = ana.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("My team").check()
    dialog.get_by_role("button", name="Save search").click()
    expect(ana.locator(".saved")).to_contain_text(name)
    expect(dialog).to_be_hidden()
    women = found_count(ana)

    facet(ana, "gender", "male").check()
    expect(ana.locator(".saved")).to_contain_text("Changed")
    expect(ana.get_by_role("link", name="Save as…")).to_be_visible()
    ana.get_by_role("link", name="Remove filter Gender: Male").click()
    expect(ana.locator(".saved .state")).to_have_count(0)
    facet(ana, "gender", "neutral").check()
    expect(ana.locator(".saved .state")).to_be_visible()
    mia = visits.open("/voices/", "mia")
    mia.get_by_role("link", name=name).click()
    expect_found(mia, women)
    facet(mia, "gender", "male").check()
    expect(mia.locator(".saved")).to_contain_text("Changed")
    expect(mia.get_by_role("button", name="Save", exact=True)).to_have_count(0)

    ana.get_by_role("button", name="Save", exact=True).click()

    expect(ana.locator(".toast").last).to_contain_text("saved.")
    expect(ana.locator(".saved .state")).to_have_count(0)


def test_a_selection_spans_pages_and_shows_how_many_are_selected(ana: Page) -> None:
    ana.goto("/voices/?gender=female&layout=table")
    total = found_count(ana)
    count = ana.locator("[data-count]")
    expect(ana.get_by_role("button", name="Continue with selection")).to_be_disabled()

    ana.keyboard.press("j")
    ana.keyboard.press("x")
    expect(count).to_have_text("1 selected")
    ana.locator("tbody input[type=checkbox]").nth(3).click(modifiers=["Shift"])
    expect(count).to_have_text("4 selected")
    ana.get_by_role("link", name="Next").click()
    expect(ana.locator(".pages span")).to_have_text(re.compile(r"^\s*25–"))
    expect(count).to_have_text("4 selected, 4 on other pages")
    ana.locator("tbody input[type=checkbox]").first.check()
    expect(count).to_have_text("5 selected, 4 on other pages")
    ana.get_by_role("button", name="Continue with selection").click()
    expect(ana.get_by_role("heading", level=1)).to_have_text("5 voices selected")
    expect(ana.locator("tbody tr")).to_have_count(5)

    ana.go_back()
    every = ana.get_by_role("button", name=f"Select all {total:,} matching")
    expect(every).to_be_hidden()
    ana.get_by_role("checkbox", name="Select all on this page").check()
    every.click()

    expect(ana.get_by_role("heading", level=1)).to_have_text(f"{total:,} voices selected")
    with ana.expect_download() as download:
        ana.get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert len(lines) >= total + 1
    expect(ana.get_by_role("button", name="Archive")).to_be_visible()


def test_layout_and_columns_are_remembered_per_person(ana: Page, visits: Visits) -> None:
    with ana.expect_response(lambda answer: "/preferences/view/" in answer.url):
        ana.get_by_title("Table").click()
    expect(ana.locator(".tbl.voices")).to_be_visible()

    ana.get_by_role("link", name="Columns…").click()
    ana.get_by_role("dialog").get_by_role("checkbox", name="Accent").uncheck()
    ana.get_by_role("button", name="Save view").click()
    expect(ana.get_by_role("dialog")).to_be_hidden()
    expect(ana.get_by_role("columnheader", name="Accent")).to_have_count(0)
    expect(ana.get_by_role("columnheader", name="Gender")).to_be_visible()

    ana.goto("/voices/")
    expect(ana.locator(".tbl.voices")).to_be_visible()
    expect(ana.get_by_role("columnheader", name="Accent")).to_have_count(0)
    mia = visits.open("/voices/", "mia")
    expect(mia.locator("ol.cards")).to_be_visible()
    mia.goto("/voices/?layout=table")
    expect(mia.get_by_role("columnheader", name="Accent")).to_be_visible()


def test_going_back_from_another_site_shows_the_same_list(ana: Page) -> None:
    # The suggested order changes with the catalog, which other tests add to.
    ana.goto("/voices/?sort=name")
    facet(ana, "gender", "female").check()
    expect(ana).to_have_url(re.compile("gender=female"))
    before = listed(ana)

    ana.goto("about:blank")
    ana.go_back()

    expect(facet(ana, "gender", "female")).to_be_checked()
    assert listed(ana) == before


def test_cards_can_be_selected_over_pages_as_the_table_s_rows_can(ana: Page) -> None:
    ana.goto("/voices/?gender=female&layout=cards")
    boxes = ana.locator(".pick input")
    expect(boxes.first).to_be_hidden()

    ana.keyboard.press("j")
    ana.keyboard.press("x")
    expect(ana.locator("[data-count]")).to_have_text("1 selected")
    boxes.nth(3).click(modifiers=["Shift"])
    ana.get_by_role("link", name="Next").click()
    expect(ana.locator(".pages span")).to_have_text(re.compile(r"^\s*25–"))
    expect(ana.locator("[data-count]")).to_have_text("4 selected, 4 on other pages")
    boxes.first.check()
    ana.get_by_role("button", name="Continue with selection").click()

    expect(ana.get_by_role("heading", level=1)).to_have_text("5 voices selected")


def test_voices_can_be_starred_tagged_collected_and_selected_without_scripts(
    visits: Visits,
) -> None:
    plain = visits.open("/voices/?layout=table&gender=male", "mia", has_script=False)
    name, total = make_name("Plain"), found_count(plain)
    star = plain.locator("tbody .star").first
    star = plain.locator(f"#{star.get_attribute('id')}")
    pressed = star.get_attribute("aria-pressed")

    star.click()
    expect(star).not_to_have_attribute("aria-pressed", pressed or "")
    expect(plain).to_have_url(re.compile("layout=table"))
    plain.get_by_role("button", name=f"Select all {total:,} matching").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text(f"{total:,} voices selected")
    plain.go_back()
    plain.locator("tbody input[type=checkbox]").nth(0).check()
    plain.locator("tbody input[type=checkbox]").nth(2).check()
    plain.get_by_role("button", name="Continue with selection").click()
    plain.get_by_label("Tags").fill(name)
    plain.get_by_role("button", name="Add tags").click()
    expect(plain.locator(".toast")).to_contain_text("2 voices tagged with")
    plain.get_by_label("Name of a new collection").fill(name)
    plain.get_by_role("button", name="Add to collection", exact=True).click()

    expect(plain.locator("#results .card")).to_have_count(2)
    plain.goto(f"/voices/?tag={name}&layout=cards")
    expect_found(plain, 2)


def open_first(page: Page, provider: str) -> None:
    """Open the page of the first voice of a provider."""
    page.goto(f"/voices/?provider={provider}&sort=name&layout=cards")
    page.goto(listed(page)[0])
