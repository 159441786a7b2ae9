"""The wish for a clone: every bad input is told at its field."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.audio import FORMATS
from catalog.forms.clones import CloneForm
from catalog.queries.clones import find_clone_targets
from tests import factories
from tests.sounds import encode_sound


@pytest.fixture
def fill(cast, wav):
    """Return a bound form for Ana with everything right but for what is given."""

    def _fill(content: bytes = wav, filename: str = "ada.wav", **values: Any) -> CloneForm:
        good = {
            "credential": str(cast.credential.pk),
            "name": "Our Ada",
            "description": "Warm.",
            "speaker": "Ada Lovelace",
            "consent": "on",
            "form_token": str(uuid.uuid4()),
        }
        posted = {**good, **values}
        files = {"sample": SimpleUploadedFile(filename, content, "audio/wav")}
        return CloneForm(posted, files, targets=find_clone_targets(cast.ana))

    return _fill


def test_a_whole_wish_is_read(fill, cast):
    form = fill()

    assert form.is_valid()
    assert form.chosen_credential == cast.credential
    assert form.audio_format == FORMATS["wav"]
    assert form.cleaned_data["sample"].read(4) == b"RIFF"


@pytest.mark.parametrize("slug", FORMATS)
def test_the_format_is_told_from_the_content_and_not_from_the_name(fill, slug):
    form = fill(encode_sound(slug, 0.5), "text.txt")

    assert form.is_valid()
    assert form.audio_format == FORMATS[slug]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty."),
        (b"x", "This is not an audio file that we can read: WAV, MP3, FLAC, OGG, M4A, WebM."),
        (b"<html></html>", "This is not an audio file"),
        (b"#EXTM3U\nhttp://127.0.0.1/x", "This is not an audio file"),
        (b"PK\x03\x04" + bytes(60), "This is not an audio file"),
    ],
)
def test_a_file_that_is_no_sound_is_refused_whatever_it_is_called(fill, content, words):
    form = fill(content)

    assert not form.is_valid()
    assert list(form.errors) == ["sample"]
    assert form.errors["sample"][0].startswith(words)


def test_a_file_over_the_limit_is_refused_with_both_figures(fill, wav, settings):
    settings.SAMPLE_MAX_BYTES = 50_000

    form = fill(wav)

    assert form.errors == {"sample": ["This file is too large: 93.8\xa0KB, at most 48.8\xa0KB."]}


def test_without_a_file_the_rest_is_checked_all_the_same(cast):
    form = CloneForm({"name": ""}, {}, targets=find_clone_targets(cast.ana))

    assert not form.is_valid()
    assert set(form.errors) == {
        "sample", "credential", "name", "speaker", "consent", "form_token"
    }  # fmt: skip
    assert form.errors["sample"] == ["Choose a recording to clone from."]
    assert "Consent is needed" in form.errors["consent"][0]


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
def test_a_name_that_cannot_be_read_is_refused(fill, field, text):
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
def test_what_is_too_long_or_broken_is_told_at_its_field(fill, field, text):
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
def test_a_name_keeps_what_can_be_seen_and_loses_what_cannot(fill, text, kept):
    form = fill(name=text)

    assert form.is_valid()
    assert form.cleaned_data["name"] == kept


@pytest.mark.parametrize("field", ["name", "description"])
def test_what_looks_like_our_own_marker_is_refused(fill, field):
    form = fill(**{field: "Nice vb1:0123abcd:feed voice"})

    assert not form.is_valid()
    assert list(form.errors) == [field]


def test_half_a_surrogate_pair_does_not_reach_the_database(fill):
    form = fill(name="Ada \ud800", description="\udfff", speaker="Ada\ud83d")

    assert form.is_valid()
    for field in ("name", "description", "speaker"):
        form.cleaned_data[field].encode()


@pytest.mark.parametrize(
    "credential", ["", "abc", "00000000-0000-4000-8000-000000000000", "1' OR '1'='1"]
)
def test_a_key_that_does_not_exist_is_refused(fill, credential):
    assert list(fill(credential=credential).errors) == ["credential"]


def test_a_foreign_or_hidden_key_does_not_exist(fill, cast):
    hidden = factories.make_credential(cast.mia, cast.account, is_shared=False)

    for credential in (hidden, cast.other_credential):
        form = fill(credential=str(credential.pk))
        assert form.errors == {"credential": ["You have no such key."]}


def test_a_key_without_a_free_slot_is_refused_with_the_reason(fill, cast):
    type(cast.account).objects.update(slots_used=30, slots_limit=30)

    assert fill().errors == {"credential": ["No free slot: 30 of 30."]}


@pytest.mark.parametrize(
    ("limits", "values", "field", "words"),
    [
        ({"sample_formats": frozenset({"mp3"})}, {}, "sample", "does not take WAV files"),
        ({"max_sample_bytes": 100}, {}, "sample", "takes at most 100\xa0bytes"),
        ({"max_name_length": 5}, {"name": "Seven 7"}, "name", "takes 5 characters at most"),
    ],
)
def test_the_limits_of_the_chosen_provider_are_told_before_anything_is_sent(
    fill, limits, values, field, words
):
    form = fill(**values)
    for key, target in form.targets.items():
        form.targets[key] = replace(target, info=replace(target.info, **limits))

    assert not form.is_valid()
    assert list(form.errors) == [field]
    assert words in form.errors[field][0]


def test_every_empty_form_has_a_token_of_its_own(cast):
    targets = find_clone_targets(cast.ana)
    drawn = [CloneForm(targets=targets)["form_token"].value() for _ in range(2)]

    assert drawn[0] != drawn[1]


def test_the_language_says_who_needs_it_and_who_knows_only_some(cast):
    for provider in ("telnyx", "inworld"):
        account = factories.make_account(cast.aurora, provider=provider)
        factories.make_credential(cast.ana, account)

    form = CloneForm(targets=find_clone_targets(cast.ana))

    assert form.language_hint == "Needed by Telnyx. Inworld knows 15 languages."
