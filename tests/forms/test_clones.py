"""The clone form: each invalid input shows an error at its field."""

import uuid
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.datastructures import MultiValueDict

from catalog.forms.clones.create import CloneForm
from catalog.queries.clones import find_clone_targets
from tests import factories

TODAY = date(2026, 11, 21)


@pytest.fixture
def fill(cast):
    """Return a bound form for Ana with valid values, except for the given ones."""

    def _fill(files: dict[str, Any] | None = None, **values: Any) -> CloneForm:
        good = {
            "credential": [str(cast.credential.pk)],
            "name": "Our Ada",
            "description": "Warm.",
            "speaker": "Ada",
            "relation": "permission",
            "allowed_use": "any",
            "consent": "on",
            "form_token": str(uuid.uuid4()),
        }
        posted = MultiValueDict()
        for name, value in {**good, **values}.items():
            posted.setlist(name, value if isinstance(value, list) else [value])
        return CloneForm(posted, files or {}, targets=find_clone_targets(cast.ana), today=TODAY)

    return _fill


def test_complete_form_is_valid(fill, cast):
    form = fill()

    assert form.is_valid()
    assert form.chosen_credentials == [cast.credential]


def test_several_keys_are_accepted_unless_two_open_the_same_account(fill, cast):
    other = factories.make_credential(
        cast.ana, factories.make_account(cast.aurora, provider="noiz")
    )
    twin = factories.make_credential(cast.ana, cast.account)

    form = fill(credential=[str(cast.credential.pk), str(other.pk)])

    assert form.is_valid()
    assert form.chosen_credentials == [cast.credential, other]
    assert "same account" in str(fill(credential=[str(cast.credential.pk), str(twin.pk)]).errors)


def test_each_missing_field_gives_an_error(cast):
    form = CloneForm({"name": ""}, {}, targets=find_clone_targets(cast.ana), today=TODAY)

    assert not form.is_valid()
    assert set(form.errors) == {
        "credential", "name", "speaker", "relation", "allowed_use", "consent", "form_token"
    }  # fmt: skip
    assert "Confirm that you have" in form.errors["consent"][0]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"relation": "guardian"}, "given_by"),
        ({"allowed_use": "project"}, "use_note"),
        ({"ends_on": "2026-11-20"}, "ends_on"),
        ({"ends_on": "soon"}, "ends_on"),
        ({"relation": "hearsay"}, "relation"),
    ],
)
def test_incomplete_consent_gives_an_error_at_its_field(fill, values, field):
    assert list(fill(**values).errors) == [field]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 text", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0...", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"<html>", ""),
        (b"", ""),
        (b"PK\x03\x04", ""),
    ],
)
def test_proof_must_be_a_pdf_an_image_or_audio(fill, content, kind):
    form = fill({"proof": SimpleUploadedFile("proof.pdf", content)})

    assert form.is_valid() is bool(kind)
    assert form.proof_type == kind


@pytest.mark.parametrize(("seconds", "is_enough"), [(None, True), (5.0, True), (4.9, False)])
def test_too_short_samples_give_an_error_with_both_lengths(fill, cast, seconds, is_enough):
    key = factories.make_credential(
        cast.ana, factories.make_account(cast.aurora, provider="stepfun")
    )
    form = fill(credential=[str(cast.credential.pk), str(key.pk)])

    assert form.is_valid()
    assert form.check_length(seconds) is is_enough
    assert ("needs at least 5 s, not 4.9 s" in str(form.errors)) is not is_enough


INVISIBLE = {
    "empty": "",
    "blank": "  \t ",
    "zero width": "\u200b\u200d\ufeff",
    "control": "\x01\x02\x1b",
    "bidi": "\u202e\u2066\u200f",
    "signs": "!!! --- ???",
}


@pytest.mark.parametrize("field", ["name", "speaker"])
@pytest.mark.parametrize("text", INVISIBLE.values(), ids=INVISIBLE)
def test_name_without_readable_characters_is_rejected(fill, field, text):
    form = fill(**{field: text})

    assert not form.is_valid()
    assert list(form.errors) == [field]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", "n" * 10_000),
        ("speaker", "s" * 10_000),
        ("description", "d" * 10_000),
        ("name", "a\x00b"),
        ("description", "a\x00b"),
        ("form_token", "no token"),
        ("form_token", ""),
    ],
)
def test_too_long_or_broken_values_give_an_error_at_their_field(fill, field, text):
    form = fill(**{field: text})

    assert not form.is_valid()
    assert list(form.errors) == [field]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  Our Ada ", "Our Ada"),
        ("A\u202eda\u200b", "Ada"),
        ("A\r\nda\x1b[31m", "Ada[31m"),
        ("小美", "小美"),
        ("{{7*7}}", "{{7*7}}"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_name_keeps_visible_and_loses_invisible_characters(fill, text, kept):
    form = fill(name=text)

    assert form.is_valid()
    assert form.cleaned_data["name"] == kept


@pytest.mark.parametrize("field", ["name", "description"])
def test_text_that_looks_like_our_marker_is_rejected(fill, field):
    form = fill(**{field: "Nice vb1:0123abcd:feed voice"})

    assert not form.is_valid()
    assert list(form.errors) == [field]


def test_unpaired_surrogates_are_removed(fill):
    form = fill(name="Ada \ud800", description="\udfff", speaker="Ada\ud83d")

    assert form.is_valid()
    for field in ("name", "description", "speaker"):
        form.cleaned_data[field].encode()


@pytest.mark.parametrize(
    "credential", ["", "abc", "00000000-0000-4000-8000-000000000000", "1' OR '1'='1"]
)
def test_unknown_key_is_rejected(fill, credential):
    assert list(fill(credential=credential).errors) == ["credential"]


def test_foreign_and_hidden_keys_are_rejected(fill, cast):
    hidden = factories.make_credential(cast.mia, cast.account, is_shared=False)

    for credential in (hidden, cast.other_credential):
        form = fill(credential=str(credential.pk))
        assert form.errors == {"credential": ["You don't have access to this key."]}


def test_key_without_a_free_slot_is_rejected_with_the_reason(fill, cast):
    type(cast.account).objects.update(slots_used=30, slots_limit=30)

    assert fill().errors["credential"][0].endswith("No free slot: 30 of 30.")


def test_name_too_long_for_the_provider_gives_an_error(fill):
    form = fill(name="Seven 7")
    for key, target in form.targets.items():
        form.targets[key] = replace(target, info=replace(target.info, max_name_length=5))

    assert list(form.errors) == ["name"]
    assert "allows at most 5 characters" in form.errors["name"][0]


def test_each_empty_form_has_a_unique_token(cast):
    targets = find_clone_targets(cast.ana)
    drawn = [CloneForm(targets=targets, today=TODAY)["form_token"].value() for _ in range(2)]

    assert drawn[0] != drawn[1]


def test_language_hint_names_providers_that_require_or_limit_it(cast):
    for provider in ("telnyx", "inworld"):
        account = factories.make_account(cast.aurora, provider=provider)
        factories.make_credential(cast.ana, account)

    form = CloneForm(targets=find_clone_targets(cast.ana), today=TODAY)

    assert form.language_hint == "Required by Telnyx. Inworld supports 15 languages."
