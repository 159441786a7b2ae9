"""Signing in and out, the first admin, the theme, and the profile page."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Membership, SetupLink, User
from catalog.services.users.setup import make_setup_link
from tests import factories
from tests.views.conftest import Page


def sign_in_by_form(client: Client, email: str, password: str, **more: str):
    return client.post("/account/login/", {"login": email, "password": password, **more})


# Signing in


@pytest.mark.parametrize("email", ["ana@example.com", "ANA@Example.COM", " ana@example.com "])
def test_sign_in_ignores_case_and_spaces_in_the_email_address(cast, client, email):
    response = sign_in_by_form(client, email, factories.PASSWORD)

    assert (response.status_code, response["Location"]) == (302, "/voices/")
    assert Page(client.get("/you/")).text.count("ana@example.com") == 1


def test_signing_in_replaces_the_session_id(cast, client):
    client.cookies["sessionid"] = "chosen-by-somebody-else"
    sign_in_by_form(client, "ana@example.com", factories.PASSWORD)

    cookie = client.cookies["sessionid"]
    assert cookie.value != "chosen-by-somebody-else"
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ana@example.com", "wrong"),
        ("nobody@example.com", factories.PASSWORD),
        ("ana@example.com", ""),
        ("", ""),
        ("ana@example.com", "x" * 100_000),
        ("ana\x00@example.com", factories.PASSWORD),
        ("not an address", "x"),
        ("a" * 10_000, "x"),
    ],
)
def test_wrong_or_malformed_credentials_do_not_sign_in(cast, client, email, password):
    response = sign_in_by_form(client, email, password)

    assert response.status_code == 200
    assert client.get("/voices/").status_code == 302
    if len(password) > 10:
        assert password not in response.content.decode()


def test_known_and_unknown_addresses_get_the_same_answer(cast, client):
    pages = [
        re.sub(r"[A-Za-z0-9]{64}|value=\"[a-z]+@", "", sign_in_by_form(
            client, f"{name}@example.com", "wrong"
        ).content.decode())
        for name in ("ana", "nobody")
    ]  # fmt: skip

    assert pages[0] == pages[1]


def test_sign_in_is_blocked_after_too_many_wrong_passwords(cast, client):
    for _ in range(6):
        response = sign_in_by_form(client, "ana@example.com", "wrong")

    locked = sign_in_by_form(client, "ana@example.com", factories.PASSWORD)

    assert "Too many attempts" in Page(response).text
    assert locked.status_code == 200
    assert client.get("/voices/").status_code == 302


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/voices/?q=warm", "/voices/?q=warm"),
        ("https://evil.example/", "/voices/"),
        ("//evil.example/", "/voices/"),
        ("/\\evil.example", "/voices/"),
        ("javascript:alert(1)", "/voices/"),
        ("http://[", "/voices/"),
    ],
)
def test_signing_in_redirects_only_to_our_own_pages(cast, client, wanted, leads_to):
    response = sign_in_by_form(client, "ana@example.com", factories.PASSWORD, next=wanted)

    assert response["Location"] == leads_to


@pytest.mark.parametrize("wanted", ["http://[", "//evil.example", "x" * 5000, "%00", "\\\\x"])
def test_a_malformed_next_address_does_not_break_the_sign_in_page(client, mia, wanted):
    assert client.get("/account/login/", {"next": wanted}).status_code == 200
    assert mia.get("/account/login/", {"next": wanted}).status_code == 302


def test_signing_out_ends_the_session_and_needs_a_post(ana):
    key = ana.cookies["sessionid"].value
    assert ana.get("/account/logout/").status_code == 200
    assert ana.get("/voices/").status_code == 200

    response = ana.post("/account/logout/")

    assert (response.status_code, response["Location"]) == (302, "/account/login/")
    other = Client()
    other.cookies["sessionid"] = key
    assert other.get("/voices/").status_code == 302


def test_sign_up_is_closed(cast, client):
    seen = client.get("/account/signup/")
    posted = client.post(
        "/account/signup/", {"email": "eve@example.com", "password1": factories.PASSWORD}
    )

    for response in (seen, posted):
        assert "Sign-up is closed" in Page(response).text
    assert not User.objects.filter(email="eve@example.com").exists()


def test_changing_the_password_signs_out_other_sessions(cast, ana, sign_in):
    elsewhere = sign_in(cast.ana)
    new = "another long phrase"

    response = ana.post(
        "/account/password/change/",
        {"oldpassword": factories.PASSWORD, "password1": new, "password2": new},
    )

    assert response.status_code == 302
    assert User.objects.get(pk=cast.ana.pk).check_password(new)
    assert ana.get("/voices/").status_code == 200
    assert elsewhere.get("/voices/").status_code == 302


@pytest.mark.parametrize(
    ("old", "new"), [("wrong", "another long phrase"), (factories.PASSWORD, "short")]
)
def test_changing_the_password_needs_the_old_one_and_a_strong_new_one(cast, ana, old, new):
    response = ana.post(
        "/account/password/change/", {"oldpassword": old, "password1": new, "password2": new}
    )

    assert response.status_code == 200
    assert Page(response).find("p", **{"class": "error"})
    assert User.objects.get(pk=cast.ana.pk).check_password(factories.PASSWORD)


# The first admin


@pytest.fixture
def link(installation) -> str:
    return f"/setup/{make_setup_link(now=timezone.now())}/"


FIRST = {
    "team": "Aurora",
    "name": "Ana",
    "email": "ana@example.com",
    "password": " correct horse battery ",
}


def test_the_setup_link_creates_the_first_admin_and_signs_them_in(client, link):
    assert client.get(link).status_code == 200

    response = client.post(link, FIRST)

    assert (response.status_code, response["Location"]) == (302, "/start/")
    assert client.get("/start/").status_code == 200
    assert Membership.objects.get().role == Membership.Role.ADMIN
    assert sign_in_by_form(Client(), FIRST["email"], FIRST["password"]).status_code == 302


def test_the_setup_link_works_once(client, link):
    client.post(link, FIRST)

    for response in (Client().get(link), Client().post(link, {**FIRST, "email": "eve@x.org"})):
        assert response.status_code == 404
    assert User.objects.count() == 1


def test_the_setup_link_expires_after_an_hour(client, link):
    SetupLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert client.get(link).status_code == 404
    assert client.post(link, FIRST).status_code == 404
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"email": "no address"}, "Enter a valid email address."),
        ({"password": "password123"}, "This password has appeared in a data leak."),
        ({"team": ""}, "This field is required."),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_an_invalid_setup_field_shows_an_error_and_keeps_the_link_usable(
    client, link, values, words
):
    response = client.post(link, {**FIRST, **values})

    assert response.status_code == 422
    assert words in Page(response).text
    assert FIRST["password"] not in response.content.decode()
    assert client.post(link, FIRST).status_code == 302


def test_an_empty_setup_form_shows_which_fields_are_required(client, link):
    response = client.post(link)

    assert response.status_code == 422
    assert Page(response).text.count("This field is required.") == 4


# Theme and page frame


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_the_theme_is_stored_in_a_cookie_and_rendered_by_the_server(client, db, theme):
    response = client.post(
        "/preferences/theme/", {"theme": theme}, headers={"Referer": "http://testserver/healthz?x"}
    )

    assert (response.status_code, response["Location"]) == (302, "http://testserver/healthz?x")
    assert client.cookies["theme"].value == theme
    assert Page(client.get("/account/login/")).find("html", data_theme=theme)


@pytest.mark.parametrize("theme", ["", "pink", '"><script>', "x" * 10_000])
def test_an_unknown_theme_is_not_stored_or_rendered_from_a_cookie(client, db, theme):
    response = client.post("/preferences/theme/", {"theme": theme})
    client.cookies["theme"] = "pink"

    assert response.status_code == 302
    assert "theme" not in response.cookies
    assert Page(client.get("/account/login/")).find("html", data_theme="system")


@pytest.mark.parametrize(
    "referer",
    ["", "https://evil.example/", "//evil.example", "javascript:alert(1)", "foo", "http://[",
     "account_logout", "/\\evil.example"],
)  # fmt: skip
def test_changing_the_theme_never_redirects_to_a_foreign_page(client, db, referer):
    response = client.post("/preferences/theme/", {"theme": "dark"}, headers={"Referer": referer})

    assert (response.status_code, response["Location"]) == (302, "/")


def test_setting_the_theme_by_script_gets_an_empty_response(client, db):
    response = client.post("/preferences/theme/", {"theme": "dark"}, headers={"X-Fetch": "1"})

    assert (response.status_code, response.content) == (204, b"")
    assert response.cookies["theme"].value == "dark"


def test_the_profile_page_shows_your_team_and_role(cast, mia):
    text = Page(mia.get("/you/")).text

    for words in ("Mia", "mia@example.com", "Aurora", "Member"):
        assert words in text
    assert "Sam" not in text.split()


def test_the_navigation_marks_the_current_page(ana):
    for path in ("/voices/", "/clone/", "/jobs/", "/keys/add/", "/cleanup/", "/team/log/", "/you/"):
        here = Page(ana.get(path)).find("a", aria_current="page")

        assert any(path.startswith(link.get("href", "?")) for link in here), path


def test_healthz_answers_without_sign_in(client, db):
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok")


def test_every_page_sends_a_strict_content_security_policy(mia, client):
    for response in (mia.get("/voices/"), client.get("/account/login/"), mia.get("/nowhere/")):
        policy = response["Content-Security-Policy"]

        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Referrer-Policy"] == "same-origin"


def test_security_txt_names_the_contact_and_expires_within_a_year(client, db, settings):
    settings.SECURITY_CONTACT = "mailto:security@example.com"

    response = client.get("/.well-known/security.txt")
    lines = dict(line.split(": ", 1) for line in response.content.decode().splitlines())

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert lines["Contact"] == "mailto:security@example.com"
    assert lines["Canonical"] == "http://testserver/.well-known/security.txt"
    left = datetime.fromisoformat(lines["Expires"]) - timezone.now()
    assert timedelta(days=30) < left < timedelta(days=365)


def test_without_a_contact_there_is_no_security_txt(client, db, settings):
    settings.SECURITY_CONTACT = ""

    assert client.get("/.well-known/security.txt").status_code == 404
