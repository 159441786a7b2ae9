"""Choose the channels of a recording that carry speech, so that mixing never cancels it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# The sample rate for comparing channels, sufficient for speech.
SURVEY_RATE = 16_000
_FRAME = 320  # 20 ms
_EMPHASIS = 0.9  # a high-pass filter against rumble and hum
# Powers relative to the channel that carries the most speech.
_CENTER_LEAST = 0.1
_SAME_LEAST = 0.1
_OTHER_LEAST = 0.01
# Correlation limits: channels that may be averaged, and channels with different speakers.
_IN_PHASE, _OUT_OF_PHASE, _SAME_TIMES = 0.5, -0.3, 0.3


class ChannelStatistics:
    """Statistics of the channels of one stretch of audio, accumulated block by block."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = list(names)
        count = len(self._names)
        self._products = np.zeros((count, count))
        self._levels: list[NDArray[np.float64]] = []
        self._rest = np.zeros((0, count))

    def add(self, values: NDArray[np.float32]) -> None:
        """Add a block at ``SURVEY_RATE``, one row per sample and one column per channel."""
        joined = np.concatenate([self._rest, values])
        usable = (len(joined) - 1) // _FRAME * _FRAME
        if usable <= 0:
            self._rest = joined
            return
        sharp = joined[1 : usable + 1] - _EMPHASIS * joined[:usable]
        self._rest = joined[usable:]
        self._products += sharp.T @ sharp
        self._levels.append((sharp.reshape(-1, _FRAME, sharp.shape[1]) ** 2).mean(axis=1))

    def choose_weights(self) -> NDArray[np.float32]:
        """Return the weight of each channel in the mix.

        The channel with the most speech is taken, averaged with those that hold the same in
        phase. A channel in which someone else speaks is added. Silence, noise, hum, inverted
        copies, and delayed copies are left out.
        """
        count = len(self._names)
        weights = np.zeros(count, dtype=np.float32)
        powers = np.diag(self._products)
        if not self._levels or not powers.any():
            return weights + np.float32(1 / count)
        levels = np.concatenate(self._levels)
        speech = _measure_speech(levels)
        center = self._names.index("FC") if "FC" in self._names else None
        if center is not None and speech[center] >= _CENTER_LEAST * speech.max():
            weights[center] = 1
            return weights
        for group in self._find_groups(levels, speech):
            weights[group] = 1 / len(group)
        return weights

    def _find_groups(
        self, levels: NDArray[np.float64], speech: NDArray[np.float64]
    ) -> list[list[int]]:
        """Return the channels of each speaker, the clearest channel first."""
        groups: list[list[int]] = []
        order = [int(each) for each in np.argsort(-speech, kind="stable")]
        for channel in order:
            part = speech[channel] / speech[order[0]]
            if part < _OTHER_LEAST:
                break
            for group in groups:
                alike = self._correlate(channel, group[0])
                if alike >= _IN_PHASE and speech[channel] >= _SAME_LEAST * speech[group[0]]:
                    group.append(channel)
                    break
                same_times = _correlate_levels(levels, channel, group[0]) >= _SAME_TIMES
                if same_times or not _OUT_OF_PHASE < alike < _IN_PHASE:
                    break
            else:
                groups.append([channel])
        return groups

    def _correlate(self, one: int, other: int) -> float:
        scale = np.sqrt(self._products[one, one] * self._products[other, other])
        return float(self._products[one, other] / scale) if scale else 0.0


def _measure_speech(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the power of each channel above its own steady noise.

    Speech comes and goes within syllables; noise, hum, and timecode stay as they are. What has
    only steady sound is judged by its power.
    """
    steady = 2 * np.percentile(levels, 10, axis=0)
    speech = np.maximum(levels - steady, 0).mean(axis=0)
    return np.asarray(speech if speech.max() > 0 else levels.mean(axis=0))


def _correlate_levels(levels: NDArray[np.float64], one: int, other: int) -> float:
    pair = np.sqrt(levels[:, [one, other]])
    pair -= pair.mean(axis=0)
    scale = np.sqrt((pair**2).sum(axis=0).prod())
    return float((pair[:, 0] * pair[:, 1]).sum() / scale) if scale else 0.0
