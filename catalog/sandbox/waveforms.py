"""Waveforms: decode uploads, measure them, encode MP3 and WAV."""

import io
import itertools
import wave
from dataclasses import dataclass
from functools import lru_cache

import av
import av.container
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

MEASURED_RATE = 16_000
MEASURED_SECONDS = 600
LOWEST_PITCH, HIGHEST_PITCH = 65, 400
# The autocorrelation at one period from which a frame counts as voiced.
VOICED = 0.6


class NotAudio(Exception):
    """These bytes are not a playable recording."""


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """Mono samples between -1 and 1, at a rate in Hz."""

    samples: Samples
    rate: int

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return len(self.samples) / self.rate


def container_of(content: bytes) -> str | None:
    """Return FFmpeg's name for the container, judged by the first bytes, or None."""
    # An explicit container also keeps FFmpeg from treating a playlist as one and opening
    # the files that it names.
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return "wav"
    if content[4:8] == b"ftyp":
        return "mov"
    for start, name in _STARTS.items():
        if content.startswith(start):
            return name
    if len(content) > 1 and content[0] == 0xFF and content[1] & 0xE0 == 0xE0:
        # The two layer bits are zero in ADTS, and never in MPEG audio.
        return "mp3" if content[1] & 0x06 else "aac"
    return None


_STARTS = {
    b"ID3": "mp3",
    b"fLaC": "flac",
    b"OggS": "ogg",
    b"FORM": "aiff",
    b"\x1aE\xdf\xa3": "matroska",
}


# One recording is often uploaded to several providers, or several times.
@lru_cache(maxsize=2)
def decode_recording(content: bytes) -> Waveform:
    """Decode the first 10 minutes of a recording; raises NotAudio."""
    container = container_of(content)
    if container is None:
        raise NotAudio
    try:
        with av.open(io.BytesIO(content), "r", format=container) as source:
            samples = _read(source)
    except (av.FFmpegError, IndexError, ValueError) as exc:
        raise NotAudio from exc
    if not len(samples) or not np.isfinite(samples).all():
        raise NotAudio
    return Waveform(samples, MEASURED_RATE)


def _read(source: av.container.InputContainer) -> Samples:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=MEASURED_RATE)
    pieces: list[Samples] = [np.zeros(0, np.float32)]
    heard = 0
    for frame in itertools.chain(source.decode(audio=0), [None]):
        for part in resampler.resample(frame):
            pieces.append(part.to_ndarray().reshape(-1).astype(np.float32))
            heard += len(pieces[-1])
        # Limited while decoding, because a small file can contain days of silence.
        if heard >= MEASURED_SECONDS * MEASURED_RATE:
            break
    return np.concatenate(pieces)


@lru_cache(maxsize=2)
def median_pitch(sound: Waveform) -> float | None:
    """Return the median fundamental frequency in Hz, or None if nothing is voiced."""
    size, step = sound.rate // 16, sound.rate // 50
    samples = sound.samples[: 30 * sound.rate]
    if len(samples) < size:
        return None
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::step]
    loud = np.sqrt(np.mean(frames**2, axis=1))
    frames = frames[loud > max(0.005, 0.3 * float(np.percentile(loud, 90)))]
    if not len(frames):
        return None
    alike = _autocorrelation(frames - frames.mean(axis=1, keepdims=True))
    shortest, longest = sound.rate // HIGHEST_PITCH, sound.rate // LOWEST_PITCH
    lags = alike[:, shortest:longest]
    before, after = alike[:, shortest - 1 : longest - 1], alike[:, shortest + 1 : longest + 1]
    # Multiples of the period correlate as well, so use the first good peak.
    good = 0.9 * lags.max(axis=1, keepdims=True)
    best = ((lags >= good) & (lags >= before) & (lags >= after)).argmax(axis=1)
    voiced = lags[np.arange(len(lags)), best] > VOICED
    if voiced.sum() < 5:
        return None
    return float(np.median(sound.rate / (best[voiced] + shortest)))


def _autocorrelation(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    window = np.hanning(frames.shape[1])
    length = 2 * frames.shape[1]
    raw = np.fft.irfft(np.abs(np.fft.rfft(frames * window, length)) ** 2)
    # Dividing by the window's autocorrelation removes the bias against long periods.
    bias = np.fft.irfft(np.abs(np.fft.rfft(window, length)) ** 2)
    half = frames.shape[1] // 2
    alike = raw[:, :half] / np.maximum(raw[:, :1], 1e-9)
    unbiased: NDArray[np.float64] = alike / (bias[:half] / bias[0])
    return unbiased


@dataclass(frozen=True, slots=True)
class Encoding:
    """Encoder settings for FFmpeg; ``kbps`` is 0 if the codec determines the bit rate."""

    container: str
    codec: str
    sample_format: str
    rate: int
    kbps: int = 0


def encode(sound: Waveform, how: Encoding) -> bytes:
    """Encode a waveform, with a constant bit rate if given."""
    out = io.BytesIO()
    with av.open(out, "w", format=how.container) as target:
        # LAME's fastest level takes two thirds of the time of its default.
        stream = target.add_stream(how.codec, rate=how.rate, options={"compression_level": "9"})
        assert isinstance(stream, av.AudioStream)  # noqa: S101  (for the types)
        stream.layout = "mono"
        if how.kbps:
            stream.bit_rate = how.kbps * 1000
        for frame in _resampled(sound, how.sample_format, how.rate):
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return out.getvalue()


def to_mp3(sound: Waveform, *, rate: int = 44_100, kbps: int = 128) -> bytes:
    """Encode as MP3 with a constant bit rate."""
    return encode(sound, Encoding("mp3", "libmp3lame", "s16p", rate, kbps))


def to_wav(sound: Waveform, *, rate: int, seconds: float) -> bytes:
    """Encode as 16-bit WAV of exactly this length, truncated or padded with silence."""
    frames = [frame.to_ndarray().reshape(-1) for frame in _resampled(sound, "s16", rate)]
    wanted = round(seconds * rate)
    samples = np.concatenate(frames)[:wanted]
    samples = np.pad(samples, (0, wanted - len(samples)))
    out = io.BytesIO()
    with wave.open(out, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(rate)
        target.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


def _resampled(sound: Waveform, sample_format: str, rate: int) -> list[av.AudioFrame]:
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(sound.samples, np.float32)[None, :], format="fltp", layout="mono"
    )
    frame.sample_rate = sound.rate
    resampler = av.AudioResampler(format=sample_format, layout="mono", rate=rate)
    return [*resampler.resample(frame), *resampler.resample(None)]
