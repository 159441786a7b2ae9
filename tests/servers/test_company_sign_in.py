"""Sign-in by a certified OpenID Provider, in a browser; it demands PKCE."""

import json
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
from tests.views.codes import code_of

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
        "VOICEBOARD_OIDC_SCOPES": "groups",
        "VOICEBOARD_OIDC_ROLES": "audio=Aurora:cloner, leads=Aurora:admin",
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
        yield SimpleNamespace(
            address=address,
            issuer=issuer,
            browser=browser,
            voiceboard=voiceboard,
            groups=folder / "groups.json",
        )


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


def come_in(company: SimpleNamespace, name: str, groups: list[str]) -> Page:
    """Sign in as somebody in these groups, and open the team's page."""
    company.groups.write_text(json.dumps({name: groups}))
    page = company.browser.new_context(base_url=company.address).new_page()
    page.goto("/account/login/?next=/team/")
    page.get_by_role("link", name="Sign in with Acme").click()
    enter(page, name)
    page.wait_for_url(f"{company.address}/team/")
    return page


def test_groups_give_change_and_take_a_role(company):
    page = come_in(company, "kim", ["audio", "other"])
    expect(page.get_by_text("kim@acme.example · Cloner · role from Acme · you")).to_be_visible()

    page = come_in(company, "kim", ["audio", "leads"])
    expect(page.get_by_text("kim@acme.example · Admin")).to_be_visible()
    expect(page.get_by_role("heading", name="Invite people")).to_be_visible()

    shut = come_in(company, "kim", [])
    expect(shut.get_by_role("heading")).to_have_text("Your membership is suspended")
    expect(shut.get_by_text("Ask an admin of Aurora to open it again: Mia")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading")).to_have_text("Your membership is suspended")


def test_only_an_emergency_account_has_a_password_if_the_provider_is_the_only_way(company):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    web = ["voiceboard.prefork", "web"]
    company.voiceboard.start(web, VOICEBOARD_PORT=str(port), VOICEBOARD_OIDC_ONLY="1")
    assert in_time(lambda: answers(address))
    made = company.voiceboard.manage("break_glass", "safe@example.com", "--team", "Aurora")
    password = made.split()[1]
    with company.browser.new_context(base_url=address) as context:
        page = context.new_page()
        page.goto("/account/login/")
        expect(page.get_by_role("link", name="Sign in with Acme")).to_be_visible()
        expect(page.get_by_label("Password")).to_be_hidden()
        page.get_by_text("Emergency access").click()
        for email, word in [("mia@example.com", PASSWORD), ("safe@example.com", password)]:
            page.get_by_label("Email").fill(email)
            page.get_by_label("Password").fill(word)
            page.get_by_role("button", name="Sign in").click()
            if email == "mia@example.com":
                expect(page.get_by_text("Wrong email address or password.")).to_be_visible()
        expect(page.get_by_text("An emergency account needs two-factor")).to_be_visible()
        page.goto("/voices/")
        expect(page).to_have_url(f"{address}/account/two-factor/")
        page.get_by_role("link", name="Set up").click()
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("textbox", name="Authenticator code").fill(
            code_of(page.locator("#totp-key").inner_text())
        )
        page.get_by_role("button", name="Turn on two-factor authentication").click()
        page.goto("/team/")
        expect(page.get_by_text("safe@example.com · Admin")).to_be_visible()
