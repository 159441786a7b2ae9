"""Every page in both themes and all widths: accessible, without overflow or small targets."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from playwright.sync_api import expect

from tests.e2e.browsers import NARROW, WIDE, Complaints, ContextPool, Visits, open_visits
from tests.e2e.clone_form import choose, go_to_step
from tests.e2e.looks import find_misfits, find_small_targets, find_violations
from tests.e2e.places import PARTS, PLACES, SMALL_PAGES, go_to, make_places, playing
from tests.e2e.product import Product
from tests.e2e.sign_in import sign_in
from tests.e2e.voice_list import facet
from tests.pages import TABLE

SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
FINGER, OK = 44, 200
PROBES = {"catalog:health", "catalog:live", "catalog:ready"}


@pytest.fixture(scope="module")
def places(
    product: Product, pool: ContextPool, states: dict[str, object], recording: Path
) -> dict[str, str]:
    with open_visits(pool, states) as (visits, _):
        return make_places(visits.open("/voices/", "ana"), product.sandbox, recording)


@pytest.fixture(autouse=True)
def _errors_are_meant(complaints: Complaints) -> None:
    complaints.expect("status of (404|422|500)")


def test_every_page_is_checked(places: dict[str, str]) -> None:
    looked_at = {resolve(urlsplit(path).path).view_name for path in places.values()}

    pages = {name for name, page in TABLE.items() if page.get[3] == OK}

    endings = ("csv", "json", "audio", "preview", "proof", "signing-key")
    files = {name for name in pages if name.endswith(endings)}
    assert pages - files - looked_at == SMALL_PAGES | PARTS | PROBES


@pytest.mark.parametrize("place", PLACES)
def test_a_page_has_large_targets_no_overflow_and_no_axe_violations(
    visits: Visits, places: dict[str, str], place: str
) -> None:
    page = go_to(visits, places, place, size=NARROW)

    assert find_small_targets(page, FINGER) == []
    assert find_misfits(page) == {}
    assert find_violations(page) == {}
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    assert find_violations(page) == {}


def test_every_step_of_the_clone_form_passes_the_checks(visits: Visits, recording: Path) -> None:
    page = visits.open("/clone/", "ana", size=NARROW)
    choose(page, recording)
    expect(page.locator(".sample .cut")).to_be_visible()
    page.locator("[data-recorder=recording] summary").click()
    for step in ("Samples", "Providers", "Voice", "Permission", "Check and start"):
        go_to_step(page, step)
        assert find_small_targets(page, FINGER) == []
        assert find_misfits(page) == {}
        assert find_violations(page) == {}


@SIZES
def test_an_open_player_a_toast_and_the_help_dialog_pass_the_checks(
    visits: Visits, size: tuple[int, int]
) -> None:
    page = visits.open("/voices/", "ana", size=size)
    with playing(page):
        page.route("**/voices/?*", lambda route: route.fulfill(status=500))
        page.get_by_role("combobox", name="Search voices").fill("a")
        expect(page.locator(".toast")).to_be_visible()
        assert find_violations(page) == {}
        assert find_misfits(page) == {}
        page.get_by_role("combobox", name="Search voices").press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        assert find_violations(page) == {}
        assert find_misfits(page) == {}
        page.get_by_role("button", name="Close", exact=True).click()


def test_an_open_filter_sheet_passes_the_checks(visits: Visits) -> None:
    page = visits.open("/voices/", "ana", size=NARROW)
    page.locator("[data-open=facets]").click()
    for fold in page.locator("#facets-in > details").all():
        if fold.get_attribute("open") is None:
            fold.locator("> summary").click()
    facet(page, "gender", "female").check()
    expect(page.locator("#nfilters")).to_have_text("1")

    assert find_violations(page) == {}
    assert find_misfits(page) == {}
    assert find_small_targets(page, FINGER) == []


@SIZES
def test_an_open_dialog_over_the_player_and_a_toast_passes_the_checks(
    visits: Visits, places: dict[str, str], size: tuple[int, int]
) -> None:
    page = visits.open(places["voice"], "ana", size=size)
    page.locator("#main [data-play]").first.click()
    page.locator(".d-head .star").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()

    page.get_by_role("link", name="Add to collection…").click()

    expect(page.get_by_role("dialog")).to_be_visible()
    assert find_violations(page) == {}
    assert find_misfits(page) == {}


@SIZES
@pytest.mark.parametrize("form", ["/clone/", "/keys/add/", "/account/password/change/"])
def test_a_form_with_errors_passes_the_checks(
    visits: Visits, form: str, size: tuple[int, int]
) -> None:
    page = visits.open(form, "ana", size=size)
    page.locator("#main form").last.evaluate("form => { form.noValidate = true; }")

    if form == "/clone/":
        go_to_step(page, "Check and start")
    page.locator("#main form button.primary:visible").click()

    expect(page.locator("#main .error").first).to_be_visible()
    assert find_violations(page) == {}
    assert find_misfits(page) == {}


@SIZES
def test_a_failed_sign_in_passes_the_checks(visits: Visits, size: tuple[int, int]) -> None:
    page = visits.open("/account/login/", size=size)

    sign_in(page, "nobody", "wrong password")

    expect(page.get_by_role("alert")).to_be_visible()
    assert find_violations(page) == {}
