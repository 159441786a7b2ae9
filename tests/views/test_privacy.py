"""Caches and cookies keep responses private to the person they are for."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.test import Client

from catalog.views.context_processors import THEME_COOKIE
from tests.pages import TABLE
from tests.visitors import address, call, read_body, undone

# May be stored, but must be revalidated each time and only for the same cookies.
ASKED_ABOUT = {"private, no-cache", "private, max-age=0, must-revalidate"}
# They contain nothing personal and are never stored.
PROBES = {"catalog:live", "catalog:ready", "catalog:health"}
# The same for everyone.
PUBLIC = {"catalog:api-schema"}


@pytest.mark.parametrize("person", ["anonymous", "ana"])
def test_private_responses_are_not_stored_or_reused_without_revalidation(world, person):
    for name, method in product(TABLE, ("GET", "POST")):
        with undone():
            response = call(world.clients[person], method, address(name, world.aurora))
            read_body(response)
        rule = response.get("Cache-Control", "")
        if name in PROBES:
            assert rule == "no-store" or response.status_code == 405, name
            continue
        if name in PUBLIC:
            continue
        assert ("private" in rule and "no-store" in rule) or rule in ASKED_ABOUT, (name, method)
        if rule in ASKED_ABOUT:
            is_page = response["Content-Type"].startswith("text/html")
            assert not is_page or name == "catalog:voice-list", name
            assert "Cookie" in response["Vary"], name


def cookies_of(client: Client) -> Iterator[Any]:
    client.post("/preferences/theme/", {"theme": "dark"})
    yield from client.cookies.values()


@pytest.mark.parametrize("is_behind_tls", [True, False])
def test_every_cookie_is_http_only_same_site_and_secure_behind_tls(cast, settings, is_behind_tls):
    settings.IS_BEHIND_TLS = is_behind_tls
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = is_behind_tls
    cast.mia.set_password("a-long-enough-one")
    cast.mia.save()
    client = Client()
    client.get("/account/login/")
    signed_in = {"login": cast.mia.email, "password": "a-long-enough-one", "remember": "on"}
    assert client.post("/account/login/", signed_in).status_code == 302
    client.get("/voices/")
    client.get("/you/")
    client.post("/team/invitations/")

    cookies = {each.key: each for each in cookies_of(client)}

    prefix = "__Host-" if is_behind_tls else ""
    assert set(cookies) >= {"sessionid", "csrftoken", f"{prefix}{THEME_COOKIE}"}
    for name, each in cookies.items():
        assert bool(each["secure"]) is is_behind_tls, name
        assert each["httponly"], name
        assert each["samesite"] == "Lax", name
        assert not each["domain"], name


def test_behind_tls_preferences_have_the_host_prefix_and_still_work(cast, settings):
    settings.IS_BEHIND_TLS = True
    client = Client()

    response = client.post("/preferences/theme/", {"theme": "dark"}, secure=True)
    cookie = response.cookies["__Host-theme"]
    page = client.get("/account/login/", secure=True).content.decode()

    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    assert "theme" not in response.cookies
    assert 'data-theme="dark"' in page


def test_behind_tls_a_cookie_without_the_prefix_is_ignored(cast, settings):
    settings.IS_BEHIND_TLS = True
    client = Client()
    client.cookies["theme"] = "dark"

    assert 'data-theme="dark"' not in client.get("/account/login/", secure=True).content.decode()
