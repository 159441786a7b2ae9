"""The command that prints how to sign in."""

import re
from io import StringIO

import pytest
from django.core.management import call_command

from catalog.models import SetupLink


@pytest.fixture
def run_sign_in(installation, settings):
    """Return what the command prints under the given settings."""

    def _run_sign_in(**values: object) -> str:
        for name, value in {"PORT": 8123, **values}.items():
            setattr(settings, name, value)
        printed = StringIO()
        call_command("sign_in", stdout=printed)
        return printed.getvalue()

    return _run_sign_in


def test_in_demo_mode_users_and_password_are_printed(run_sign_in):
    words = run_sign_in(DEMO=True, DEMO_PASSWORD="made-up-once", DEMO_PASSWORD_IS_GIVEN=False)

    for word in ("ana@example.com", "mia@example.com", "sam@example.com", "made-up-once"):
        assert word in words
    assert not SetupLink.objects.exists()


def test_configured_password_is_not_printed(run_sign_in):
    words = run_sign_in(DEMO=True, DEMO_PASSWORD="given-from-outside", DEMO_PASSWORD_IS_GIVEN=True)

    assert "given-from-outside" not in words
    assert "VOICEBOARD_DEMO_PASSWORD" in words


def test_new_installation_gets_a_working_setup_link(run_sign_in, client):
    words = run_sign_in(DEMO=False)

    link = re.search(r"http://127\.0\.0\.1:8123(/setup/\S+/)", words)
    assert link
    assert client.get(link[1]).status_code == 200


def test_new_setup_link_replaces_the_previous_one(run_sign_in, client):
    first = re.search(r"/setup/\S+/", run_sign_in(DEMO=False))[0]
    run_sign_in(DEMO=False)

    assert client.get(first).status_code == 404


def test_only_the_address_is_printed_if_users_exist(run_sign_in, cast):
    words = run_sign_in(DEMO=False)

    assert words.strip() == "Sign in at http://127.0.0.1:8123/account/login/"
    assert not SetupLink.objects.exists()


def test_behind_a_proxy_its_address_is_printed(run_sign_in, cast):
    hosts = [".example.org", "voices.example.com", "127.0.0.1"]

    words = run_sign_in(DEMO=False, IS_BEHIND_TLS=True, ALLOWED_HOSTS=hosts)

    assert words.strip() == "Sign in at https://voices.example.com/account/login/"
