"""The list while waiting and playing, keyboard use, and background tabs."""

import re

from playwright.sync_api import Page, Route, expect

from tests.e2e.browsers import Complaints, Visits, until
from tests.e2e.test_player import expect_sound, playable
from tests.e2e.voice_list import expect_chips, expect_found, facet, found_count

_LOOK = """() => {
    const results = document.getElementById("results");
    const line = getComputedStyle(document.querySelector(".browse .bar"), "::after").opacity;
    const top = results.querySelector(".card").getBoundingClientRect().top;
    return [getComputedStyle(results).opacity, line, top];
}"""

_HIDE = """(isHidden) => {
    Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
}"""


def test_while_loading_the_old_list_fades_in_place(ana: Page) -> None:
    held: list[Route] = []
    ana.route(re.compile("gender=female"), lambda route: held.append(route))
    _, _, place = ana.evaluate(_LOOK)

    facet(ana, "gender", "female").check()

    until(ana, lambda: ana.evaluate(_LOOK) == ["0.55", "1", place], "a faded list under a line")
    expect_chips(ana)
    held[0].continue_()
    expect_chips(ana, "Female")
    until(ana, lambda: ana.evaluate(_LOOK)[:2] == ["1", "0"], "a list that is itself again")


def test_a_toast_disappears_unless_the_pointer_is_over_it(
    visits: Visits, complaints: Complaints
) -> None:
    complaints.expect("favicon.ico")
    page = visits.open("/healthz", "ana")
    page.clock.install()
    page.goto("/voices/")
    star = page.locator("#results .star").first
    notice = page.locator(".toast")

    star.click()
    expect(notice).to_be_visible()
    # A toast with an Undo button stays longer than others.
    page.clock.fast_forward(9_000)
    expect(notice).to_be_visible()
    notice.hover()
    page.clock.fast_forward(60_000)
    expect(notice).to_be_visible()
    page.mouse.move(0, 0)
    page.clock.fast_forward(13_000)

    expect(notice).to_have_count(0)
    star.click()
    expect(notice.get_by_role("button", name="Undo")).to_be_visible()


def test_the_list_can_be_used_with_the_keyboard_alone(ana: Page) -> None:
    first, second = playable(ana).nth(0), playable(ana).nth(1)
    name = first.locator("h3").inner_text()
    is_starred = first.locator(".star").get_attribute("aria-pressed") or ""

    for modifier in ("Control", "Alt", "Meta"):
        ana.keyboard.press(f"{modifier}+s")
    expect(first.locator(".star")).to_have_attribute("aria-pressed", is_starred)
    first.locator("h3 a").focus()
    ana.keyboard.press("Space")
    expect_sound(ana)
    title = ana.evaluate("navigator.mediaSession.metadata.title")
    assert name.startswith(title.removesuffix("…"))  # a long one is cut
    ana.keyboard.press("c")
    expect(first.locator(".cmp")).to_have_attribute("aria-pressed", "true")
    expect(ana.locator("#tray")).to_contain_text(name[:20])  # a long one is cut
    ana.keyboard.press("c")
    expect(first.locator(".cmp")).to_have_attribute("aria-pressed", "false")
    second.locator("h3 a").focus()
    ana.keyboard.press("Enter")

    heading = ana.get_by_role("heading", level=1)
    expect(heading).to_be_focused()
    # Screen readers announce the name of the page.
    expect(ana.locator("#live")).to_contain_text(heading.inner_text())


def test_long_filter_groups_fold_and_selected_values_stay_enabled(ana: Page) -> None:
    total = found_count(ana)
    for name, is_open in {"provider": True, "language": True, "age": False}.items():
        expect(ana.locator(f"#fd-{name}")).to_have_js_property("open", is_open)
    language = ana.locator("#fd-language")
    expect(language.locator(".opt:visible")).to_have_count(6)
    language.get_by_text(re.compile(r"^\s*\d+ others\s*$")).click()
    expect(language.locator(".opt:visible").nth(6)).to_be_visible()

    ana.goto("/voices/?gender=neutral&q=qqqqqqqq")

    box = facet(ana, "gender", "neutral")
    expect(box).to_be_checked()
    expect(box).to_be_enabled()
    expect(box.locator("xpath=../output")).to_have_text("0")
    box.uncheck()
    expect(box).to_be_disabled()
    ana.get_by_role("link", name=re.compile("^Remove filter Search")).click()
    expect_found(ana, total)


def test_the_table_s_header_checkbox_is_indeterminate_for_a_partial_selection(ana: Page) -> None:
    ana.goto("/voices/?layout=table")
    head = ana.get_by_role("checkbox", name="Select all on this page")
    rows = ana.locator("tbody input[type=checkbox]")

    rows.nth(2).check()

    expect(head).to_have_js_property("indeterminate", True)
    rows.last.scroll_into_view_if_needed()
    expect(ana.locator(".bulk")).to_be_in_viewport()
    head.check()
    expect(head).to_have_js_property("indeterminate", False)
    assert rows.evaluate_all("boxes => boxes.every((box) => box.checked)")


def test_a_hidden_tab_sends_no_requests(visits: Visits, complaints: Complaints) -> None:
    complaints.expect("favicon.ico")
    page = visits.open("/healthz", "ana")
    page.clock.install()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/health/")

    page.evaluate(_HIDE, True)
    asked.clear()
    page.clock.run_for(60_000)
    assert asked == []

    page.evaluate(_HIDE, False)
    with page.expect_request("**/health/"):
        page.clock.run_for(6_000)
