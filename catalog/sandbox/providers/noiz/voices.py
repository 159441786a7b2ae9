"""Noiz voices: built-in ones, and custom ones that remain listed after deletion.

What is known of a voice beside its name stands in one string of labels, in no fixed form.
"""

import random
from collections.abc import Iterable
from typing import Any

from catalog.sandbox.keys import AccountKind, AccountName
from catalog.sandbox.people import Person, make_person
from catalog.sandbox.voices import SandboxVoice, code_from

HEX = "0123456789abcdef"
_FIRST_ID = 10_001
_FIRST_CREATED = 1_735_000_000
_CHINESE = {"male": "男声", "female": "女声", "neutral": "中性"}
_LANGUAGES = {
    "en": "English", "zh": "Chinese", "ja": "Japanese", "de": "German", "fr": "French",
    "es": "Spanish", "hi": "Hindi", "ko": "Korean",
}  # fmt: skip


def make_built_in_voices(wanted: int) -> Iterable[SandboxVoice]:
    """Return this many built-in voices; the first ones don't depend on the number."""
    for number in range(wanted):
        person = make_person(f"noiz library {number}")
        payload = _payload(person, number)
        payload["voice_type"] = "built-in"
        # Some have one of the two link fields, most have both.
        links = {"url": number % 7 != 6, "sample": number % 3 == 0 or number % 7 == 6}
        facts = {"links": links, "description": f"{person.mood} {person.accent}"}
        yield SandboxVoice(payload["voice_id"], payload, person.seed, facts=facts)


def own_voices(name: AccountName) -> Iterable[SandboxVoice]:
    """Return the initial voices of an account."""
    for number in range(2 if name.kind is AccountKind.READONLY else 4):
        person = make_person(f"noiz {name} {number}")
        payload = _payload(person, 90_000 + number)
        payload["create_time"] = _FIRST_CREATED + 13_000_000 * number
        if number == 2:
            payload["labels"] = ""
        if number == 3:
            payload["delete_time"] = payload["create_time"] + 86_400
        links = {"url": True, "sample": number % 2 == 0}
        facts = {"links": links, "description": ""}
        yield SandboxVoice(payload["voice_id"], payload, person.seed, facts=facts)


def custom_payload(voice_id: str, number: int, name: str, now: int) -> dict[str, Any]:
    """Return all fields of an uploaded voice except its links."""
    return {
        "id": number,
        "voice_id": voice_id,
        "display_name": name,
        "voice_type": "custom",
        "labels": "",
        "meta": {"text": ""},
        "create_time": now,
    }


def shown(voice: SandboxVoice, base_url: str) -> dict[str, Any]:
    """Return a voice's API representation for this base URL."""
    links = voice.facts["links"]
    address = f"{base_url}/_files/{voice.voice_id}"
    return {
        **voice.payload,
        "sample": f"{address}.wav" if links["sample"] else None,
        "url": f"{address}.mp3" if links["url"] else "",
    }


def _payload(person: Person, number: int) -> dict[str, Any]:
    voice_id = code_from(person.seed, 8, HEX)
    payload = custom_payload(voice_id, _FIRST_ID + number, person.name, _FIRST_CREATED)
    payload["create_time"] += number * 3_600
    payload["labels"] = _labels(person)
    payload["meta"] = {"text": person.sentence}
    return payload


def _labels(person: Person) -> str:
    dice = random.Random(f"noiz {person.seed}")
    language = _LANGUAGES.get(person.language, person.language)
    forms = (
        f"{person.gender},{person.age},{person.language},{person.mood}",
        f"{person.gender.title()}, {language}, {person.mood.title()}",
        f"{person.mood}|{person.use}|{person.gender}",
        f"{_CHINESE[person.gender]},{person.mood}",
        f"{person.mood}, {person.use.replace('_', ' ')}",
        "",
    )
    return dice.choices(forms, (30, 30, 12, 10, 10, 8))[0]
