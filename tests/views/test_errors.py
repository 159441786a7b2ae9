"""Error pages, and error reports without secrets."""

import logging
import sys
import uuid
from types import SimpleNamespace

import pytest
from django.core import mail
from django.db import OperationalError
from django.test import Client

from catalog.core import database_outages
from catalog.models import User
from catalog.views import context_processors
from catalog.views.errors import PlainExceptionReporter
from catalog.views.voices import voices
from tests.views.conftest import Page


def test_an_unknown_address_shows_a_404_page_with_navigation(mia):
    response = mia.get("/no/such/page/")

    page = Page(response)
    assert response.status_code == 404
    assert "Page not found" in page.text
    assert page.find("nav", aria_label="Main")
    assert page.find("a", href="/voices/", **{"class": "btn"})


def test_a_signed_out_visitor_gets_the_404_page_without_navigation(client, db):
    page = Page(client.get("/no/such/page/"))

    assert "Page not found" in page.text
    assert not page.find("nav", aria_label="Main")


def test_a_forbidden_page_shows_a_403_page(mia):
    response = mia.get("/cleanup/")

    assert response.status_code == 403
    assert "You don't have permission to do this" in Page(response).text


def test_a_failed_csrf_check_says_the_page_was_open_too_long(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.mia, backend="catalog.views.base.auth_backends.AccountBackend")

    response = client.post("/preferences/theme/", {"theme": "dark"})

    assert response.status_code == 403
    assert "This page was open for too long" in Page(response).text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "a b", "[::1"])
def test_an_unknown_host_is_refused(client, db, host):
    response = client.get("/voices/", headers={"Host": host})

    assert response.status_code == 400
    assert "This request couldn't be read" in Page(response).text


def test_a_form_with_too_many_fields_is_refused(mia):
    response = mia.post("/keys/add/", {f"field{place}": "x" for place in range(2100)})

    assert response.status_code == 400


def test_a_form_over_the_size_limit_is_refused(mia):
    response = mia.post("/keys/add/", {"nickname": "x" * 3_000_000})

    assert response.status_code == 400


def test_an_internal_error_shows_a_page_without_navigation_or_details(mia, monkeypatch):
    mia.raise_request_exception = False
    secret = uuid.uuid4().hex
    monkeypatch.setattr(voices, "find_voices", lambda *args: 1 / len(secret[:0]))

    response = mia.get("/voices/")

    page = Page(response)
    assert response.status_code == 500
    assert "Something went wrong on the server" in page.text
    assert "ZeroDivision" not in page.text
    assert not page.find("nav", aria_label="Main")


def test_the_error_page_renders_even_if_the_navigation_is_what_failed(mia, monkeypatch):
    mia.raise_request_exception = False

    def fail(*args):
        raise ConnectionError("The database is gone.")

    monkeypatch.setattr(context_processors.policies, "may_delete_voices", fail)

    response = mia.get("/voices/")

    assert response.status_code == 500
    assert "Something went wrong on the server" in Page(response).text


@pytest.fixture
def _no_database(monkeypatch):
    """PostgreSQL goes away while a page is made."""

    def fail(*args):
        raise OperationalError("connection refused: db.example.com")

    monkeypatch.setattr(voices, "find_voices", fail)
    monkeypatch.setattr(database_outages, "connection", SimpleNamespace(vendor="postgresql"))


@pytest.mark.usefixtures("_no_database")
def test_a_database_that_is_away_shows_a_page_that_says_so(mia):
    mia.raise_request_exception = False

    response = mia.get("/voices/")

    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert "The database isn't responding" in Page(response).text
    assert "db.example.com" not in Page(response).text


@pytest.mark.usefixtures("_no_database")
def test_an_upload_is_told_that_the_database_is_away(mia):
    mia.raise_request_exception = False

    response = mia.get("/voices/", headers={"X-Upload": "1"})

    assert response.status_code == 503
    assert response.json()["error"].startswith("The database isn't responding.")


# Reports


@pytest.fixture
def report(rf):
    """Return the report of an error that has a secret in its frames, request, and cause."""
    secret = f"sk_canary_{uuid.uuid4().hex}"
    request = rf.post(
        f"/keys/add/?key={secret}", {"api_key": secret}, headers={"Cookie": f"k={secret}"}
    )
    request.user = User(email="ana@example.com")
    try:
        _fail_with(secret)
    except LookupError:
        return secret, PlainExceptionReporter(request, *sys.exc_info())
    raise AssertionError


def _fail_with(api_key: str) -> None:
    headers = {"xi-api-key": api_key}
    try:
        int(headers["xi-api-key"])
    except ValueError as exc:
        raise LookupError(api_key) from exc


def test_a_report_contains_only_code_locations_and_the_exception_type(report):
    secret, reporter = report

    text = reporter.get_traceback_text()

    assert "in _fail_with" in text
    assert text.endswith("LookupError")
    for shown in (text, reporter.get_traceback_html(), str(reporter.get_traceback_data())):
        assert secret not in shown


def test_an_error_mail_to_operators_contains_no_secret(report, settings):
    secret, reporter = report
    settings.ADMINS = [("Op", "op@example.com")]
    error = (reporter.exc_type, reporter.exc_value, reporter.tb)
    words = ("Internal Server Error: %s", ("/keys/add/",))
    record = logging.LogRecord("django.request", logging.ERROR, __file__, 1, *words, error)
    record.request = reporter.request

    logging.getLogger("django").handle(record)

    (message,) = mail.outbox
    assert "in _fail_with" in message.body
    assert secret not in message.message().as_string()


@pytest.mark.parametrize("value", ["/team/log/", "/team/log/?x=%0AERROR+forged"])
def test_a_refused_request_is_logged_with_who_and_what(cast, mia, caplog, value):
    with caplog.at_level("INFO", logger="catalog.security"):
        response = mia.get(value)

    (line,) = (each.getMessage() for each in caplog.records if each.name == "catalog.security")
    assert f"Refused (missing right): GET catalog:audit-list, user {cast.mia.pk}" in line
    assert f"request {response['X-Request-Id']}" in line
    assert "forged" not in line


def test_a_failed_csrf_check_is_logged(cast, caplog):
    browser = Client(enforce_csrf_checks=True)
    with caplog.at_level("INFO", logger="catalog.security"):
        browser.post("/account/login/", {"login": "a@example.com"})

    assert "Refused (CSRF check): POST account_login, user none" in caplog.text
