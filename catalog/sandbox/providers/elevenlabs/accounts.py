"""An ElevenLabs account: its own voices, its changes to others, its credit and slots."""

import calendar
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from catalog.sandbox.keys import AccountKind, AccountName
from catalog.sandbox.people import make_person
from catalog.sandbox.providers.elevenlabs.library import messy_labels
from catalog.sandbox.providers.elevenlabs.voices import (
    ElevenLabsVoice,
    blank_payload,
    identifier,
    reading_sample,
)
from catalog.sandbox.services import Services

WRITE_PERMISSION = "voices_write"
EVERY_PERMISSION = frozenset(
    {
        "voices_read",
        WRITE_PERMISSION,
        "text_to_speech",
        "user_read",
        "models_read",
        "speech_history_read",
    }
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The initial state of one kind of account."""

    tier: str
    voice_limit: int
    character_limit: int
    character_count: int
    clones: int
    permissions: frozenset[str] = EVERY_PERMISSION


PLANS = {
    AccountKind.FULL: Plan("creator", 30, 131_000, 12_345, clones=4),
    AccountKind.READONLY: Plan(
        "starter", 10, 30_000, 2_100, 2, permissions=EVERY_PERMISSION - {WRITE_PERMISSION}
    ),
    AccountKind.BROKE: Plan("free", 3, 10_000, 10_000, clones=3),
    AccountKind.EMPTY: Plan("creator", 30, 131_000, 0, clones=0),
}
EDITS_A_MONTH = 240
ADJUSTABLE = {"voice_limit", "character_limit", "character_count", "max_voice_add_edits"}


class ElevenLabsAccount:
    """One account and its stored state; the library is the same for all."""

    def __init__(
        self, backstage: Services, name: AccountName, library: Mapping[str, ElevenLabsVoice]
    ):
        self.name = name
        self.plan = PLANS[name.kind]
        self.shelf = f"elevenlabs/{name}"
        self.store = backstage.store
        self._clock = backstage.clock
        self._library = library
        with self.store.transaction():
            if self.store.get(self.shelf, "usage", "now") is None:
                self._open()

    @property
    def user_id(self) -> str:
        """The id of the key's member."""
        return identifier(f"user {self.name} {self.name.member}")

    @property
    def workspace_id(self) -> str:
        """The id of the workspace, shared by its members."""
        return identifier(f"workspace {self.name}")

    def own_voices(self) -> list[ElevenLabsVoice]:
        """Return the voices made by any member of this account, oldest first."""
        stored = self.store.find(self.shelf, "voice").values()
        return [ElevenLabsVoice.from_document(document) for document in stored]

    def voices(self) -> list[ElevenLabsVoice]:
        """Return all voices of the member: own, shared, and library voices."""
        removed = self.store.find(self.shelf, "removed")
        library = [voice for key, voice in self._library.items() if key not in removed]
        made = [voice.as_seen_by(self.name.member) for voice in self.own_voices()]
        return [*filter(None, made), *library]

    def voice(self, voice_id: str) -> ElevenLabsVoice | None:
        """Return one of the voices, or None."""
        document = self.store.get(self.shelf, "voice", voice_id)
        if document is not None:
            return ElevenLabsVoice.from_document(document).as_seen_by(self.name.member)
        if self.store.get(self.shelf, "removed", voice_id) is not None:
            return None
        return self._library.get(voice_id)

    def keep(self, voice: ElevenLabsVoice) -> None:
        """Add or replace one of the account's own voices."""
        payload = {**voice.payload, "is_owner": True, "permission_on_resource": "admin"}
        kept = replace(voice, payload=payload)
        self.store.put(self.shelf, "voice", voice.voice_id, kept.as_document())

    def drop(self, voice: ElevenLabsVoice) -> None:
        """Delete an own voice, or remove one that came from the library."""
        with self.store.transaction():
            if self.store.get(self.shelf, "voice", voice.voice_id) is None:
                self.store.put(self.shelf, "removed", voice.voice_id, {})
                return
            for sample in voice.payload["samples"] or ():
                self.store.remove_recording(self.shelf, sample["sample_id"])
            self.store.remove(self.shelf, "voice", voice.voice_id)
            self.store.remove(self.shelf, "settings", voice.voice_id)
            self.count(deletes=1)

    def settings(self, voice_id: str) -> dict[str, Any] | None:
        """Return the account's settings for a voice, or None."""
        return self.store.get(self.shelf, "settings", voice_id)

    def choose_settings(self, voice_id: str, settings: dict[str, Any]) -> None:
        """Store settings for a voice."""
        self.store.put(self.shelf, "settings", voice_id, settings)

    def usage(self) -> dict[str, Any]:
        """Return the counters and limits of this month."""
        usage = self.store.get(self.shelf, "usage", "now") or {}
        if usage["month"] != self._month():
            usage |= self._new_month()
        return usage

    def count(self, **more: int) -> None:
        """Add to counters: character_count, edits, creates, deletes."""
        with self.store.transaction():
            usage = self.usage()
            for name, number in more.items():
                usage[name] += number
            self.store.put(self.shelf, "usage", "now", usage)

    def adjust(self, values: Mapping[str, Any]) -> None:
        """Change limits or counters; raises KeyError or ValueError."""
        if unknown := set(values) - ADJUSTABLE:
            raise KeyError(*unknown)
        with self.store.transaction():
            changed = {name: int(value) for name, value in values.items()}
            self.store.put(self.shelf, "usage", "now", self.usage() | changed)

    def slots_used(self) -> int:
        """Return the number of voices that use a slot."""
        return sum(voice.category in ("cloned", "generated") for voice in self.own_voices())

    def professional_slots_used(self) -> int:
        """Return the number of professional clones made here."""
        return sum(voice.category == "professional" for voice in self.own_voices())

    def next_reset(self) -> int:
        """Return the end of the account's month in Unix seconds."""
        now = time.gmtime(self._clock())
        year, month = (now.tm_year + 1, 1) if now.tm_mon == 12 else (now.tm_year, now.tm_mon + 1)
        return calendar.timegm((year, month, 1, 0, 0, 0))

    def now(self) -> int:
        """Return the time in Unix seconds."""
        return int(self._clock())

    def _month(self) -> str:
        return time.strftime("%Y-%m", time.gmtime(self._clock()))

    def _new_month(self) -> dict[str, Any]:
        return {"month": self._month(), "character_count": self.plan.character_count, "edits": 0}

    def _open(self) -> None:
        usage = {
            "voice_limit": self.plan.voice_limit,
            "character_limit": self.plan.character_limit,
            "max_voice_add_edits": EDITS_A_MONTH,
            "creates": 0,
            "deletes": 0,
            **self._new_month(),
        }
        self.store.put(self.shelf, "usage", "now", usage)
        categories = ["cloned"] * self.plan.clones
        if self.name.kind is AccountKind.FULL:
            categories += ["generated", "professional"]
        for number, category in enumerate(categories):
            self.keep(_first_voice(self.name, number, category))


_CLONE_NAMES = ("{}", "{} (podcast voice)", "{} test 2", "My voice - {}", "{}, old microphone")


def _first_voice(name: AccountName, number: int, category: str) -> ElevenLabsVoice:
    person = make_person(f"elevenlabs {name} {number}")
    dice = random.Random(f"first {person.seed}")
    voice_id = identifier(person.seed)
    title = _CLONE_NAMES[number % len(_CLONE_NAMES)].format(person.name)
    payload = blank_payload(voice_id, title, category)
    payload |= {
        "labels": messy_labels(person) if number != 2 else {},
        "description": f"{person.mood.title()} voice for {person.use.replace('_', ' ')}.",
        "permission_on_resource": "admin",
        "is_owner": True,
        # Between late 2023 and fall 2026, so some are stale by now.
        "created_at_unix": dice.randint(1_701_000_000, 1_790_000_000),
    }
    if category != "generated":
        payload["samples"] = [reading_sample(person.seed, f"{person.spoken}-{number + 1}")]
    if category == "professional":
        payload["voice_verification"] |= {
            "requires_verification": True,
            "is_verified": True,
            "language": person.language,
        }
        payload["fine_tuning"] |= {
            "is_allowed_to_fine_tune": True,
            "language": person.language,
            "state": {"eleven_multilingual_v2": "fine_tuning", "eleven_turbo_v2_5": "fine_tuned"},
            "progress": {"eleven_multilingual_v2": 0.62, "eleven_turbo_v2_5": 1.0},
            "message": {"eleven_multilingual_v2": "", "eleven_turbo_v2_5": "Done!"},
            "dataset_duration_seconds": 1_913.4,
        }
        if name.number % 2 == 0:
            payload = _fail_verification(payload)
    # Most clones get a preview after a while; here every second one has one.
    return ElevenLabsVoice(payload, person.seed, has_preview=number % 2 == 0)


# The counter of attempts starts again at this time, in milliseconds: December 31, 2027.
_ATTEMPTS_AGAIN_MS = 1_830_211_200_000


def _fail_verification(payload: dict[str, Any]) -> dict[str, Any]:
    """Let all attempts to verify the speaker fail, as if someone else had read the text."""
    failed: dict[str, Any] = {
        "verification_failures": ["The voice doesn't match the samples"],
        "verification_attempts_count": 3,
    }
    return payload | {
        "voice_verification": payload["voice_verification"] | failed | {"is_verified": False},
        "fine_tuning": payload["fine_tuning"]
        | failed
        | {
            "state": dict.fromkeys(payload["fine_tuning"]["state"], "not_started"),
            "progress": {},
            "message": {},
            "max_verification_attempts": 3,
            "next_max_verification_attempts_reset_unix_ms": _ATTEMPTS_AGAIN_MS,
        },
    }
