"""Uploads are identified by content, cuts are parsed, and rows are ordered."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict

from catalog.audio.formats import FORMATS
from catalog.forms.samples.upload import (
    MOST_SAMPLES,
    CutForm,
    SampleRow,
    SampleSelection,
    read_sample_ids,
    read_upload,
)
from catalog.models import Sample
from tests.sounds import MADE_FORMATS, encode_sound


def make_row(seconds: float | None = 10.0, problem: str = "", **typed: str) -> SampleRow:
    sample = Sample(pk=uuid.uuid4(), seconds=seconds, problem=problem)
    data = {f"{sample.pk}-{name}": value for name, value in typed.items()}
    return SampleRow(sample, CutForm(data, prefix=str(sample.pk), sample=sample), [])


@pytest.mark.parametrize("slug", MADE_FORMATS)
def test_format_comes_from_the_content_not_the_file_name(slug):
    upload = read_upload(SimpleUploadedFile("text.txt", encode_sound(slug, 0.5)))

    assert (upload.audio_format, upload.problem) == (FORMATS[slug], "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty."),
        (
            b"x",
            "This is not an audio file that we support. Export it as WAV or M4A and upload that.",
        ),
        (b"<html></html>", "This is not an audio file"),
        (b"#EXTM3U\nhttp://127.0.0.1/x", "This is not an audio file but a playlist"),
        (b"PK\x03\x04" + bytes(60), "This is not an audio file but an archive. Unpack it"),
        (b"SQLite format 3\x00" + bytes(60), "This is not an audio file but an editor's project"),
    ],
)
def test_file_that_is_not_audio_is_rejected_regardless_of_its_name(content, words):
    upload = read_upload(SimpleUploadedFile("../ada.wav", content, "audio/wav"))

    assert upload.audio_format is None
    assert upload.complaint.startswith(f"ada.wav: {words}")


def test_too_large_file_is_rejected_with_its_size_and_the_maximum(wav, settings):
    settings.SAMPLE_MAX_BYTES = 50_000

    upload = read_upload(SimpleUploadedFile("ada.wav", wav))

    assert upload.problem == "This file is too large (93.8\xa0KB). The maximum is 48.8\xa0KB."


@pytest.mark.parametrize(
    ("typed", "cut"),
    [
        ({}, (0.0, None)),
        ({"start": "", "end": ""}, (0.0, None)),
        ({"start": "2.5", "end": "7"}, (2.5, 7.0)),
        ({"start": "0", "end": "10"}, (0.0, None)),
        ({"start": "3", "end": "99"}, (3.0, None)),
    ],
)
def test_cut_is_parsed_and_the_end_of_the_sample_counts_as_no_cut(typed, cut):
    row = make_row(**typed)

    assert row.cut.is_valid()
    assert row.cut.as_cut()[1:] == cut


@pytest.mark.parametrize(
    "typed",
    [
        {"start": "7", "end": "3"},
        {"start": "3", "end": "3.1"},
        {"start": "9.9"},
        {"start": "-1"},
        {"end": "later"},
        {"end": "nan"},
        {"start": "inf"},
    ],
)
def test_cut_that_leaves_nothing_gives_an_error(typed):
    row = make_row(**typed)

    assert not row.cut.is_valid()
    assert row.complaint


def test_length_is_that_of_the_used_parts_or_unknown_if_one_is_unmeasured():
    selection = SampleSelection([make_row(10, start="2", end="5"), make_row(4)])
    unread = SampleSelection([make_row(10), make_row(None)])

    assert selection.is_valid()
    assert unread.is_valid()
    assert (selection.seconds, unread.seconds) == (7.0, None)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "Add a recording to clone from."),
        (
            [make_row() for _ in range(MOST_SAMPLES + 1)],
            "You can use at most 10 recordings for one voice.",
        ),
    ],
)
def test_no_samples_and_too_many_give_an_error(rows, words):
    selection = SampleSelection(rows)

    assert not selection.is_valid()
    assert selection.complaints == [words]


def test_unreadable_sample_gives_an_error_in_its_row():
    selection = SampleSelection([make_row(None, problem="This file is silent.")])

    assert not selection.is_valid()
    assert selection.rows[0].complaint == "This file is silent."


@pytest.mark.parametrize(
    ("act", "order"),
    [
        ("up:2", [0, 2, 1]),
        ("up:0", [0, 1, 2]),
        ("down:0", [1, 0, 2]),
        ("down:2", [0, 1, 2]),
        ("remove:1", [0, 2]),
        ("sideways:1", [0, 1, 2]),
        ("add", [0, 1, 2]),
    ],
)
def test_buttons_move_or_remove_one_row(act, order):
    rows = [make_row() for _ in range(3)]
    selection = SampleSelection(list(rows))
    verb, _, place = act.partition(":")

    selection.rearrange(f"{verb}:{rows[int(place)].sample.pk}" if place else act)

    assert [rows.index(row) for row in selection.rows] == order


def test_sample_ids_keep_their_order_and_invalid_ones_are_ignored():
    first, second = uuid.uuid4(), uuid.uuid4()

    posted = QueryDict(f"sample={second}&sample=1'%20OR&sample={first}")

    assert read_sample_ids(posted) == [second, first]
