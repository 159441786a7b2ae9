"""Inworld voices: built-in ones with plain ids, own ones prefixed with their workspace."""

import random
from collections import Counter as Tally
from collections.abc import Iterable, Iterator
from itertools import count, islice
from typing import Any

from catalog.sandbox.keys import AccountKind, AccountName
from catalog.sandbox.people import Person, make_person
from catalog.sandbox.voices import SandboxVoice

LANGUAGES = {
    "en": "EN_US", "zh": "ZH_CN", "ko": "KO_KR", "ja": "JA_JP", "ru": "RU_RU", "it": "IT_IT",
    "es": "ES_ES", "pt": "PT_BR", "de": "DE_DE", "fr": "FR_FR", "ar": "AR_SA", "pl": "PL_PL",
    "nl": "NL_NL", "hi": "HI_IN", "he": "HE_IL",
}  # fmt: skip
LANG_CODES = frozenset(LANGUAGES.values())
GENDERS = ("male", "female", "neutral", "")
AGE_GROUPS = ("young", "middle_aged", "elderly", "")
_AGES = {"young": "young", "middle_aged": "middle_aged", "old": "elderly"}
_CATEGORIES = {
    "conversational": ["companions"],
    "customer_support": ["enterprise"],
    "informative_educational": ["education_training", "developer_assistants"],
    "video_games": ["interactive_media"],
    "characters_animation": ["interactive_media", "companions"],
    "meditation": ["healthcare"],
}
_FIRST_CREATED = 1_730_000_000


def make_system_voices(wanted: int) -> list[SandboxVoice]:
    """Return this many built-in voices; the first ones don't depend on the number."""
    return list(islice(_system_voices(), wanted))


def own_voices(name: AccountName) -> Iterable[SandboxVoice]:
    """Return the initial voices of an account."""
    sources = ["IVC"] * (2 if name.kind is AccountKind.READONLY else 4)
    if name.kind is AccountKind.FULL:
        sources.append("PVC")
    for number, source in enumerate(sources):
        person = make_person(f"inworld {name} {number}")
        payload = own_payload(name, f"{person.spoken.lower()}_demo_{number}", person.name)
        payload |= {"source": source, "langCode": LANGUAGES.get(person.language, "EN_US")}
        payload["promptLanguages"] = [bcp_47(payload["langCode"])]
        if number % 2:
            payload |= {"description": f"{person.mood.title()} voice.", "tags": [person.mood]}
        if source == "PVC":
            payload |= {"gender": person.gender, "ageGroup": _AGES[person.age]}
        facts = {"created_at": _FIRST_CREATED + 4_000_000 * number}
        yield SandboxVoice(payload["voiceId"], payload, person.seed, facts=facts)


def workspace_of(name: AccountName) -> str:
    """Return the id of an account's workspace."""
    return f"sandbox-{name}"


def own_payload(name: AccountName, voice: str, display_name: str) -> dict[str, Any]:
    """Return all fields of a workspace voice, most of them empty."""
    workspace = workspace_of(name)
    return {
        "name": f"workspaces/{workspace}/voices/{voice}",
        "voiceId": f"{workspace}__{voice}",
        "langCode": "EN_US",
        "displayName": display_name,
        "description": "",
        "tags": [],
        "categories": [],
        "source": "IVC",
        "gender": "",
        "ageGroup": "",
        "promptLanguages": ["en-US"],
    }


def bcp_47(lang_code: str) -> str:
    """Convert EN_US to en-US."""
    language, _, region = lang_code.partition("_")
    return f"{language.lower()}-{region}"


def _system_voices() -> Iterator[SandboxVoice]:
    used: Tally[str] = Tally()
    for number in count():
        person = make_person(f"inworld library {number}")
        if person.language not in LANGUAGES:
            continue
        used[person.spoken] += 1
        again = used[person.spoken]
        voice_id = person.spoken if again == 1 else f"{person.spoken}{again}"
        payload = _system_payload(person, voice_id)
        payload["displayName"] = person.name if again == 1 else f"{person.name} {again}"
        yield SandboxVoice(
            voice_id, payload, person.seed, facts={"created_at": 1_700_000_000 + number}
        )


def _system_payload(person: Person, voice_id: str) -> dict[str, Any]:
    dice = random.Random(f"inworld {person.seed}")
    age = _AGES[person.age]
    spoken = [person.locale]
    if dice.random() < 0.3:
        spoken += [tag for tag in ("en-US", "es-ES", "fr-FR") if tag != person.locale]
    words = f"{person.mood.title()}, {age.replace('_', '-')} voice with an accent"
    return {
        "name": f"workspaces/inworld/voices/{voice_id}",
        "voiceId": voice_id,
        "langCode": LANGUAGES[person.language],
        "description": f"{words}: {person.accent}. Good for {person.use.replace('_', ' ')}.",
        "tags": [person.mood, person.accent][: dice.choice((1, 2, 2))],
        "categories": _CATEGORIES.get(person.use, []),
        "source": "SYSTEM",
        "gender": person.gender if dice.random() < 0.95 else "",
        "ageGroup": age if dice.random() < 0.95 else "",
        "promptLanguages": spoken,
    }
