"""Forms reject API keys in all fields that aren't for secrets."""

import inspect
import pkgutil
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.datastructures import MultiValueDict

import catalog.forms
from catalog.forms.base.text_fields import KEY_IS_NO_TEXT, KeylessMixin
from catalog.forms.collections import CollectionForm
from catalog.forms.consents import ConsentFields
from catalog.forms.credentials import CredentialForm
from catalog.forms.samples.upload import read_upload
from catalog.forms.searches import QueryForm
from catalog.forms.voices.settings import VoiceSettingsForm
from catalog.models import CredentialReplacement, Notification, TeamPolicy
from catalog.models.tokens import Scope
from catalog.providers.registry import get_adapter
from catalog.queries.consents.wording import Wording
from tests import factories

KEY = f"sk_{'5eb0a7c1d9cb469f' * 3}"
STORED = "sandbox-elevenlabs-full-7319"
pytestmark = pytest.mark.usefixtures("installation")


def all_forms() -> Iterator[type[forms.BaseForm]]:
    for module in pkgutil.walk_packages(catalog.forms.__path__, "catalog.forms."):
        for _, found in inspect.getmembers(import_module(module.name), inspect.isclass):
            is_own = found.__module__ == module.name and found.__name__ != "KeylessForm"
            # allauth's forms store nothing of their input except a password hash.
            if any(base.__module__.startswith("allauth.") for base in found.__mro__):
                continue
            if is_own and issubclass(found, forms.BaseForm) and found is not KeylessMixin:
                yield found


def fill(form: type[forms.BaseForm], account: Any, data: Any, files: Any = None) -> Any:
    """Return the form bound to ``data``, with all other arguments that it needs."""
    info = get_adapter("elevenlabs").info
    if form is VoiceSettingsForm:
        return form(info.voice_settings, data)
    if form is ConsentFields:
        form = type("DatedFields", (form,), {"today": date(2026, 11, 29)})
    known = {
        "targets": [],
        "today": date(2026, 11, 29),
        "voice": factories.make_voice(account),
        "voices": [],
        "sample": SimpleNamespace(seconds=3.0),
        "collections": [],
        "candidates": [],
        "owners": [],
        "person": account.last_owner,
        "accounts": [account],
        "batches": [],
        "choices": {Notification.Event.JOB: (True, Notification.Delivery.OFF)},
        "members": [],
        "offered": [Scope.READ],
        "pair": SimpleNamespace(voices=[]),
        "policy": TeamPolicy(team=account.team),
        "speakers": [],
        "wording": Wording("en"),
    }
    wanted = inspect.signature(form.__init__).parameters
    more = {name: known[name] for name in wanted if name in known}
    if any(each.kind is each.VAR_KEYWORD for each in wanted.values()):
        return form(data=data, files=files, **more)
    if "data" in wanted:
        uploads = {"files": files} if "files" in wanted else {}
        return form(data=data, **uploads, **more)
    first = [more.pop(name) for name, each in wanted.items() if is_first(each) and name in more]
    return form(*first, data, **more)


def is_first(parameter: inspect.Parameter) -> bool:
    return parameter.kind is parameter.POSITIONAL_OR_KEYWORD


@pytest.mark.parametrize("form", list(all_forms()), ids=lambda form: form.__name__)
def test_form_fields_reject_a_key_and_do_not_render_it(form, cast):
    assert issubclass(form, KeylessMixin)
    fields = fill(form, cast.account, {}).fields

    for name, field in fields.items():
        data, files = {name: [f"My {KEY}"]}, {name: [SimpleUploadedFile(f"{KEY}.wav", b"RIFF")]}
        if isinstance(field.widget, forms.PasswordInput):
            continue
        data = {} if isinstance(field, forms.FileField) else data
        files = {} if data else files
        bound = fill(form, cast.account, MultiValueDict(data), MultiValueDict(files))
        assert not bound.is_valid()
        assert bound.errors[name] == [KEY_IS_NO_TEXT]
        assert name not in bound.cleaned_data
        assert KEY not in bound.as_p()


def test_all_our_forms_are_checked():
    assert len(list(all_forms())) > 30


def test_key_in_initial_values_is_not_rendered():
    form = CollectionForm(initial={"name": "Warm", "description": f"My {KEY}"})

    assert "Warm" in form.as_p()
    assert KEY not in form.as_p()


def test_other_fields_keep_their_values_if_one_has_a_key():
    form = CollectionForm({"name": "Warm", "description": KEY, "whose": "own"})

    assert list(form.errors) == ["description"]
    assert "Warm" in form.as_p()


@pytest.mark.parametrize("shape", ["{}", "use {} here", 'KEY="{}"'])
def test_stored_key_of_any_format_is_recognized(cast, shape):
    values = {"provider": "elevenlabs", "api_key": "k" * 20, "nickname": shape.format(STORED)}
    assert CredentialForm(values).is_valid()

    factories.make_credential(cast.sam, cast.other_account, STORED)

    assert CredentialForm(values).errors == {"nickname": [KEY_IS_NO_TEXT]}


def test_pending_replacement_key_is_recognized(cast):
    found = CredentialReplacement(credential=cast.credential, asked_at=factories.NOW)
    found.seal_secrets(STORED)
    found.save()

    assert not CollectionForm({"name": STORED, "whose": "own"}).is_valid()


@pytest.mark.parametrize("query", [f"q={KEY}", f"q=%73k_{KEY[3:]}", f"?accent={KEY}"])
def test_search_that_contains_a_key_is_rejected(query):
    assert QueryForm({"query": query}).errors == {"query": [KEY_IS_NO_TEXT]}


def test_upload_whose_file_name_is_a_key_is_rejected_without_repeating_it(wav):
    upload = read_upload(SimpleUploadedFile(f"{KEY}.wav", wav))

    assert upload.problem == KEY_IS_NO_TEXT
    assert KEY not in upload.complaint
