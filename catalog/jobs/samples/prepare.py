"""Read an uploaded sample once, and convert a batch's samples for a provider."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce

import numpy as np
from django.db import transaction
from django.db.models import F

from catalog.audio.analysis.noise import remove_noise
from catalog.audio.decode import (
    SILENCE,
    DecodedAudio,
    NotDecodable,
    decode_audio,
    decode_sound,
    find_peaks,
)
from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.embeddings.model_files import WrongWeights
from catalog.audio.embeddings.waveform import NotAWave
from catalog.audio.formats import FORMATS
from catalog.audio.transcode import LONGEST_SECONDS, AudioPart, JoinedAudio, join_pieces, write_wav
from catalog.audio.tts.encoding import to_mp3
from catalog.core.disk_space import is_full
from catalog.core.media import read_media, remove_media, store_media
from catalog.core.media_store import MediaUnavailable
from catalog.models import CloneSource, Sample, SampleReport
from catalog.providers.types import ProviderInfo, SampleFile

PEAK_COUNT = 192
# Longer recordings would exceed a worker's time limit, and clones don't get better with more.
MOST_CLEANED_SECONDS = 600
# Half a syllable doesn't characterize a voice, and encoders may cut a bit off a full second.
_LEAST_SECONDS = 0.9
_MOST_TRIES = 6
_NEW_FOR = timedelta(days=1)
_COPY_BITS = 128_000
_READ_FIELDS = ["seconds", "problem", "try_count", "copy_path", "is_playable", "is_sendable"]


def measure_sample(sample: Sample) -> None:
    """Decode the sample once for its length, waveform, and copy; raises NotDecodable.

    Attempts are counted before they start, so a file that crashes the decoder is given up.
    """
    sample.refresh_from_db(fields=_READ_FIELDS)
    if sample.is_playable is None and not sample.problem:
        _read(sample)
        sample.refresh_from_db(fields=_READ_FIELDS)
    if sample.problem:
        raise NotDecodable(sample.problem)


def _read(sample: Sample) -> None:
    if sample.try_count >= _MOST_TRIES:
        _give_up(sample, "This file couldn't be read. Try another recording.")
        return
    Sample.objects.filter(pk=sample.pk).update(try_count=F("try_count") + 1)
    try:
        _take_in(sample)
    except (OSError, MediaUnavailable) as exc:
        if isinstance(exc, MediaUnavailable) or is_full(exc):  # not the file's fault
            Sample.objects.filter(pk=sample.pk).update(try_count=F("try_count") - 1)
        raise


def _take_in(sample: Sample) -> None:
    try:
        if sample.original is not None and not sample.path:
            _clean(sample, sample.original)
        found = FORMATS[sample.audio_format]
        sound = decode_sound(_load(sample), found, max_seconds=LONGEST_SECONDS)
        peaks = find_peaks(sound, PEAK_COUNT)
        if sound.seconds < _LEAST_SECONDS:
            words = f"This recording is too short: {sound.seconds:.1f} s."
            raise NotDecodable(f"{words} Use at least 1 second.")
    except NotDecodable as exc:
        _give_up(sample, str(exc)[:200])
    else:
        _keep(sample, sound, peaks)


def _give_up(sample: Sample, problem: str) -> None:
    """Store the problem, but keep a sample of an earlier version usable: it was cloned before."""
    if sample.seconds is None:
        Sample.objects.filter(pk=sample.pk).update(problem=problem)
    else:
        Sample.objects.filter(pk=sample.pk).update(is_playable=True, is_sendable=False)


def _keep(sample: Sample, sound: DecodedAudio, peaks: list[int]) -> None:
    """Store what was read, with an MP3 copy if not every browser can play the file."""
    found = FORMATS[sample.audio_format]
    is_playable = sound.is_plain and sound.codec in found.played
    copy_path = ""
    if not is_playable:
        copy = to_mp3(sound.wave, sound.rate, bits_per_second=_COPY_BITS)
        copy_path, _, _ = store_media("samples", [copy], "mp3")
    # If two workers read it, keep the first one's copy.
    is_first = Sample.objects.filter(pk=sample.pk, is_playable=None).update(
        seconds=round(sound.seconds, 2),
        peaks=peaks,
        copy_path=copy_path,
        is_playable=is_playable,
        is_sendable=sound.is_plain and sound.codec in found.sent,
    )
    if not is_first and copy_path:
        remove_media(copy_path)


def _clean(sample: Sample, original: Sample) -> None:
    """Create the cleaned file of a sample from its original; raises NotDecodable."""
    found = FORMATS[original.audio_format]
    try:
        sound, rate = decode_audio(_load(original), found, max_seconds=MOST_CLEANED_SECONDS)
        clean = remove_noise(sound, rate).wave
    except (NotAWave, WrongWeights, OSError) as exc:
        raise NotDecodable("Background noise couldn't be removed from this recording.") from exc
    if float(np.abs(clean).max()) < SILENCE:
        raise NotDecodable("No speech found in this recording after removing the noise.")
    path, size, sha256 = store_media("samples", [write_wav(clean, rate)], "wav")
    with transaction.atomic():
        # If two workers did it, keep the first one's file.
        first = Sample.objects.filter(pk=sample.pk, path="")
        if not first.update(path=path, size=size, sha256=sha256):
            remove_media(path)
        SampleReport.objects.get_or_create(sample=sample, defaults={"asked_at": sample.uploaded_at})
    sample.refresh_from_db(fields=["path", "size", "sha256"])


def run_measurement(sample_id: str) -> None:
    """Read one sample; problems are stored in its row."""
    sample = Sample.objects.filter(pk=sample_id).first()
    if sample is None:
        return
    try:
        measure_sample(sample)
    except NotDecodable:
        return


def find_unread(now: datetime) -> list[str]:
    """Return samples whose first wake-up was lost, and those read by an earlier version."""
    rows = Sample.objects.filter(seconds=None, problem="", uploaded_at__lt=now - _NOT_LATE)
    fresh = rows.filter(uploaded_at__gt=now - _NEW_FOR, try_count__lt=_MOST_TRIES)
    older = Sample.objects.filter(seconds__isnull=False, is_playable=None)
    found = [*fresh.values_list("pk", flat=True)[:50], *older.values_list("pk", flat=True)[:50]]
    return [str(pk) for pk in found]


_NOT_LATE = timedelta(seconds=30)


def convert_samples(
    sources: Sequence[CloneSource], info: ProviderInfo
) -> tuple[tuple[SampleFile, ...], str]:
    """Return the files for the provider, and a sentence on how the samples were converted.

    Samples are sent as uploaded if the provider accepts them, else as one WAV. Raises NotDecodable.
    """
    if len(sources) <= info.max_samples and all(_fits(source, info) for source in sources):
        words = "The recording" if len(sources) == 1 else f"{len(sources)} recordings"
        cleaning = _describe_cleaning(sources)
        how = ", not converted." if cleaning else " as uploaded."
        return tuple(map(_as_file, sources)), f"{words}{how}{cleaning}"
    joined = join_pieces(
        [_as_piece(source) for source in sources],
        max_seconds=info.max_sample_seconds,
        max_bytes=info.max_sample_bytes,
    )
    file = SampleFile("sample.wav", FORMATS["wav"].content_type, joined.content)
    return (file,), _describe(joined, sources, info) + _describe_cleaning(sources)


def read_sources(sources: Sequence[CloneSource], max_seconds: float) -> tuple[Wave, int]:
    """Return the start of the samples as one waveform, and its rate in Hz; raises NotDecodable."""
    joined = join_pieces([_as_piece(source) for source in sources], max_seconds=max_seconds)
    return decode_audio(joined.content, FORMATS["wav"], max_seconds=LONGEST_SECONDS)


def _as_piece(source: CloneSource) -> AudioPart:
    found = FORMATS[source.sample.audio_format]
    return AudioPart(_load(source.sample), found, source.start_seconds, source.end_seconds)


def _describe_cleaning(sources: Sequence[CloneSource]) -> str:
    cleaned = sum(source.sample.original_id is not None for source in sources)
    if not cleaned:
        return ""
    which = "" if cleaned == len(sources) else f" from {cleaned} of them"
    return f" Voiceboard removed background noise{which}."


def find_length_problem(sources: Sequence[CloneSource], info: ProviderInfo) -> str:
    """Return a message if the samples are too short for the provider, else ""."""
    seconds = reduce(lambda total, source: total + (source.seconds or 0), sources, 0.0)
    if seconds >= info.min_sample_seconds:
        return ""
    return (
        f"The sample is too short: {seconds:.1f} s, and {info.label} needs"
        f" {info.min_sample_seconds:g} s."
    )


def _fits(source: CloneSource, info: ProviderInfo) -> bool:
    sample = source.sample
    return (
        not source.is_cut
        and bool(sample.is_sendable)
        and (not info.sample_formats or sample.audio_format in info.sample_formats)
        and (not info.max_sample_bytes or sample.size <= info.max_sample_bytes)
        and (not info.max_sample_seconds or (sample.seconds or 0) <= info.max_sample_seconds)
    )


def _as_file(source: CloneSource) -> SampleFile:
    sample = source.sample
    return SampleFile(
        filename=f"sample.{sample.audio_format}",
        content_type=FORMATS[sample.audio_format].content_type,
        content=_load(sample),
    )


def _load(sample: Sample) -> bytes:
    try:
        return read_media(sample.path)
    except OSError as exc:
        raise NotDecodable("The sample is no longer on this server.") from exc


def _describe(joined: JoinedAudio, sources: Sequence[CloneSource], info: ProviderInfo) -> str:
    words = [f"Converted for {info.label}: WAV, one channel, {joined.rate / 1000:g} kHz"]
    if len(sources) > 1:
        words.append(f"{len(sources)} recordings joined")
    if joined.seconds < joined.given_seconds - 0.05:
        words.append(f"the first {joined.seconds:.1f} s of {joined.given_seconds:.1f} s")
    else:
        words.append(f"{joined.given_seconds:.1f} s")
    return ", ".join(words) + "."
