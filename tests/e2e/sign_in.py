"""Sign in through the form."""

from playwright.sync_api import Page

from tests.e2e.product import PASSWORD


def sign_in(page: Page, person: str, password: str = PASSWORD) -> None:
    """Fill in and submit the sign-in form on the page."""
    page.get_by_label("Email").fill(f"{person}@example.com")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
