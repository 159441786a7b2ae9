"""Samples are measured once, and converted to what each provider accepts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from catalog.audio.decode import NotDecodable, decode_audio
from catalog.audio.formats import FORMATS, sniff_format
from catalog.audio.transcode import write_wav
from catalog.jobs.samples import prepare as samples
from catalog.jobs.samples.analysis import find_waiting_reports, forget_unused_samples
from catalog.jobs.samples.prepare import (
    PEAK_COUNT,
    convert_samples,
    find_length_problem,
    find_unread,
    measure_sample,
    run_measurement,
)
from catalog.models import CloneSource, Sample, SampleReport
from catalog.providers.registry import get_adapter
from catalog.providers.types import SampleFile
from tests import factories
from tests.conftest import make_wav
from tests.media import media_path
from tests.sounds import MADE_FORMATS, encode_sound, encode_values, speak

NOW = factories.NOW


@pytest.fixture
def sample(cast) -> Sample:
    return factories.make_sample(cast.ana, cast.aurora, make_wav(3), seconds=None)


def test_sample_is_measured_for_its_length_and_waveform(sample):
    run_measurement(str(sample.pk))

    sample.refresh_from_db()
    assert (sample.seconds, len(sample.peaks), sample.is_measured) == (3.0, PEAK_COUNT, True)


def test_undecodable_sample_says_so_and_is_not_decoded_again(cast, monkeypatch):
    broken = factories.make_sample(cast.ana, cast.aurora, b"RIFF", seconds=None)

    run_measurement(str(broken.pk))
    monkeypatch.setattr(samples, "decode_sound", lambda *_, **__: 1 / 0)

    broken.refresh_from_db()
    assert "couldn't be decoded" in broken.problem
    with pytest.raises(NotDecodable):
        measure_sample(broken)


def test_sample_shorter_than_a_second_is_too_short(cast):
    short = factories.make_sample(cast.ana, cast.aurora, make_wav(0.4), seconds=None)

    run_measurement(str(short.pk))

    short.refresh_from_db()
    assert "too short: 0.4 s" in short.problem
    assert short.seconds is None


def test_sample_that_kills_every_worker_is_given_up(sample, monkeypatch):
    def die(*_: object, **__: object) -> None:
        raise SystemExit

    monkeypatch.setattr(samples, "decode_sound", die)
    deaths = 0
    while not sample.problem:
        try:
            run_measurement(str(sample.pk))
        except SystemExit:
            deaths += 1
        sample.refresh_from_db()

    assert 1 < deaths < 10
    assert "couldn't be read" in sample.problem


def test_sample_without_its_file_says_so(sample):
    media_path(sample.path).unlink()

    with pytest.raises(NotDecodable, match="no longer on this server"):
        measure_sample(sample)


def test_unmeasured_samples_are_found_after_a_lost_message(cast, sample):
    Sample.objects.update(uploaded_at=NOW - timedelta(minutes=2))
    factories.make_sample(cast.ana, cast.aurora, b"read")
    factories.make_sample(cast.ana, cast.aurora, b"late", seconds=None)

    assert find_unread(NOW) == [str(sample.pk)]


def make_noisy(seconds: float) -> bytes:
    """Return an intermittent tone over constant hiss."""
    rate, chance = 16_000, np.random.default_rng(1)
    moments = np.arange(int(seconds * rate)) / rate
    voice = np.sin(2 * np.pi * 180 * moments) * (np.sin(2 * np.pi * moments) > 0)
    return write_wav((0.4 * voice + chance.normal(0, 0.03, moments.size)).astype(np.float32), rate)


def test_noise_is_removed_into_a_separate_file_and_the_original_stays(cast):
    content = make_noisy(4)
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


def test_recording_with_only_noise_says_so(cast):
    hiss = np.random.default_rng(1).normal(0, 0.05, 32_000).astype(np.float32)
    original = factories.make_sample(cast.ana, cast.aurora, write_wav(hiss, 16_000))
    cleaned = factories.make_cleaned(original)

    run_measurement(str(cleaned.pk))

    cleaned.refresh_from_db()
    assert "No speech found" in cleaned.problem


def test_failed_noise_removal_says_so(cast):
    broken = factories.make_cleaned(factories.make_sample(cast.ana, cast.aurora, b"RIFF"))

    run_measurement(str(broken.pk))

    broken.refresh_from_db()
    assert "couldn't be decoded" in broken.problem
    assert broken.path == ""


def test_sent_form_says_that_noise_was_removed(cast):
    sources = make_sources(cast, 3)
    factories.make_sample(cast.ana, cast.aurora, b"noisy")
    Sample.objects.filter(pk=sources[0].sample.pk).update(original=Sample.objects.get(sources=None))
    sources[0].sample.refresh_from_db()

    _, words = convert_samples(sources, get_adapter("inworld").info)

    assert words == "The recording, not converted. Voiceboard removed background noise."


def make_sources(cast, *seconds: float, **cut: float):
    made = [
        factories.make_sample(cast.ana, cast.aurora, make_wav(length, hertz=150 + place))
        for place, length in enumerate(seconds)
    ]
    for sample, length in zip(made, seconds, strict=True):
        Sample.objects.filter(pk=sample.pk).update(seconds=length)
    batch = factories.make_batch(cast.ana, cast.aurora, *made)
    batch.sources.update(**cut)
    return list(batch.sources.select_related("sample").order_by("position"))


def test_accepted_sample_is_sent_as_uploaded(cast):
    sources = make_sources(cast, 3)

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
def test_sample_that_is_not_accepted_is_converted_and_the_change_described(cast, limits, words):
    info = replace(get_adapter("inworld").info, **limits)

    (file,), message = convert_samples(make_sources(cast, 3), info)

    assert words in message
    assert file.content.startswith(b"RIFF")
    assert len(file.content) <= (info.max_sample_bytes or 10**9)


def test_samples_are_joined_if_the_provider_accepts_fewer(cast):
    sources = make_sources(cast, 2, 1)
    info = get_adapter("inworld").info

    several, _ = convert_samples(sources, replace(info, max_samples=2))
    one, words = convert_samples(sources, info)

    assert (len(several), len(one)) == (2, 1)
    assert "2 recordings joined" in words


def test_only_the_selected_part_is_sent_and_counted(cast):
    sources = make_sources(cast, 8, start_seconds=1, end_seconds=4)
    info = get_adapter("stepfun").info

    (file,), words = convert_samples(sources, info)

    assert "3.0 s" in words
    assert len(file.content) < len(media_path(sources[0].sample.path).read_bytes()) / 2
    assert find_length_problem(sources, info) == (
        "The sample is too short: 3.0 s, and StepFun needs 5 s."
    )


PLAYED = {"wav", "mp3", "flac", "m4a"}
SENT = PLAYED | {"ogg", "webm"}


def upload(cast, content: bytes, slug: str) -> Sample:
    sample = factories.make_sample(cast.ana, cast.aurora, content, audio_format=slug, seconds=None)
    run_measurement(str(sample.pk))
    sample.refresh_from_db()
    return sample


def convert(sample: Sample, provider: str = "elevenlabs") -> SampleFile:
    source = CloneSource(sample=sample, start_seconds=0)
    (file,), _ = convert_samples([source], get_adapter(provider).info)
    return file


@pytest.mark.parametrize("slug", MADE_FORMATS)
def test_format_that_not_every_browser_plays_gets_a_playable_copy(cast, slug):
    sample = upload(cast, encode_sound(slug, 2.0, speak), slug)

    assert sample.problem == ""
    assert sample.is_playable is (slug in PLAYED)
    assert sample.can_play
    assert bool(sample.copy_path) is (slug not in PLAYED)
    if sample.copy_path:
        copy = media_path(sample.copy_path).read_bytes()
        assert sniff_format(copy) == FORMATS["mp3"]
        sound, rate = decode_audio(copy, FORMATS["mp3"], max_seconds=9)
        assert sound.size / rate == pytest.approx(sample.seconds, abs=0.1)
        assert np.abs(sound).max() > 0.3


@pytest.mark.parametrize("slug", MADE_FORMATS)
def test_only_documented_formats_are_sent_unchanged(cast, slug):
    content = encode_sound(slug, 2.0, speak)

    file = convert(upload(cast, content, slug))

    assert (file.content == content) is (slug in SENT)
    assert file.content_type == FORMATS[slug if slug in SENT else "wav"].content_type


def make_alac() -> bytes:
    return encode_values(speak(np.arange(32_000) / 16_000), "ipod", "alac", 16_000)


def make_out_of_phase() -> bytes:
    voice = speak(np.arange(64_000) / 16_000)
    stereo = np.column_stack([voice, -voice])
    return encode_values(stereo, "wav", "pcm_s16le", 16_000, layout="stereo")


def make_loud() -> bytes:
    return encode_sound("m4a", 2.0, lambda moments: 12 * speak(moments))


ODD = {
    "ALAC": ("m4a", make_alac),
    "out of phase": ("wav", make_out_of_phase),
    "loud": ("m4a", make_loud),
}


@pytest.mark.parametrize(("slug", "make"), ODD.values(), ids=ODD)
@pytest.mark.parametrize(
    "provider", ["elevenlabs", "inworld", "noiz", "stepfun", "telnyx", "local"]
)
def test_every_provider_gets_the_same_sound_as_the_player(cast, slug, make, provider):
    sample = upload(cast, make(), slug)

    file = convert(sample, provider)

    assert file.content_type == "audio/wav"
    copy = media_path(sample.copy_path).read_bytes()
    heard, _ = decode_audio(copy, FORMATS["mp3"], max_seconds=9, rate=16_000)
    sent, _ = decode_audio(file.content, FORMATS["wav"], max_seconds=9, rate=16_000)
    assert np.abs(heard).max() > 0.3
    assert np.std(heard) == pytest.approx(np.std(sent), rel=0.05)


def test_sample_from_an_earlier_version_gets_its_copy_from_the_sweep(cast):
    values = {"audio_format": "m4a", "seconds": 2.0, "is_playable": None, "is_sendable": None}
    sample = factories.make_sample(cast.ana, cast.aurora, make_alac(), **values)

    found = find_unread(NOW)
    run_measurement(found[0])

    sample.refresh_from_db()
    assert found == [str(sample.pk)]
    assert media_path(sample.copy_path).is_file()
    assert find_unread(NOW) == []


def test_sample_from_an_earlier_version_without_a_file_is_unchanged(cast):
    sample = factories.make_sample(cast.ana, cast.aurora, is_playable=None)
    media_path(sample.path).unlink()

    run_measurement(str(sample.pk))

    sample.refresh_from_db()
    assert (sample.problem, sample.seconds) == ("", 12.5)
    assert find_unread(NOW) == []


def test_concurrent_workers_leave_one_copy(cast, monkeypatch):
    sample = factories.make_sample(
        cast.ana, cast.aurora, make_alac(), audio_format="m4a", seconds=None
    )
    encode, made = samples.to_mp3, []

    def run_meanwhile(*given: Any, **named: Any) -> bytes:
        if not made:
            made.append(True)
            run_measurement(str(sample.pk))
        return encode(*given, **named)

    monkeypatch.setattr(samples, "to_mp3", run_meanwhile)
    run_measurement(str(sample.pk))

    sample.refresh_from_db()
    folder = media_path("samples")
    kept = {path for path in folder.rglob("*") if path.is_file()}
    assert kept == {media_path(path) for path in sample.paths}


def test_deleting_a_sample_deletes_its_copy(cast):
    sample = upload(cast, make_alac(), "m4a")
    SampleReport.objects.create(sample=sample, asked_at=NOW)
    paths = [media_path(path) for path in sample.paths]

    forget_unused_samples(sample.uploaded_at + timedelta(days=2))

    assert len(paths) == 2
    assert not any(path.exists() for path in paths)
