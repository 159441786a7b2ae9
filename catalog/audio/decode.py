"""Decode audio to one channel of speech, with its length and waveform; for workers only."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from catalog.audio.channels import SURVEY_RATE, ChannelStatistics
from catalog.audio.containers import is_regular_wav, split_links
from catalog.audio.formats import SAVE_AS, AudioFormat, has_stowaway, locate_sound
from catalog.audio.loudness import measure_loudness
from catalog.core.lazy_modules import LazyModule

if TYPE_CHECKING:
    import av
else:
    av = LazyModule("av")

PEAK_COUNT = 64
_RATE = 16_000
# Mixing desks record 32 tracks; small files that claim more are made to exhaust memory.
_MOST_CHANNELS, _HIGHEST_RATE = 32, 192_000
# Higher rates carry nothing audible, neither for people nor models, and take 4 times the memory.
_HIGHEST_HEARD = 48_000
# 20 minutes of two channels at 192 kHz, before discarding anything.
_MOST_VALUES = 460_800_000
_PATIENCE_SECONDS = 120
_MOST_TRACKS = 8
# A decoder that lost sync returns values in the hundreds; lossy files of loud audio reach 10.
LOUDEST = 64.0
# Players and providers clip what exceeds full scale by more than 3 dB; lossy codecs stay below.
_MOST_OVER = 10 ** (3 / 20)
# A click this far above the rest of a file is a defect, not its level.
_MOST_CREST = 1000.0
_LEAST_OFFSET = 0.005
# Shorter than any speech sound; messages would show 0 s.
_LEAST_SECONDS = 0.02
SILENCE = 10 ** (-60 / 20)
_TOO_MUCH = "This file is too large when decoded."
_TOO_LONG = "This file is longer than {length}. Upload a part of 1 to 2 minutes."
_DAMAGED = f"This file is damaged or couldn't be decoded. {SAVE_AS}"
_NO_SOUND = f"This file contains no readable audio. {SAVE_AS}"
_NOT_SOUND = f"This file contains invalid audio data. {SAVE_AS}"


class NotDecodable(Exception):
    """The file is incomplete or not audio; the message can be shown to users."""


@dataclass(frozen=True, slots=True)
class DecodedAudio:
    """The decoded audio of a file: one channel, at most at full scale.

    ``is_plain`` is False if players or providers might hear something different in the file, for
    example because channels cancel each other or it is too loud.
    """

    wave: NDArray[np.float32] = field(repr=False)
    rate: int
    codec: str
    is_plain: bool

    @property
    def seconds(self) -> float:
        """The length of the audio."""
        return self.wave.size / self.rate


@dataclass(frozen=True, slots=True)
class DecodedMeasures:
    """The results of decoding: seconds, and waveform peaks from 0 to 100.

    ``loudness`` is in LUFS, None if the audio is too short or too quiet to measure.
    """

    seconds: float
    peaks: list[int]
    loudest: float
    loudness: float | None


def measure_audio(content: bytes, found: AudioFormat, *, max_seconds: float) -> DecodedMeasures:
    """Decode the content as exactly this format; raises NotDecodable, also for silence."""
    sound = decode_sound(content, found, max_seconds=max_seconds, rate=_RATE)
    peaks = find_peaks(sound, PEAK_COUNT)
    loudest = float(np.abs(sound.wave).max())
    return DecodedMeasures(sound.seconds, peaks, loudest, measure_loudness(sound.wave, sound.rate))


def find_peaks(sound: DecodedAudio, count: int) -> list[int]:
    """Return the peaks from 0 to 100; raises NotDecodable for almost no audio, or silence."""
    if sound.seconds < _LEAST_SECONDS:
        raise NotDecodable("This file contains almost no audio.")
    loudest = float(np.abs(sound.wave).max())
    if loudest < SILENCE:
        raise NotDecodable("This file is silent.")
    parts = np.array_split(np.abs(sound.wave), count)
    return [round(100 * float(part.max()) / loudest) if part.size else 0 for part in parts]


def decode_audio(
    content: bytes, found: AudioFormat, *, max_seconds: float, rate: int | None = None
) -> tuple[NDArray[np.float32], int]:
    """Return the waveform and rate of ``decode_sound``."""
    sound = decode_sound(content, found, max_seconds=max_seconds, rate=rate)
    return sound.wave, sound.rate


def decode_sound(
    content: bytes, found: AudioFormat, *, max_seconds: float, rate: int | None = None
) -> DecodedAudio:
    """Return the speech as one channel, at ``rate`` or else the file's rate, at most 48 kHz.

    The first track that can be decoded and isn't silent is used.

    The demuxer is fixed and the file has no name, so a playlist disguised as audio can't make
    FFmpeg open other files. Decoding stops at ``max_seconds`` regardless of the header. Raises
    NotDecodable.
    """
    try:
        sound = _AudioReader(content, found, max_seconds).read(rate)
    except MemoryError as exc:
        raise NotDecodable(_TOO_MUCH) from exc
    except (av.FFmpegError, ValueError, OverflowError) as exc:
        raise NotDecodable(_DAMAGED) from exc
    return sound


class _TrackProblem(NotDecodable):
    """This track can't be used, but another one may be."""


