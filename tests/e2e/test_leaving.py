"""After sign-out, the Back button shows nothing of earlier pages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsers import ARGUMENTS, ContextPool, find_chromium, open_visits, until
from tests.e2e.product import Product
from tests.e2e.sign_in import sign_in

# Playwright turns the back/forward cache off, but people's browsers use it.
NO_MEMORY = "--disable-back-forward-cache"
CARDS = "document.querySelectorAll('#results .card').length"


@pytest.fixture(params=["memory", "cache"])
def page(request: pytest.FixtureRequest, product: Product, browser: Browser) -> Iterator[Page]:
    """Return Mia's list of voices, in a browser with or without the back/forward cache."""
    left_out = [NO_MEMORY] if request.param == "memory" else []
    program = find_chromium(has_window=True)
    with (
        browser.browser_type.launch(
            executable_path=program, args=ARGUMENTS, ignore_default_args=left_out
        ) as other,
        open_visits(ContextPool(other, product.address), {}) as (visits, complaints),
    ):
        complaints.expect("favicon.ico")  # requested by a plain-text page
        page = visits.open("/voices/?gender=female")
        sign_in(page, "mia")
        expect(page.locator("#results .card").first).to_be_visible()
        page.evaluate("window.isTheSame = true")
        yield page


def test_back_restores_the_list_and_its_position_while_signed_in(page: Page, request) -> None:
    page.evaluate("scrollTo(0, 700)")
    until(page, lambda: page.evaluate("scrollY") == 700, "the list to scroll")
    page.goto("/healthz")
    # A page from the back/forward cache appears immediately and isn't loaded again.
    page.go_back(wait_until="commit")

    until(page, lambda: page.evaluate(CARDS) == 24, "the list")
    until(page, lambda: abs(page.evaluate("scrollY") - 700) < 40, "the old place in the list")
    assert page.evaluate("getComputedStyle(document.body).visibility") == "visible"
    if "memory" in request.node.name:
        assert page.evaluate("window.isTheSame")


@pytest.mark.parametrize("way", ["link", "address"])
def test_back_after_signing_out_shows_nothing(page: Page, way: str) -> None:
    if way == "link":
        page.get_by_role("link", name="your account").click()
        expect(page).to_have_url("/you/")
    else:
        page.goto("/you/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()

    for _ in range(2):
        page.go_back(wait_until="commit")
        expect(page.get_by_label("Password")).to_be_visible()
        assert page.evaluate(CARDS) == 0
        assert "Mia" not in page.content()
