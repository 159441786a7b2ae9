"""The command that signs users out."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from catalog.models import AuditEntry


def sign_out(*words: str) -> str:
    out = StringIO()
    call_command("sign_out", *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def browsers(cast):
    """Sign in Ana twice and Mia once, as people do."""
    found = []
    for user in (cast.ana, cast.ana, cast.mia):
        user.set_password("a-long-enough-one")
        user.save()
    for user in (cast.ana, cast.ana, cast.mia):
        browser = Client()
        sent = {"login": user.email, "password": "a-long-enough-one", "remember": "on"}
        assert browser.post("/account/login/", sent).status_code == 302
        found.append(browser)
    return found


def test_all_sessions_of_a_user_end_and_no_others(cast, browsers):
    assert sign_out("Ana@example.com") == "Ended 2 sessions.\n"

    assert [browser.get("/you/").status_code for browser in browsers] == [302, 302, 200]
    entry = AuditEntry.objects.get(action="sessions ended by the operator")
    assert entry.target == f"User {cast.ana.pk}"


def test_everyone_can_be_signed_out(browsers):
    sign_out("--everyone")

    assert [browser.get("/you/").status_code for browser in browsers] == [302, 302, 302]


@pytest.mark.parametrize("words", [(), ("ana@example.com", "--everyone"), ("nobody@example.com",)])
def test_wrong_words_end_nothing(browsers, words):
    with pytest.raises(CommandError):
        sign_out(*words)

    assert browsers[0].get("/you/").status_code == 200
