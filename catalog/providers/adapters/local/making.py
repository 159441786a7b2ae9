"""Make a clone: the blend of stock voices that sounds most like the samples."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.audio import FORMATS, HEAD_BYTES, sniff_format
from catalog.decoding import NotDecodable, decode_audio
from catalog.hearing.waves import NotAWave
from catalog.matching.search import Match, Progress, match_voice
from catalog.providers.adapters.local.stock import stock_gender, stock_name
from catalog.providers.errors import RequestRejected
from catalog.providers.types import SampleFile
from catalog.speech.engine import RATE, Engine
from catalog.speech.errors import SpeechProblem
from catalog.speech.styles import Style, blend_styles

LONGEST_SECONDS = 600.0
SAMPLE_FORMATS = frozenset(FORMATS)
# The rate at which all samples are put together; what listens to them takes any.
_RATE = 16_000
# What is spoken for the ear of the search is always English, which can be read everywhere.
_SEARCHED_IN = "en-US"


@dataclass(frozen=True, slots=True)
class Likeness:
    """A clone's style, its likely gender, and what was measured, in words for its page."""

    style: Style
    gender: str
    details: dict[str, str]
    warning: str


def make_likeness(
    samples: tuple[SampleFile, ...], engine: Engine, tell: Callable[[str], None]
) -> Likeness:
    """Search the style that sounds most like the samples; raises RequestRejected."""

    def speak(text: str, weights: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]:
        return engine.speak(text, blend_styles(weights), _SEARCHED_IN), RATE

    def tell_progress(progress: Progress) -> None:
        tell(
            f"Trying voices: {progress.done} of {progress.total};"
            f" likeness so far {progress.similarity:.2f}."
        )

    try:
        wave = np.concatenate([_read_sample(each) for each in samples])
        tell("Listening to the sample.")
        match = match_voice(wave, _RATE, speak, tell_progress)
    except (NotDecodable, NotAWave, SpeechProblem) as exc:
        raise RequestRejected(str(exc)) from None
    return Likeness(
        style=blend_styles(match.weights),
        gender=stock_gender(match.nearest),
        details=_describe(match),
        warning=match.warning,
    )


def _read_sample(sample: SampleFile) -> NDArray[np.float32]:
    found = sniff_format(sample.content[:HEAD_BYTES])
    if found is None:
        raise NotDecodable("This is not a sound file that we know.")
    wave, _ = decode_audio(sample.content, found, max_seconds=LONGEST_SECONDS, rate=_RATE)
    return wave


def _describe(match: Match) -> dict[str, str]:
    nearest = stock_name(match.nearest)
    described = {
        "Made by": "Voice match (experimental): the timbre of the sample, not its accent",
        "Likeness to the sample": f"{match.similarity:.2f} of 1",
        "Likeness of the nearest stock voice": f"{match.nearest_similarity:.2f} of 1, {nearest}",
        "Judged by": "VoiceFilter, an encoder that took no part in the search",
        "Voices tried": str(match.tries),
    }
    return {**described, "Mind": match.warning} if match.warning else described
