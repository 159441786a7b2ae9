"""The command that tells how to sign in."""

import re
from io import StringIO

import pytest
from django.core.management import call_command

from catalog.models import SetupLink


@pytest.fixture
def told(installation, settings):
    """Return what the command prints under the given settings."""

    def _told(**values: object) -> str:
        for name, value in {"PORT": 8123, **values}.items():
            setattr(settings, name, value)
        printed = StringIO()
        call_command("sign_in", stdout=printed)
        return printed.getvalue()

    return _told


def test_in_the_demo_people_and_password_are_told(told):
    words = told(DEMO=True, DEMO_PASSWORD="made-up-once", DEMO_PASSWORD_IS_GIVEN=False)

    for word in ("ana@example.com", "mia@example.com", "sam@example.com", "made-up-once"):
        assert word in words
    assert not SetupLink.objects.exists()


def test_a_password_that_was_given_is_not_repeated(told):
    words = told(DEMO=True, DEMO_PASSWORD="given-from-outside", DEMO_PASSWORD_IS_GIVEN=True)

    assert "given-from-outside" not in words
    assert "VOICEBOARD_DEMO_PASSWORD" in words


def test_a_fresh_installation_gets_a_link_that_works(told, client):
    words = told(DEMO=False)

    link = re.search(r"http://127\.0\.0\.1:8123(/setup/\S+/)", words)
    assert link
    assert client.get(link[1]).status_code == 200


def test_a_new_link_replaces_the_one_before(told, client):
    first = re.search(r"/setup/\S+/", told(DEMO=False))[0]
    told(DEMO=False)

    assert client.get(first).status_code == 404


def test_where_somebody_can_sign_in_only_the_address_is_told(told, cast):
    words = told(DEMO=False)

    assert words.strip() == "Sign in at http://127.0.0.1:8123/account/login/"
    assert not SetupLink.objects.exists()
