"""Leaked and obvious passwords are refused, and long phrases of any characters are accepted."""

import hashlib

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from catalog.forms.users import passwords
from catalog.forms.users.passwords import is_leaked, list_obvious_words
from catalog.forms.users.setup import SetupForm
from catalog.models import User
from tests.forms.test_accounts import GOOD

pytestmark = pytest.mark.usefixtures("installation")


def errors_of(password: str) -> list[str]:
    return SetupForm({**GOOD, "password": password}).errors.get("password", [])


@pytest.mark.parametrize("password", ["qwertyuiop", "QwertyUIOP", "1q2w3e4r5t", "ILoveYou24"])
def test_leaked_password_is_refused_in_any_case(password):
    assert errors_of(password) == ["This password has appeared in a data leak. Choose another one."]


def test_the_list_holds_over_100_000_passwords_that_are_long_enough():
    size = passwords._DIGEST_BYTES
    content = passwords._LEAKED.read_bytes()
    digests = [content[place : place + size] for place in range(0, len(content), size)]

    assert len(digests) > 100_000
    assert digests == sorted(set(digests))


def test_the_first_and_the_last_entry_are_found(monkeypatch, tmp_path):
    words = ["one", "two", "three", "four", "five"]
    digests = sorted(hashlib.sha256(word.encode()).digest()[:5] for word in words)
    place = tmp_path / "list"
    place.write_bytes(b"".join(digests))
    monkeypatch.setattr(passwords, "_LEAKED", place)

    assert [word for word in [*words, "six", "seven"] if is_leaked(word)] == words


@pytest.mark.parametrize(
    "password",
    ["Voiceboard-2026!", "ElevenLabs4815162", "acme-voices-2027", "Borealis1!Borealis2!"],
)
def test_product_company_and_project_names_are_not_enough(password, settings):
    settings.OIDC_LABEL, settings.PASSWORD_WORDS = "Acme", ["borealis"]
    settings.ALLOWED_HOSTS = ["voices.example.com"]

    assert errors_of(password) == ["This password is easy to guess. Add a few more words."]


def test_such_a_name_in_a_longer_phrase_is_fine():
    assert errors_of("my voiceboard sings every morning") == []


def test_short_parts_of_host_names_are_no_words(settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1", "tts.example.com"]

    assert "example" in list_obvious_words()
    assert not {"127", "0", "com", "tts"} & set(list_obvious_words())


@pytest.mark.parametrize(
    "password",
    [
        "x" * 3 + "correct horse " * 14,
        "多讀書少說話做個好人吧",
        "        ten blanks",
        "\u00e9\u00e8 \U0001f600 ok ok ok",
    ],
)
def test_long_phrases_of_any_characters_are_accepted(password):
    assert errors_of(password) == []


def test_a_password_works_exactly_as_it_was_typed():
    person = User(email="a@example.com")
    person.set_password(" Correct horse battery " * 8)

    assert person.check_password(" Correct horse battery " * 8)
    assert not person.check_password(" correct horse battery " * 8)
    assert not person.check_password((" Correct horse battery " * 8)[:-1])


def test_the_check_raises_for_commands_as_well():
    with pytest.raises(ValidationError, match="data leak"):
        validate_password("qwertyuiop")
