"""Signing in requires a valid password."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsers import Visits
from tests.e2e.sign_in import sign_in


@pytest.mark.parametrize(
    ("person", "team", "role"),
    [("ana", "Aurora", "Admin"), ("mia", "Aurora", "Member"), ("sam", "Borealis", "Admin")],
)
def test_each_person_can_sign_in_and_sees_voices_and_their_own_team(
    visits: Visits, person: str, team: str, role: str
) -> None:
    page = visits.open("/")

    sign_in(page, person)

    expect(page).to_have_url("/voices/")
    expect(page.locator("#results .card").first).to_be_visible()
    page.get_by_role("link", name="your account").click()
    own = page.get_by_role("listitem").filter(has_text=team)
    expect(own).to_contain_text(role)


def test_signing_in_opens_the_requested_page(visits: Visits) -> None:
    page = visits.open("/voices/?gender=female&sort=newest")

    sign_in(page, "mia")

    expect(page).to_have_url("/voices/?gender=female&sort=newest")
    expect(page.get_by_role("checkbox", name="Female")).to_be_checked()


def test_a_wrong_password_shows_an_error_and_does_not_sign_in(visits: Visits) -> None:
    page = visits.open("/account/login/")

    sign_in(page, "ana", "not the password")

    expect(page.get_by_role("alert")).to_contain_text("Wrong email address or password")
    expect(page.get_by_label("Email")).to_have_value("ana@example.com")
    expect(page.get_by_label("Password")).to_have_value("")
    page.goto("/voices/")
    expect(page).to_have_url("/account/login/?next=/voices/")


def test_signing_out_closes_every_page(visits: Visits) -> None:
    page = visits.open("/account/login/?next=/you/")
    sign_in(page, "mia")

    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/keys/")
    expect(page).to_have_url("/account/login/?next=/keys/")


def test_an_ended_session_leads_to_sign_in_and_back_to_the_same_list(visits: Visits) -> None:
    page = visits.open("/voices/?gender=female", "mia")
    page.context.clear_cookies()

    page.get_by_role("checkbox", name="Male", exact=True).click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, "mia")
    expect(page).to_have_url("/voices/?gender=female")
    expect(_chips(page)).to_have_count(1)


def _chips(page: Page) -> object:
    return page.locator(".chips .chip:not(.clear)")
