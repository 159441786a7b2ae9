"""Sign-in by a certified OpenID Provider, in a browser; it demands PKCE."""

from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from tests.e2e.browsers import ARGUMENTS, find_chromium
from tests.openid_variables import OPENID_VARIABLES
from tests.servers.binaries import free_port
from tests.servers.installation import Installation
from tests.servers.openid import CLIENT, SECRET, running_provider
from tests.servers.processes import in_time

pytestmark = pytest.mark.servers
PASSWORD = "a password for Mia 1"
PEOPLE = f"""
import django
django.setup()
from catalog.models import Membership, Team, User
mia = User.objects.create_user("mia@example.com", {PASSWORD!r}, first_name="Mia")
Membership.objects.create(team=Team.objects.create(name="Aurora"), user=mia, role="admin")
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """Run Voiceboard, the provider, and a browser."""
    folder = tmp_path_factory.mktemp("company")
    port, own_port = free_port(), free_port()
    address = f"http://127.0.0.1:{port}"
    variables = {
        **OPENID_VARIABLES,
        "VOICEBOARD_OIDC_ISSUER": f"http://127.0.0.1:{own_port}",
        "VOICEBOARD_OIDC_CLIENT_ID": CLIENT,
        "VOICEBOARD_OIDC_CLIENT_SECRET": SECRET,
        "VOICEBOARD_PORT": str(port),
        "VOICEBOARD_DEMO": "0",
        "VOICEBOARD_LOCAL": "0",
    }
    with ExitStack() as stack:
        issuer = stack.enter_context(running_provider(own_port, address, folder))
        voiceboard = Installation(folder / "var", None, **variables)
        stack.callback(voiceboard.close)
        voiceboard.manage("prepare")
        voiceboard.manage("collectstatic", "--noinput", "-v0")
        voiceboard.python(PEOPLE)
        voiceboard.start(["voiceboard.prefork", "web"])
        play = stack.enter_context(sync_playwright())
        browser = play.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        stack.callback(browser.close)
        assert in_time(lambda: answers(address))
        yield SimpleNamespace(address=address, issuer=issuer, browser=browser)


@pytest.fixture
def context(company) -> Iterator[BrowserContext]:
    with company.browser.new_context(base_url=company.address) as context:
        yield context


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/account/login/").status_code == 200
    except httpx.TransportError:
        return False


def enter(page: Page, name: str) -> None:
    """Sign in at the provider, and allow what it asks."""
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", "any")
    page.click("button[type=submit]")
    page.click("button[type=submit]")


def sign_in_with_password(page: Page) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill("mia@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/voices/")


def end_at_provider(page: Page, issuer: str) -> None:
    page.goto(f"{issuer}/session/end")
    page.click("button[value=yes]")
    page.wait_for_url("**/session/end/success")


def test_someone_new_gets_an_account_in_no_team(context):
    page = context.new_page()
    page.goto("/account/login/?next=/team/")
    page.get_by_role("link", name="Sign in with Acme").click()
    enter(page, "nora")

    expect(page.get_by_role("heading")).to_have_text("You aren't in a team")
    expect(page.get_by_text("You're signed in as nora@acme.example")).to_be_visible()


def go_with(context: BrowserContext, **changed: str) -> Page:
    """Go to the provider as Voiceboard asks, with other parameters, and sign in there."""
    there = context.request.get("/account/company/login/", max_redirects=0).headers["location"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}
    page = context.new_page()
    page.goto(urlsplit(there)._replace(query=urlencode({**asked, **changed})).geturl())
    enter(page, "nora")
    return page


def test_an_answer_with_another_state_is_refused(context):
    page = go_with(context, state="another")

    expect(page.get_by_role("heading")).to_have_text("You aren't signed in")
    expect(page.get_by_text("This sign-in has expired")).to_be_visible()


def test_an_id_token_with_another_nonce_is_refused(context):
    page = go_with(context, nonce="another")

    expect(page.get_by_text("The answer of Acme can't be accepted")).to_be_visible()


def test_the_provider_demands_pkce(company):
    asked = {
        "client_id": CLIENT,
        "response_type": "code",
        "scope": "openid",
        "redirect_uri": f"{company.address}/account/company/callback/",
    }

    answer = httpx.get(f"{company.issuer}/auth", params=asked)

    assert "PKCE" in parse_qs(urlsplit(answer.headers["Location"]).query)["error_description"][0]


def test_an_account_is_connected_and_the_provider_ends_its_sessions(context, company):
    page = context.new_page()
    sign_in_with_password(page)
    with company.browser.new_context(base_url=company.address) as elsewhere:
        other = elsewhere.new_page()
        sign_in_with_password(other)
        page.goto("/you/")
        page.get_by_role("button", name="Connect Acme").click()
        page.get_by_role("link", name="Continue to Acme").click()
        enter(page, "mia")
        expect(page.get_by_text("You can now sign in with Acme.")).to_be_visible()

        end_at_provider(page, company.issuer)

        for each in (page, other):
            each.goto("/voices/")
            each.wait_for_url("**/account/login/**")
