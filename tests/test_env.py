"""Environment variables are read as documented, and wrong ones stop the start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from catalog.models import Membership
from voiceboard import env

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def secret_file(tmp_path, monkeypatch):
    place = tmp_path / "secret"
    place.write_text("from a file\n")
    monkeypatch.setenv("VOICEBOARD_TEST_FILE", str(place))
    return place


def test_secret_is_read_from_its_variable_or_from_a_file(secret_file, monkeypatch):
    assert env.read_secret("VOICEBOARD_TEST") == "from a file"

    monkeypatch.delenv("VOICEBOARD_TEST_FILE")
    assert env.read_secret("VOICEBOARD_TEST", "otherwise") == "otherwise"
    monkeypatch.setenv("VOICEBOARD_TEST", " from a variable ")
    assert env.read_secret("VOICEBOARD_TEST") == "from a variable"


def test_secret_in_both_places_is_refused_without_showing_it(secret_file, monkeypatch):
    monkeypatch.setenv("VOICEBOARD_TEST", "hunter2")

    with pytest.raises(ImproperlyConfigured, match="not both") as refused:
        env.read_secret("VOICEBOARD_TEST")

    assert "hunter2" not in str(refused.value)


def test_missing_secret_file_is_named(secret_file):
    secret_file.unlink()

    with pytest.raises(ImproperlyConfigured, match="VOICEBOARD_TEST_FILE can't be read"):
        env.read_secret("VOICEBOARD_TEST")


@pytest.mark.parametrize("url", ["bucket", "https://host/bucket", "s3://", "s3://id:secret@bucket"])
def test_files_must_be_a_bucket(url, monkeypatch):
    monkeypatch.setenv("VOICEBOARD_TEST", url)

    with pytest.raises(ImproperlyConfigured, match="must look like s3://"):
        env.read_bucket("VOICEBOARD_TEST")


def test_bucket_is_returned_as_given(monkeypatch):
    monkeypatch.setenv("VOICEBOARD_TEST", "s3://bucket/a?endpoint=https://host")

    assert env.read_bucket("VOICEBOARD_TEST") == "s3://bucket/a?endpoint=https://host"


@pytest.mark.parametrize(
    "url", ["login.example.com", "http://login.example.com", "https://", "https://a:b@c.example"]
)
def test_issuer_must_be_https_elsewhere(url, monkeypatch):
    monkeypatch.setenv("VOICEBOARD_TEST", url)

    with pytest.raises(ImproperlyConfigured, match="must look like https://"):
        env.read_issuer("VOICEBOARD_TEST")


@pytest.mark.parametrize("url", ["https://login.example.com/realms/acme", "http://[::1]:8080"])
def test_issuer_is_returned_as_given(url, monkeypatch):
    monkeypatch.setenv("VOICEBOARD_TEST", url)

    assert env.read_issuer("VOICEBOARD_TEST") == url


@pytest.mark.parametrize(
    ("given", "contact"),
    [
        ("security@example.com", "mailto:security@example.com"),
        ("https://example.com/report", "https://example.com/report"),
        ("", ""),
    ],
)
def test_contact_is_a_uri(given, contact, monkeypatch):
    monkeypatch.setenv("VOICEBOARD_TEST", given)

    assert env.read_contact("VOICEBOARD_TEST") == contact


@pytest.mark.parametrize("given", ["Ana", "http://example.com", "https:///", "mailto:ana", "a b@c"])
def test_a_contact_that_is_no_address_stops_the_start(given, monkeypatch):
    monkeypatch.setenv("VOICEBOARD_TEST", given)

    with pytest.raises(ImproperlyConfigured, match="email address or https"):
        env.read_contact("VOICEBOARD_TEST")


@pytest.mark.parametrize(
    ("given", "header"),
    [("1", "max-age=31536000; includeSubDomains"), ("0", "max-age=31536000")],
)
def test_browsers_are_told_to_use_https_for_subdomains_only_if_wanted(given, header, tmp_path):
    code = """
import django
from django.test import Client
django.setup()
print(Client().get("/.well-known/security.txt", secure=True)["Strict-Transport-Security"])
"""
    variables = {
        "DJANGO_SETTINGS_MODULE": "voiceboard.settings",
        "VOICEBOARD_DATA_DIR": str(tmp_path),
        "VOICEBOARD_BEHIND_TLS": "1",
        "VOICEBOARD_ALLOWED_HOSTS": "testserver",
        "VOICEBOARD_HSTS_SUBDOMAINS": given,
        "VOICEBOARD_SECURITY_CONTACT": "security@example.com",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.stdout.strip() == header, done.stderr


def test_variables_that_belong_together_are_set_together():
    env.require_all_or_none(A="", B="")
    env.require_all_or_none(A="1", B="2")

    with pytest.raises(ImproperlyConfigured, match="Also set B, C"):
        env.require_all_or_none(A="hunter2", B="", C="")


def test_without_a_provider_nothing_of_company_sign_in_is_loaded(tmp_path):
    code = """
import sys, django
django.setup()
from django.apps import apps
from django.urls import NoReverseMatch, reverse
try:
    print(reverse("company_login"))
except NoReverseMatch:
    print("no address")
print(apps.is_installed("allauth.socialaccount"), {"jwt", "requests"} & set(sys.modules))
"""
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "voiceboard.settings",
        "VOICEBOARD_DATA_DIR": str(tmp_path),
        "VOICEBOARD_DEMO": "0",
        "VOICEBOARD_LOCAL": "0",
    }

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, check=True
    )

    assert done.stdout.decode().splitlines() == ["no address", "False set()"]


def test_roles_are_read_with_odd_groups(monkeypatch):
    monkeypatch.setenv("VOICEBOARD_TEST", "/vb/leads = Aurora:Admin, cn=audio=Team: EU:cloner,")

    assert env.read_roles("VOICEBOARD_TEST") == [
        ("/vb/leads", "Aurora", "admin"),
        ("cn=audio", "Team: EU", "cloner"),
    ]
    assert tuple(Membership.Role.values) == env._ROLES


@pytest.mark.parametrize("part", ["leads", "leads=Aurora", "leads:admin", "=Aurora:admin", "a=:b"])
def test_a_role_that_cannot_be_read_is_named(part, monkeypatch):
    monkeypatch.setenv("VOICEBOARD_TEST", f"staff=Aurora:viewer,{part}")

    with pytest.raises(ImproperlyConfigured, match=f"VOICEBOARD_TEST must look.*{part!r}"):
        env.read_roles("VOICEBOARD_TEST")


def test_an_unknown_role_is_named(monkeypatch):
    monkeypatch.setenv("VOICEBOARD_TEST", "leads=Aurora:boss")

    with pytest.raises(ImproperlyConfigured, match="'boss' in 'leads=Aurora:boss' isn't a role"):
        env.read_roles("VOICEBOARD_TEST")


def test_a_setting_without_the_one_it_needs_is_named():
    with pytest.raises(ImproperlyConfigured, match="VOICEBOARD_B needs VOICEBOARD_A"):
        env.require_other("VOICEBOARD_A", "", VOICEBOARD_B=True)
    env.require_other("VOICEBOARD_A", "", VOICEBOARD_B=False)
    env.require_other("VOICEBOARD_A", "given", VOICEBOARD_B=True)