@dataclass(slots=True)
class _Take:
    """One pass over a track: what was decoded, and any irregularities."""

    codec: str = ""
    forms: int = 0
    good_packets: int = 0
    bad_packets: int = 0
    values: int = 0
    bad_values: int = 0

    @property
    def is_damaged(self) -> bool:
        """Return whether too much could not be decoded to use the rest."""
        return self.bad_packets > 1 + self.good_packets // 4


@dataclass(frozen=True, slots=True)
class _Block:
    """Samples with one column per channel, and the index of the stretch with these channels."""

    values: NDArray[np.float32]
    names: list[str]
    stretch: int


class _AudioReader:
    """Reads one file within resource limits."""

    def __init__(self, content: bytes, found: AudioFormat, max_seconds: float) -> None:
        located, self._found = locate_sound(io.BytesIO(content)), found
        is_known = located.audio_format == found
        self._content = content[located.start :] if is_known and located.start else content
        self._links = split_links(self._content) if found.slug == "ogg" else [self._content]
        is_clean = is_known and located.is_clean and self._is_regular()
        self._is_clean = is_clean and not has_stowaway(content)
        self._max_seconds = max_seconds
        self._end = time.monotonic() + _PATIENCE_SECONDS

    def _is_regular(self) -> bool:
        """Return whether all readers agree on where the file's audio ends."""
        if self._found.slug == "wav":
            return is_regular_wav(self._content)
        # Many players can't determine the length of a fragmented file.
        is_in_fragments = self._found.slug == "m4a" and b"moof" in self._content
        return len(self._links) == 1 and not is_in_fragments

    def read(self, rate: int | None) -> DecodedAudio:
        """Return the first track that isn't silent, else the first one."""
        tracks, is_alone = self._list_tracks()
        if not tracks:
            raise NotDecodable(_NO_SOUND)
        silent, trouble = None, _TrackProblem(_NO_SOUND)
        for track in tracks[:_MOST_TRACKS]:
            try:
                sound = self._read_track(track, rate, is_plain=is_alone and self._is_clean)
            except _TrackProblem as exc:
                trouble = exc
                continue
            except (av.FFmpegError, ValueError):
                trouble = _TrackProblem(_DAMAGED)
                continue
            if float(np.abs(sound.wave).max()) >= SILENCE:
                return sound
            silent = silent or sound
        if silent is None:
            raise trouble
        return silent

    def _list_tracks(self) -> tuple[list[int], bool]:
        """Return the audio tracks, and whether the file has no others, except cover art."""
        from av.stream import Disposition  # noqa: PLC0415  (as late as the rest of it)

        with self._open() as container:
            streams = container.streams
            films = [
                each for each in streams.video if not each.disposition & Disposition.attached_pic
            ]
            tracks = [each.index for each in streams.audio]
            return tracks, len(tracks) == 1 and not films

    def _open(self, link: int = 0) -> av.container.InputContainer:
        return av.open(
            io.BytesIO(self._links[link]),
            "r",
            format=self._found.demuxer,
            options={"protocol_whitelist": ""},
            metadata_errors="ignore",  # ignore titles in other encodings
        )

    def _read_track(self, track: int, rate: int | None, *, is_plain: bool) -> DecodedAudio:
        take, pieces = _Take(), list[NDArray[np.float32]]()
        mixes: dict[int, NDArray[np.float32]] = {}
        rate = rate or self._find_rate(track)
        for block in self._read_blocks(track, take, rate):
            if block.stretch not in mixes:
                # The channels with speech are only known after comparing the whole track.
                is_one = len(block.names) == 1
                mixes |= {block.stretch: np.ones(1, np.float32)} if is_one else self._compare(track)
            mix = mixes.get(block.stretch, np.full(len(block.names), 1 / len(block.names)))
            pieces.append((block.values @ mix).astype(np.float32, copy=False))
        if take.is_damaged:
            raise _TrackProblem(_DAMAGED)
        if not pieces:
            raise _TrackProblem(_NO_SOUND)
        if take.bad_values > take.values // 100:
            raise _TrackProblem(_NOT_SOUND)
        wave, is_level = _level(np.concatenate(pieces), take.codec)
        is_whole = take.forms == 1 and not take.bad_values and not take.bad_packets
        is_all = all(mix.size <= 2 and mix.all() for mix in mixes.values())
        return DecodedAudio(wave, rate, take.codec, is_plain and is_whole and is_all and is_level)

    def _find_rate(self, track: int) -> int:
        take = _Take()
        for frame in self._read_frames(track, take):
            return min(frame.sample_rate, _HIGHEST_HEARD)
        raise _TrackProblem(_DAMAGED if take.bad_packets else _NO_SOUND)

    def _compare(self, track: int) -> dict[int, NDArray[np.float32]]:
        """Return the channel weights for each stretch of the track."""
        surveys: dict[int, ChannelStatistics] = {}
        for block in self._read_blocks(track, _Take(), SURVEY_RATE):
            if block.stretch not in surveys:
                surveys[block.stretch] = ChannelStatistics(block.names)
            surveys[block.stretch].add(block.values)
        return {stretch: survey.choose_weights() for stretch, survey in surveys.items()}

    def _read_blocks(self, track: int, take: _Take, rate: int) -> Iterator[_Block]:
        """Decode the track at this rate, even if its own rate or channels change."""
        decoded, stretch = 0, -1
        names: list[str] = []
        for frame in self._read_resampled(track, take, rate):
            heard = [channel.name for channel in frame.layout.channels]
            if heard != names:
                names, stretch = heard, stretch + 1
            values = np.asarray(frame.to_ndarray(), np.float32).reshape(-1, len(names))
            good = np.isfinite(values)
            if not good.all():
                take.bad_values += values.size - int(good.sum())
                values = np.where(good, values, 0)
            take.values += values.size
            decoded += frame.samples
            if decoded > self._max_seconds * rate:
                minutes = math.floor(self._max_seconds / 60)
                length = "1 minute" if minutes == 1 else f"{minutes} minutes"
                raise NotDecodable(_TOO_LONG.format(length=length))
            yield _Block(values, names, stretch)

    def _read_resampled(self, track: int, take: _Take, rate: int) -> Iterator[av.AudioFrame]:
        resampler, form = av.AudioResampler(format="flt", rate=rate), None
        budget = _Budget(self._end)
        for frame in self._read_frames(track, take):
            budget.spend(frame)
            found = (frame.format.name, frame.layout.name, frame.sample_rate)
            if found != form:
                yield from _flush(resampler, form)
                # Packed, because PyAV misreads planar audio with 8 channels.
                resampler, form = av.AudioResampler(format="flt", rate=rate), found
                take.forms += 1
            # Each link of a chain restarts at time 0, which would go back in time.
            frame.pts = None
            yield from resampler.resample(frame)
        yield from _flush(resampler, form)

    def _read_frames(self, track: int, take: _Take) -> Iterator[av.AudioFrame]:
        for link in range(len(self._links)):
            with self._open(link) as container:
                yield from self._read_link(container, track, take)

    def _read_link(
        self, container: av.container.InputContainer, track: int, take: _Take
    ) -> Iterator[av.AudioFrame]:
        """Decode packet by packet; bad packets are counted and skipped."""
        # A damaged file may have fewer tracks when opened again.
        stream = container.streams[track] if track < len(container.streams) else None
        if not isinstance(stream, av.AudioStream) or stream.codec_context is None:
            raise _TrackProblem(_NO_SOUND)
        take.codec = _name_codec(stream.codec_context)
        decoder = _choose_decoder(stream.codec_context)
        packets = container.demux(stream)
        while True:
            try:
                frames = decoder.decode(next(packets))
            except (StopIteration, av.error.EOFError):
                return
            except MemoryError:
                raise
            except av.FFmpegError:
                take.bad_packets += 1
                continue
            take.good_packets += bool(frames)
            yield from frames


