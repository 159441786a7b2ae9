"""One voice of the sandbox: its API data and its sound."""

import hashlib
import string
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from catalog.sandbox.characters import Character
from catalog.sandbox.clips import ClipStore
from catalog.sandbox.people import Person, make_person
from catalog.sandbox.waveforms import Waveform, to_mp3, to_wav

READING_RATE = 24_000


@dataclass(frozen=True, slots=True)
class SandboxVoice:
    """A voice; ``payload`` is its API data, ``facts`` are internal.

    ``seed`` identifies its person; for an uploaded voice it is empty, and ``pitch``
    was measured in the upload.
    """

    voice_id: str
    payload: dict[str, Any] = field(repr=False)
    seed: str = ""
    pitch: float | None = None
    facts: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Restore a stored voice."""
        return cls(**document)

    def as_document(self) -> dict[str, Any]:
        """Return the voice for storage."""
        return asdict(self)

    @property
    def character(self) -> Character:
        """The sound of its speaker."""
        if self.seed:
            return make_person(self.seed).character
        return Character.like(self.voice_id, self.pitch)

    @property
    def sentence(self) -> str:
        """The text of its preview."""
        return make_person(self.seed or self.voice_id).sentence

    def speak(self, studio: ClipStore, text: str, speed: float = 1.0) -> Waveform:
        """Synthesize a text; raises SpeechUnavailable."""
        return studio.speak(text, self.character.faster(speed))

    def preview(self, studio: ClipStore, slug: str) -> bytes:
        """Return its preview as MP3, generated once."""
        text = self.sentence

        def record() -> bytes:
            return to_mp3(self.speak(studio, text))

        return studio.clip(f"preview {slug} {self.voice_id} {self.seed} {text}", record)


def record_reading(studio: ClipStore, person: Person, seconds: float) -> bytes:
    """Return a person's recording for a clone as WAV, generated once."""

    def record() -> bytes:
        sound = studio.speak(person.reading, person.character)
        return to_wav(sound, rate=READING_RATE, seconds=seconds)

    return studio.clip(f"reading {person.seed} {seconds}", record)


def code_from(seed: str, length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """Return letters and digits for an id, derived from the seed."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest())
    base = len(alphabet)
    return "".join(alphabet[number // base**place % base] for place in range(length))
