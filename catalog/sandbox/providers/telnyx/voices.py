"""Telnyx voices: its own, those of other vendors, and clones."""

import random
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from catalog.sandbox.keys import AccountKind, AccountName
from catalog.sandbox.people import Person, make_person
from catalog.sandbox.voices import SandboxVoice, code_from

MODELS = {
    "Qwen3TTS": "telnyx",
    "Ultra": "telnyx",
    "Bayan": "telnyx",
    "speech-2.8-turbo": "minimax",
}
MINIMAX_MODELS = ["speech-2.8-turbo", "speech-2.6-turbo", "speech-02-turbo"]
_FIRST_CREATED = 1_745_000_000
_HOUSE_MODELS = ("NaturalHD", "KokoroTTS", "Natural", "Ultra")
_VENDORS = ("aws", "azure", "minimax", "xai")


def make_voices(wanted: int) -> Iterable[SandboxVoice]:
    """Return this many Telnyx voices, and half as many of other vendors."""
    for number in range(wanted):
        person = make_person(f"telnyx library {number}")
        yield _listed(person, "telnyx", _HOUSE_MODELS[number % 4], number)
    for number in range(wanted // 2):
        person = make_person(f"telnyx vendor {number}")
        yield _listed(person, _VENDORS[number % 4], "", number)


def own_clones(name: AccountName) -> Iterable[SandboxVoice]:
    """Return the initial clones of an account."""
    for number in range(2 if name.kind is AccountKind.READONLY else len(_FIRST_CLONES)):
        spelled, model, changes = _FIRST_CLONES[number]
        person = make_person(f"telnyx {name} {number}")
        made_at = _FIRST_CREATED + 9_000_000 * number
        clone_id = str(uuid.uuid5(uuid.NAMESPACE_URL, person.seed))
        payload = clone_payload(clone_id, person.name, model, made_at)
        payload |= {
            "provider": spelled,
            "language": person.language,
            "gender": person.gender if number % 3 else None,
            "label": f"{person.mood} voice for {person.use.replace('_', ' ')}",
            **changes,
        }
        yield SandboxVoice(clone_id, payload, person.seed)


# The provider's spelling varies, and two fields are newer than some clones.
_FIRST_CLONES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("telnyx", "Qwen3TTS", {}),
    ("Minimax", "speech-2.8-turbo", {}),
    (
        "Telnyx",
        "Qwen3TTS",
        {
            "source_voice_design_id": str(uuid.uuid5(uuid.NAMESPACE_URL, "telnyx design")),
            "source_voice_design_version": 2,
            "label": "A calm storyteller by the fire",
        },
    ),
    ("telnyx", "Ultra", {"status": "expired"}),
    (
        "Minimax",
        "speech-2.8-turbo",
        # As in the reference: several models, without saying which one it was made for.
        {
            "model_id": None,
            "status": None,
            "language": None,
            "provider_supported_models": ["speech-2.6-turbo", "speech-2.8-turbo"],
        },
    ),
)


def clone_payload(clone_id: str, name: str, model: str, made_at: float) -> dict[str, Any]:
    """Return all fields of a clone, most of them empty."""
    provider = MODELS[model]
    own_id = clone_id if provider == "telnyx" else f"voice_{code_from(clone_id, 16)}"
    return {
        "record_type": "voice_clone",
        "id": clone_id,
        "source_voice_design_id": None,
        "source_voice_design_version": None,
        "name": name,
        "language": None,
        "gender": None,
        "label": None,
        "created_at": moment(made_at),
        "updated_at": moment(made_at),
        "provider": provider,
        "provider_supported_models": [model] if provider == "telnyx" else MINIMAX_MODELS,
        "provider_voice_id": own_id,
        "model_id": model,
        "status": "active",
    }


def shown_clone(voice: SandboxVoice, now: float) -> dict[str, Any]:
    """Return a clone's current API representation; pending clones become active over time."""
    payload = dict(voice.payload)
    ready_at = voice.facts.get("ready_at", 0)
    if now < ready_at:
        payload |= {"status": "pending", "provider_voice_id": None}
    elif ready_at:
        payload |= {"status": voice.facts["outcome"], "updated_at": moment(ready_at)}
    # Older clones lack both fields.
    return {
        name: value
        for name, value in payload.items()
        if value is not None or name not in ("model_id", "status")
    }


def moment(seconds: float) -> str:
    """Format Unix seconds in the API's time format."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _listed(person: Person, provider: str, model: str, number: int) -> SandboxVoice:
    dice = random.Random(f"telnyx {person.seed}")
    word = f"{person.spoken.lower()}_{number}"
    if model == "Ultra":
        word = str(uuid.uuid5(uuid.NAMESPACE_URL, person.seed))
    spelled = {"telnyx": "Telnyx", "minimax": "Minimax"}.get(provider, provider)
    voice_id = ".".join(part for part in (spelled, model, word) if part)
    gender = person.gender if dice.random() < 0.9 else None
    payload = {
        "provider": provider,
        "name": person.name,
        "voice_id": voice_id,
        "language": person.locale if dice.random() < 0.8 else person.language,
        "gender": gender.title() if gender and provider == "azure" else gender,
        "hosted": provider == "telnyx",
    }
    facts = {"model_id": model or None, "label": f"{person.mood}, {person.accent}"}
    return SandboxVoice(voice_id, payload, person.seed, facts=facts)
