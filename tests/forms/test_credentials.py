"""Adding and replacing keys: invalid keys are rejected and never rendered."""

import pytest
from django.forms import Form

from catalog.forms.credentials import CredentialForm, ReplaceKeyForm

pytestmark = pytest.mark.usefixtures("installation")
GOOD = {"provider": "elevenlabs", "api_key": "sk_0123456789abcdef", "nickname": "Studio"}
BAD_KEYS = {
    "empty": "",
    "blank": "   ",
    "too short": "short",
    "a space inside": "sk_0123 456789",
    "a line break inside": "sk_0123\r\nX-Evil: 456789",
    "a tab inside": "sk_0123\t456789",
    "NUL": "sk_0123\x00456789",
    "not ASCII": "sk_0123456789é",
    "an emoji": "sk_0123456789🔑",
    "ten kilobytes": "k" * 10_000,
    "too long": "k" * 513,
    "half a surrogate pair": "sk_0123456789\ud800",
}


def errors_of(form: Form) -> str:
    return " ".join(word for words in form.errors.values() for word in words)


def test_complete_form_is_valid():
    form = CredentialForm({**GOOD, "is_shared": "on"})

    assert form.is_valid()
    assert form.cleaned_data == {**GOOD, "is_shared": True}


@pytest.mark.parametrize("key", ["12345678", "k" * 512, "sk-!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"])
def test_key_with_any_printable_characters_is_accepted(key):
    form = ReplaceKeyForm({"api_key": f" {key}\n"})

    assert form.is_valid()
    assert form.cleaned_data["api_key"] == key


@pytest.mark.parametrize("kind", [CredentialForm, ReplaceKeyForm])
@pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS)
def test_invalid_key_is_rejected_without_repeating_it(kind, key):
    form = kind({**GOOD, "api_key": key})

    assert not form.is_valid()
    assert list(form.errors) == ["api_key"]
    if key.strip():
        assert key not in errors_of(form)


def test_key_is_not_rendered_after_an_error():
    form = CredentialForm({**GOOD, "provider": "nobody"})

    assert not form.is_valid()
    assert GOOD["api_key"] not in form.as_p()
    assert GOOD["nickname"] in form.as_p()


@pytest.mark.parametrize("provider", ["", "nobody", "ELEVENLABS", "../elevenlabs", "x" * 10_000])
def test_unknown_provider_gives_an_error(provider):
    form = CredentialForm({**GOOD, "provider": provider})

    assert not form.is_valid()
    assert list(form.errors) == ["provider"]
    if provider:
        assert errors_of(form) == "Voiceboard doesn't support this provider."


def test_nickname_has_a_maximum_length():
    assert not CredentialForm({**GOOD, "nickname": "n" * 81}).is_valid()
    assert not CredentialForm({**GOOD, "nickname": "n\x00"}).is_valid()
    assert CredentialForm({**GOOD, "nickname": ""}).is_valid()


@pytest.mark.parametrize("field", ["team", "owner", "health", "account", "last_four", "sealed"])
def test_internal_fields_cannot_be_set(field):
    form = CredentialForm({**GOOD, field: "x"})

    assert form.is_valid()
    assert field not in form.cleaned_data
