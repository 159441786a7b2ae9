"""One ElevenLabs voice: its data and its API representation."""

import hashlib
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from catalog.sandbox.characters import Character
from catalog.sandbox.clips import ClipStore
from catalog.sandbox.people import make_person
from catalog.sandbox.waveforms import Waveform, to_wav

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
READING_RATE = 24_000
READING_SECONDS = 12


def identifier(seed: str) -> str:
    """Return an ElevenLabs id, 20 letters and digits derived from the seed."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest())
    return "".join(_DIGITS[number // 62**place % 62] for place in range(20))


@dataclass(frozen=True, slots=True)
class ElevenLabsVoice:
    """A voice; ``payload`` is its API data, except for what depends on the client.

    ``seed`` identifies its person; for an uploaded voice it is empty, and ``pitch``
    was measured in the upload. ``maker`` is the member of the workspace who made it, and ``roles``
    are those that other members were given on it.
    """

    payload: dict[str, Any] = field(repr=False)
    seed: str = ""
    pitch: float | None = None
    has_preview: bool = True
    maker: int = 1
    roles: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Restore a stored voice."""
        return cls(**document)

    def as_document(self) -> dict[str, Any]:
        """Return the voice for storage."""
        return asdict(self)

    @property
    def voice_id(self) -> str:
        """The provider's id."""
        return str(self.payload["voice_id"])

    @property
    def category(self) -> str:
        """The provider's category."""
        return str(self.payload["category"])

    @property
    def is_default(self) -> bool:
        """Whether every account has it by default."""
        return self.category == "premade"

    @property
    def is_owned(self) -> bool:
        """Whether it was made in this account."""
        return bool(self.payload["is_owner"])

    def as_seen_by(self, member: int) -> Self | None:
        """Return the voice as seen by a workspace member, None if it isn't shared."""
        if not self.is_owned or self.maker == member:
            return self
        role = self.roles.get(str(member))
        if role is None:
            return None
        return replace(
            self, payload={**self.payload, "is_owner": False, "permission_on_resource": role}
        )

    def gives(self, *roles: str) -> bool:
        """Return whether the viewer created it or has one of the roles."""
        return self.is_owned or self.payload["permission_on_resource"] in roles

    @property
    def labels(self) -> dict[str, str]:
        """The free-form labels."""
        return dict(self.payload["labels"])

    @property
    def character(self) -> Character:
        """The sound of its speaker."""
        if self.seed:
            return make_person(self.seed).character
        return Character.like(self.voice_id, self.pitch)

    def shown(self, base_url: str, settings: dict[str, Any] | None) -> dict[str, Any]:
        """Return its API representation for this base URL."""
        url = f"{base_url}/_files/{self.voice_id}.mp3" if self.has_preview else None
        languages = [
            {**language, "preview_url": url} for language in self.payload["verified_languages"]
        ]
        return {
            **self.payload,
            "preview_url": url,
            "verified_languages": languages,
            "settings": settings or self.payload["settings"],
        }

    def speak(self, studio: ClipStore, text: str, speed: float = 1.0) -> Waveform:
        """Synthesize a text; raises SpeechUnavailable."""
        return studio.speak(text, self.character.faster(speed))

    def reading(self, studio: ClipStore) -> bytes:
        """Return the recording that a predefined voice was cloned from."""
        person = make_person(self.seed)

        def record() -> bytes:
            sound = studio.speak(person.reading, person.character)
            return to_wav(sound, rate=READING_RATE, seconds=READING_SECONDS)

        return studio.clip(f"reading {self.seed}", record)


def reading_sample(seed: str, name: str) -> dict[str, Any]:
    """Return the metadata of such a recording, with a fixed length and size.

    The hash is opaque to clients, so the recording doesn't have to exist yet.
    """
    return sample_entry(
        sample_id=identifier(f"sample {seed}"),
        file_name=f"{name}.wav",
        mime_type="audio/wav",
        size_bytes=44 + READING_RATE * READING_SECONDS * 2,
        digest=hashlib.sha256(seed.encode()).hexdigest()[:32],
        seconds=float(READING_SECONDS),
    )


def sample_entry(
    *, sample_id: str, file_name: str, mime_type: str, size_bytes: int, digest: str, seconds: float
) -> dict[str, Any]:
    """Return a sample's API representation."""
    return {
        "sample_id": sample_id,
        "file_name": file_name,
        "mime_type": mime_type,
        "size_bytes": size_bytes,
        "hash": digest,
        "duration_secs": round(seconds, 3),
        "remove_background_noise": False,
        "has_isolated_audio": False,
        "has_isolated_audio_preview": False,
        "speaker_separation": None,
        "trim_start": None,
        "trim_end": None,
    }


BASE_MODELS = [
    "eleven_multilingual_v2",
    "eleven_turbo_v2_5",
    "eleven_flash_v2_5",
    "eleven_v2_flash",
    "eleven_v2_5_flash",
    "eleven_turbo_v2",
    "eleven_flash_v2",
]


def blank_payload(voice_id: str, name: str, category: str) -> dict[str, Any]:
    """Return all fields of a voice, empty except for these three."""
    return {
        "voice_id": voice_id,
        "name": name,
        "samples": None,
        "category": category,
        "fine_tuning": {
            "is_allowed_to_fine_tune": False,
            "state": {},
            "verification_failures": [],
            "verification_attempts_count": 0,
            "manual_verification_requested": False,
            "language": None,
            "progress": {},
            "message": {},
            "dataset_duration_seconds": None,
            "verification_attempts": None,
            "slice_ids": None,
            "manual_verification": None,
            "max_verification_attempts": 0,
            "next_max_verification_attempts_reset_unix_ms": 0,
        },
        "labels": {},
        "description": None,
        "available_for_tiers": [],
        "settings": None,
        "sharing": None,
        "high_quality_base_model_ids": BASE_MODELS,
        "verified_languages": [],
        "collection_ids": [],
        "safety_control": None,
        "voice_verification": {
            "requires_verification": False,
            "is_verified": False,
            "verification_failures": [],
            "verification_attempts_count": 0,
            "language": None,
            "verification_attempts": None,
        },
        "permission_on_resource": None,
        "is_owner": False,
        "is_legacy": False,
        "is_mixed": False,
        "favorited_at_unix": None,
        "created_at_unix": None,
    }
