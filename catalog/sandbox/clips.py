"""Recordings that the sandbox makes itself: spoken when first asked for, then kept as files."""

import hashlib
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from catalog.core.private_files import make_private_folder
from catalog.sandbox.characters import Character
from catalog.sandbox.tts_neural import LONGEST_TEXT, NeuralSpeaker
from catalog.sandbox.tts_simple import SimpleSpeaker
from catalog.sandbox.waveforms import Waveform


class ClipStore:
    """One narrator and a folder of clips; with ``engine``, its folder, an actor speaks instead."""

    def __init__(self, directory: Path, engine: Path | None = None) -> None:
        self._directory = directory
        self._narrator = SimpleSpeaker()
        self._actor = NeuralSpeaker(engine) if engine is not None else None
        self._making = threading.Lock()

    def speak(self, text: str, character: Character) -> Waveform:
        """Speak a text without keeping it; raises NoEngine."""
        if self._actor is not None and len(text) <= LONGEST_TEXT:
            return self._actor.speak(text, character)
        return self._narrator.speak(text, character)

    def clip(self, recipe: str, make: Callable[[], bytes]) -> bytes:
        """Return the clip made from a recipe; made once, and by one thread at a time."""
        # What the actor speaks is another clip than what the narrator spoke.
        spoken_by = "actor 1 " if self._actor is not None else ""
        name = hashlib.sha256(f"{spoken_by}{recipe}".encode()).hexdigest()[:32]
        path = self._directory / name
        if path.exists():
            return path.read_bytes()
        with self._making:
            if not path.exists():
                self._keep(path, make())
            return path.read_bytes()

    def _keep(self, path: Path, content: bytes) -> None:
        make_private_folder(self._directory)
        with tempfile.NamedTemporaryFile(dir=self._directory, delete=False) as unfinished:
            unfinished.write(content)
        # Renamed when complete, so that a crash never leaves half a clip under its name.
        Path(unfinished.name).replace(path)
