"""Voice match: turn a recording into a blend of stock voices with about 30 trial syntheses.

GE2E and CAM++ drive the search; VoiceFilter, which isn't used in it, judges the result.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from catalog.audio.embeddings.encoders import voicefilter
from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.matching.features import listen, score
from catalog.audio.matching.surrogate import Surrogate
from catalog.audio.matching.table import BlendTable, Weights, load_table

TRIES = 30
SPOKEN = "Please call me before noon on Thursday."
# The judge uses a different sentence than the search.
JUDGED = "The old clock in the hallway strikes twelve while the rain keeps falling outside."
_CPU_SECONDS = 78.0
_LEAST_TRIES = 8
_SHARPNESS = 0.03
# Too far from the stock voices, speech falls apart before similarity improves.
_FARTHEST, _FARTHER_COSTS = 1.25, 0.15
_CURIOSITY = (0.0, 0.04, 0.1)
_LOW, _LITTLE = 0.6, 0.03
_MIDDLE_OF = 5
# How the surrogate is searched for a promising place: in ever smaller steps from the best so far.
_PARENTS, _CHILDREN = 8, 120
_STEPS = np.geomspace(0.4, 0.02, 20)

Speak = Callable[[str, Weights], tuple[Wave, int]]
Tell = Callable[["MatchProgress"], None]


@dataclass(frozen=True, slots=True)
class MatchProgress:
    """The progress of a match; ``similarity`` is estimated by the search's own encoders."""

    done: int
    total: int
    similarity: float


@dataclass(frozen=True, slots=True)
class VoiceMatch:
    """The blend, and its and the closest stock voice's similarity according to the judge."""

    weights: Weights
    nearest: str
    nearest_similarity: float
    similarity: float
    tries: int

    @property
    def warning(self) -> str:
        """A warning for the user, "" if there is none."""
        if self.similarity < _LOW:
            return (
                "The match is weak: most people wouldn't take it for the same speaker."
                " A longer, cleaner sample may help. Some voices are out of reach for"
                " this engine."
            )
        if self.similarity < self.nearest_similarity + _LITTLE:
            return f"The match is hardly closer to the sample than the stock voice {self.nearest}."
        return ""


@dataclass(frozen=True, slots=True)
class QuickMatch:
    """A result without any synthesis: the closest stock voice, and a blend of similar ones."""

    nearest: str
    blend: Weights


def glance(wave: Wave, rate: int) -> QuickMatch:
    """Return the closest stock voice and a blend immediately; raises NotAWave."""
    return _glance(load_table(), listen(wave, rate))


def match_voice(wave: Wave, rate: int, speak: Speak, tell: Tell) -> VoiceMatch:
    """Find the blend that sounds most like the waveform; raises NotAWave.

    ``speak`` turns a text and weights of the stock voices into audio and its rate. It is called
    about 30 times, less on slow machines; ``tell`` is called after each. Exceptions from either end
    the search.
    """
    table = load_table()
    target = listen(wave, rate)
    search = _Search(table, target)
    first = _glance(table, target)
    deadline = time.process_time() + _CPU_SECONDS
    queue = [table.place_of(first.blend)]
    done = 0
    while done < TRIES and (done < _LEAST_TRIES or time.process_time() < deadline):
        place = queue.pop() if queue else search.propose(done)
        sound, its_rate = speak(SPOKEN, table.weights_of(place))
        search.learn(place, listen(sound, its_rate))
        done += 1
        tell(MatchProgress(done, TRIES, search.best_guess()))
    weights = table.weights_of(search.best_place())
    judge = voicefilter()
    heard = judge.embed(wave, rate)
    stock = np.eye(len(table.names), dtype=np.float32)[table.names.index(first.nearest)]
    return VoiceMatch(
        weights=weights,
        nearest=first.nearest,
        nearest_similarity=float(judge.embed(*speak(JUDGED, stock)) @ heard),
        similarity=float(judge.embed(*speak(JUDGED, weights)) @ heard),
        tries=done,
    )


def _glance(table: BlendTable, target: Wave) -> QuickMatch:
    likeness = score(table.heard[: len(table.names)], target)
    blend = np.exp((likeness - likeness.max()) / _SHARPNESS)
    return QuickMatch(
        nearest=table.names[int(likeness.argmax())],
        blend=np.asarray(blend / blend.sum(), np.float32),
    )


class _Search:
    """Proposes places to try, and learns from each."""

    def __init__(self, table: BlendTable, target: Wave) -> None:
        self._target = target
        self._tried_from = len(table.weights)
        self._places = table.place_of(table.weights)
        self._heard = table.heard
        stock = table.places
        self._spread = stock.std(axis=0)
        # A fixed seed, so that the same recording results in the same voice.
        self._random = np.random.default_rng(20)
        self._fit()

    def learn(self, place: Wave, heard: Wave) -> None:
        self._places = np.concatenate([self._places, place[None]])
        self._heard = np.concatenate([self._heard, heard[None]])
        self._fit()

    def propose(self, turn: int) -> Wave:
        """Return the most promising place, or now and then one about which little is known."""
        curiosity = _CURIOSITY[turn % len(_CURIOSITY)]
        pool = self._places[np.argsort(-self._worth(self._places, 0))[:_PARENTS]]
        for step in _STEPS:
            moves = self._random.standard_normal((_CHILDREN, len(self._spread)))
            origins = pool[self._random.integers(_PARENTS, size=_CHILDREN)]
            children = origins + np.float32(step) * self._spread * moves.astype(np.float32)
            pool = np.concatenate([pool[:_PARENTS], children])
            pool = pool[np.argsort(-self._worth(pool, curiosity))]
        return np.asarray(pool[0], np.float32)

    def best_place(self) -> Wave:
        """Return the mean of the tried places that the model rates best."""
        # Not the single best-scoring trial, which was lucky.
        tried = self._places[self._tried_from :]
        best = np.argsort(-self._worth(tried, 0))[:_MIDDLE_OF]
        return np.asarray(tried[best].mean(axis=0), np.float32)

    def best_guess(self) -> float:
        """Return the estimated similarity of the best place."""
        return float(self._surrogate.guess(self.best_place()[None])[0])

    def _worth(self, places: Wave, curiosity: float) -> Wave:
        beyond = np.maximum(0, np.linalg.norm(places, axis=1) - _FARTHEST)
        worth = self._surrogate.guess(places) - _FARTHER_COSTS * beyond
        if curiosity:
            worth = worth + curiosity * self._surrogate.doubt(places)
        return np.asarray(worth, np.float32)

    def _fit(self) -> None:
        self._surrogate = Surrogate(self._places, self._heard, self._target)
