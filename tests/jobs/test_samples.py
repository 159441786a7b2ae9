"""A sample is read once and given up when it kills its reader; providers get what they take."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from catalog.audio import FORMATS
from catalog.conversion import write_wav
from catalog.decoding import NotDecodable, decode_audio
from catalog.jobs import samples
from catalog.jobs.reports import find_waiting_reports
from catalog.jobs.samples import (
    PEAK_COUNT,
    convert_samples,
    find_length_problem,
    find_unread,
    measure_sample,
    run_measurement,
)
from catalog.models import Sample, SampleReport
from catalog.providers.registry import get_adapter
from catalog.storage import media_path
from tests import factories
from tests.conftest import make_wav

NOW = factories.NOW


@pytest.fixture
def sample(cast) -> Sample:
    return factories.make_sample(cast.ana, cast.aurora, make_wav(3), seconds=None)


def test_a_sample_is_read_for_its_length_and_waveform(sample):
    run_measurement(str(sample.pk))

    sample.refresh_from_db()
    assert (sample.seconds, len(sample.peaks), sample.is_measured) == (3.0, PEAK_COUNT, True)


def test_what_is_no_sound_says_so_in_its_row_and_is_not_read_again(cast, monkeypatch):
    broken = factories.make_sample(cast.ana, cast.aurora, b"RIFF", seconds=None)

    run_measurement(str(broken.pk))
    monkeypatch.setattr(samples, "measure_audio", lambda *_, **__: 1 / 0)

    broken.refresh_from_db()
    assert "could not be decoded" in broken.problem
    with pytest.raises(NotDecodable):
        measure_sample(broken)


def test_less_than_a_second_is_no_recording_to_clone_from(cast):
    short = factories.make_sample(cast.ana, cast.aurora, make_wav(0.4), seconds=None)

    run_measurement(str(short.pk))

    short.refresh_from_db()
    assert "too short: 0.4 s" in short.problem
    assert short.seconds is None


def test_a_file_on_which_every_reader_dies_is_given_up(sample, monkeypatch):
    def die(*_: object, **__: object) -> None:
        raise SystemExit

    monkeypatch.setattr(samples, "measure_audio", die)
    deaths = 0
    while not sample.problem:
        try:
            run_measurement(str(sample.pk))
        except SystemExit:
            deaths += 1
        sample.refresh_from_db()

    assert 1 < deaths < 10
    assert "could not be read" in sample.problem


def test_a_sample_whose_file_is_missing_says_so(sample):
    media_path(sample.path).unlink()

    with pytest.raises(NotDecodable, match="no longer on this server"):
        measure_sample(sample)


def test_samples_whose_wake_up_got_lost_are_found(cast, sample):
    Sample.objects.update(uploaded_at=NOW - timedelta(minutes=2))
    factories.make_sample(cast.ana, cast.aurora, b"read")
    factories.make_sample(cast.ana, cast.aurora, b"late", seconds=None)

    assert find_unread(NOW) == [str(sample.pk)]


def noisy(seconds: float) -> bytes:
    """Return a tone that comes and goes, over a hiss that stays."""
    rate, chance = 16_000, np.random.default_rng(1)
    moments = np.arange(int(seconds * rate)) / rate
    voice = np.sin(2 * np.pi * 180 * moments) * (np.sin(2 * np.pi * moments) > 0)
    return write_wav((0.4 * voice + chance.normal(0, 0.03, moments.size)).astype(np.float32), rate)


def test_the_noise_is_removed_into_a_file_of_its_own_and_the_original_stays(cast):
    content = noisy(4)
    original = factories.make_sample(cast.ana, cast.aurora, content, seconds=4.0)
    cleaned = factories.make_cleaned(original)

    run_measurement(str(cleaned.pk))

    cleaned.refresh_from_db()
    assert (cleaned.seconds, cleaned.problem) == (4.0, "")
    assert media_path(original.path).read_bytes() == content
    before, rate = decode_audio(content, FORMATS["wav"], max_seconds=9)
    after, _ = decode_audio(media_path(cleaned.path).read_bytes(), FORMATS["wav"], max_seconds=9)
    pause = slice(int(1.6 * rate), int(1.9 * rate))
    assert np.std(after[pause]) < np.std(before[pause]) / 3
    assert find_waiting_reports() == [str(SampleReport.objects.get(sample=cleaned).pk)]


def test_a_recording_that_is_nothing_but_noise_says_so(cast):
    hiss = np.random.default_rng(1).normal(0, 0.05, 32_000).astype(np.float32)
    original = factories.make_sample(cast.ana, cast.aurora, write_wav(hiss, 16_000))
    cleaned = factories.make_cleaned(original)

    run_measurement(str(cleaned.pk))

    cleaned.refresh_from_db()
    assert "nothing is left" in cleaned.problem


def test_noise_that_cannot_be_removed_is_told_and_not_tried_again(cast):
    broken = factories.make_cleaned(factories.make_sample(cast.ana, cast.aurora, b"RIFF"))

    run_measurement(str(broken.pk))

    broken.refresh_from_db()
    assert "could not be decoded" in broken.problem
    assert broken.path == ""


def test_it_is_told_which_recordings_went_without_their_noise(cast):
    sources = sources_of(cast, 3)
    factories.make_sample(cast.ana, cast.aurora, b"noisy")
    Sample.objects.filter(pk=sources[0].sample.pk).update(original=Sample.objects.get(sources=None))
    sources[0].sample.refresh_from_db()

    _, words = convert_samples(sources, get_adapter("inworld").info)

    assert words == "The recording as uploaded. Noise was removed here before."


def sources_of(cast, *seconds: float, **cut: float):
    made = [
        factories.make_sample(cast.ana, cast.aurora, make_wav(length, hertz=150 + place))
        for place, length in enumerate(seconds)
    ]
    for sample, length in zip(made, seconds, strict=True):
        Sample.objects.filter(pk=sample.pk).update(seconds=length)
    order = factories.make_order(cast.ana, cast.aurora, *made)
    order.sources.update(**cut)
    return list(order.sources.select_related("sample").order_by("position"))


def test_what_a_provider_takes_goes_to_it_as_it_was_uploaded(cast):
    sources = sources_of(cast, 3)

    (file,), words = convert_samples(sources, get_adapter("inworld").info)

    assert file.content == media_path(sources[0].sample.path).read_bytes()
    assert words == "The recording as uploaded."


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"sample_formats": frozenset({"mp3"})}, "Converted for Inworld: WAV"),
        ({"max_sample_seconds": 2}, "the first 2.0 s of 3.0 s"),
        ({"max_sample_bytes": 60_000}, "the first"),
    ],
)
def test_what_a_provider_does_not_take_is_converted_and_it_is_said_how(cast, limits, words):
    info = replace(get_adapter("inworld").info, **limits)

    (file,), told = convert_samples(sources_of(cast, 3), info)

    assert words in told
    assert file.content.startswith(b"RIFF")
    assert len(file.content) <= (info.max_sample_bytes or 10**9)


def test_several_samples_go_as_they_are_where_so_many_are_taken_else_in_a_row(cast):
    sources = sources_of(cast, 2, 1)
    info = get_adapter("inworld").info

    several, _ = convert_samples(sources, replace(info, max_samples=2))
    one, words = convert_samples(sources, info)

    assert (len(several), len(one)) == (2, 1)
    assert "2 recordings in a row" in words


def test_a_cut_is_what_is_sent_and_what_counts(cast):
    sources = sources_of(cast, 8, start_seconds=1, end_seconds=4)
    info = get_adapter("stepfun").info

    (file,), words = convert_samples(sources, info)

    assert "3.0 s" in words
    assert len(file.content) < len(media_path(sources[0].sample.path).read_bytes()) / 2
    assert find_length_problem(sources, info) == (
        "The sample is too short: 3.0 s, and StepFun needs 5 s."
    )
