"""The built-in provider, switched on, with an engine that costs nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog.audio.matching.search import MatchProgress, VoiceMatch
from catalog.audio.tts.engine import RATE, Samples
from catalog.audio.tts.errors import TTSError
from catalog.audio.tts.styles import Style, style_names
from catalog.models import Credential, Team
from catalog.providers.adapters import local
from catalog.providers.adapters.local import making
from catalog.services.accounts.built_in import provide_built_in
from tests import factories


class BuzzingEngine:
    """Buzzes as long as the text, at a pitch of the style's; remembers what it was asked for."""

    def __init__(self) -> None:
        self.spoken: list[tuple[str, str, float]] = []
        self.problem = ""

    def speak(self, text: str, style: Style, language: str, speed: float = 1.0) -> Samples:
        if self.problem:
            raise TTSError(self.problem)
        self.spoken.append((text, language, speed))
        time = np.arange(int(0.02 * RATE * len(text) / speed)) / RATE
        pitch = 100 + 100 * abs(float(style[0, 0]))
        return (0.3 * np.sin(2 * np.pi * pitch * time)).astype(np.float32)


class QuickSearch:
    """Finds Emma at once, after a single try; counts how often it was asked."""

    def __init__(self) -> None:
        self.count = 0
        self.likeness = 0.8

    def __call__(self, wave: Any, rate: int, speak: Any, tell: Any) -> VoiceMatch:
        self.count += 1
        weights = np.eye(len(style_names()), dtype=np.float32)[style_names().index("bf_emma")]
        speak("Hello.", weights)
        tell(MatchProgress(1, 2, 0.7))
        return VoiceMatch(weights, "bf_emma", 0.5, self.likeness, tries=1)


def search_quickly(monkeypatch: pytest.MonkeyPatch) -> QuickSearch:
    """Put a search that costs nothing in the place of the real one."""
    search = QuickSearch()
    monkeypatch.setattr(making, "match_voice", search)
    return search


def switch_on(settings: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> BuzzingEngine:
    """Offer the built-in provider, and let it speak through the engine that is returned."""
    settings.LOCAL = True
    settings.PROVIDER_BASE_URLS = {**settings.PROVIDER_BASE_URLS, "local": str(folder)}
    engine = BuzzingEngine()
    monkeypatch.setattr(local, "load_engine", lambda folder: engine)
    monkeypatch.setattr(local, "prepare_weights", lambda folder: folder)
    return engine


def give_local(team: Team) -> Credential:
    """Return the team's built-in key."""
    provide_built_in(team=team, now=factories.NOW)
    return Credential.objects.get(team=team, owner=None)