def _flush(resampler: av.AudioResampler, form: object) -> Iterator[av.AudioFrame]:
    """Return what the resampler still holds; it must not be flushed before its first frame."""
    return iter([each for each in resampler.resample(None) if each] if form else [])


# FFmpeg's own decoders drop the silent frames of phone codecs.
_DECODERS = {"amr_nb": "libopencore_amrnb", "amr_wb": "libopencore_amrwb"}
# Not all browsers play other profiles, such as xHE-AAC.
_AAC_PROFILES = {"LC", "HE-AAC", "HE-AACv2"}


def _name_codec(context: av.AudioCodecContext) -> str:
    name = context.codec.canonical_name
    is_rare = name == "aac" and context.profile not in _AAC_PROFILES
    return f"{name} {context.profile}" if is_rare else name


def _choose_decoder(context: av.AudioCodecContext) -> av.AudioCodecContext:
    name = _DECODERS.get(context.codec.canonical_name)
    if name is None:
        return context
    decoder = cast("av.AudioCodecContext", av.CodecContext.create(name, "r"))
    decoder.sample_rate, decoder.layout = context.sample_rate, context.layout
    return decoder


class _Budget:
    """Resource limits for one pass over a file, regardless of its header."""

    def __init__(self, end: float) -> None:
        self._values = 0
        self._end = end

    def spend(self, frame: av.AudioFrame) -> None:
        """Count one decoded frame; raises NotDecodable if the file exceeds the limits."""
        channels = len(frame.layout.channels)
        if channels > _MOST_CHANNELS:
            raise NotDecodable(f"This file has more than {_MOST_CHANNELS} channels. {SAVE_AS}")
        if frame.sample_rate > _HIGHEST_RATE:
            words = f"This file has a sample rate above {_HIGHEST_RATE // 1000} kHz."
            raise NotDecodable(f"{words} {SAVE_AS}")
        self._values += frame.samples * channels
        if self._values > _MOST_VALUES or time.monotonic() > self._end:
            raise NotDecodable(_TOO_MUCH)


def _level(wave: NDArray[np.float32], codec: str) -> tuple[NDArray[np.float32], bool]:
    """Remove offset and limit to full scale; return the wave, and whether it was already so."""
    offset = float(wave.mean(dtype=np.float64))
    loudest = float(np.abs(wave).max())
    has_offset = abs(offset) > _LEAST_OFFSET * max(1.0, loudest)
    if has_offset:
        wave = (wave - offset).astype(np.float32)
        loudest = float(np.abs(wave).max())
    if loudest > LOUDEST and not codec.startswith("pcm_f"):
        raise _TrackProblem(_NOT_SOUND)
    if loudest > _MOST_OVER:
        usual = float(np.percentile(np.abs(wave[:: max(1, wave.size // 1_000_000)]), 99))
        if loudest > _MOST_CREST * usual:
            raise _TrackProblem(_NOT_SOUND)
    if loudest > 1:
        wave = wave / np.float32(loudest)
    return wave, not has_offset and loudest <= _MOST_OVER
