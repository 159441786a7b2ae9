"""Make a clone: find the blend of stock voices that sounds most like the samples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.audio.decode import NotDecodable, decode_audio
from catalog.audio.embeddings.waveform import NotAWave
from catalog.audio.formats import sniff_format
from catalog.audio.matching.search import SPOKEN, MatchProgress, VoiceMatch, glance, match_voice
from catalog.audio.tts.encoding import to_mp3
from catalog.audio.tts.engine import RATE, TTSEngine
from catalog.audio.tts.errors import TTSError
from catalog.audio.tts.styles import Style, blend_styles
from catalog.providers.adapters.local.stock import stock_gender, stock_name
from catalog.providers.errors import RequestRejected
from catalog.providers.types import AudioClip, CloneParams, SampleFile

LONGEST_SECONDS = 600.0
# These are used as uploaded; anything else arrives as WAV.
SAMPLE_FORMATS = frozenset({"wav", "mp3", "flac", "ogg", "m4a", "webm"})
# The sample rate in Hz for joining samples; the encoders accept any.
_RATE = 16_000
# Candidates always speak English, because every machine can.
_SEARCHED_IN = "en-US"


@dataclass(frozen=True, slots=True)
class MadeClone:
    """A clone's style, likely gender, measurements for its page, and a note for its job."""

    style: Style
    gender: str
    details: dict[str, str]
    note: str


def make_likeness(params: CloneParams, engine: TTSEngine) -> MadeClone:
    """Find the style that sounds most like the samples; raises RequestRejected."""

    def speak(text: str, weights: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]:
        return engine.speak(text, blend_styles(weights), _SEARCHED_IN), RATE

    def tell_progress(progress: MatchProgress) -> None:
        params.tell(
            f"Trying voices: {progress.done:,} of {progress.total:,}."
            f" Similarity so far: {progress.similarity:.2f}. Closest stock voice: {nearest}.",
            progress.done / progress.total,
        )

    try:
        wave = np.concatenate([_read_sample(each) for each in params.samples])
        params.tell("Analyzing the sample.", 0)
        first = glance(wave, _RATE)
        nearest = stock_name(first.nearest)
        params.tell(f"Closest stock voice: {nearest}. Generating a first guess.", 0)
        # Gives people something to hear after seconds, as the search takes minutes.
        params.play(AudioClip(to_mp3(*speak(SPOKEN, first.blend)), "audio/mpeg", charged=0))
        match = match_voice(wave, _RATE, speak, tell_progress)
    except (NotDecodable, NotAWave, TTSError) as exc:
        raise RequestRejected(str(exc)) from None
    return MadeClone(
        style=blend_styles(match.weights),
        gender=stock_gender(match.nearest),
        details=_describe(match),
        note=f"{match.warning} {_compare(match)}".strip(),
    )


def _read_sample(sample: SampleFile) -> NDArray[np.float32]:
    found = sniff_format(sample.content)
    if found is None:
        raise NotDecodable("This audio format isn't supported.")
    wave, _ = decode_audio(sample.content, found, max_seconds=LONGEST_SECONDS, rate=_RATE)
    return wave


def _compare(match: VoiceMatch) -> str:
    return (
        f"Similarity to the sample: {match.similarity:.2f} of 1, measured by an encoder not used in"
        f" the search. The closest stock voice, {stock_name(match.nearest)}, scores"
        f" {match.nearest_similarity:.2f}."
    )


def _describe(match: VoiceMatch) -> dict[str, str]:
    nearest = stock_name(match.nearest)
    described = {
        "Made by": "Voice match (experimental): the timbre of the sample, not its accent",
        "Similarity to the sample": f"{match.similarity:.2f} of 1",
        "Similarity of the closest stock voice": f"{match.nearest_similarity:.2f} of 1, {nearest}",
        "Judged by": "VoiceFilter, an encoder not used in the search",
        "Voices tried": str(match.tries),
    }
    return {**described, "Note": match.warning} if match.warning else described
