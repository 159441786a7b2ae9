"""Library voices of ElevenLabs: its own, and those saved from the community library.

Labels are as uneven as they are there: several spellings of one thing, several keys for one
label, and many that are missing.
"""

import calendar
import random
import time
from typing import Any

from catalog.sandbox.people import Person, make_person
from catalog.sandbox.providers.elevenlabs.voices import (
    BASE_MODELS,
    ElevenLabsVoice,
    blank_payload,
    identifier,
)

MOST_DEFAULTS = 21
FAVORITES = identifier("collection favorites")

_GENDER_WORDS = {
    "male": ("male", "male", "male", "male", "Male"),
    "female": ("female", "female", "female", "female", "Female"),
    "neutral": ("neutral", "non-binary", "neutral"),
}
_AGE_WORDS = {
    "young": ("young", "young", "Young"),
    "middle_aged": ("middle_aged", "middle_aged", "middle-aged", "middle aged"),
    "old": ("old",),
}
_USE_KEYS = ("use_case", "use_case", "use_case", "use_case", "use case")
_MOOD_KEYS = ("descriptive", "description", "description")
_CATEGORIES = ("professional", "high_quality", "famous")
_NOTICES = (None, None, 30, 90, 180, 365, 730)
_TIERS = ("free", "starter", "creator", "pro", "scale", "enterprise")

EARLIEST, LATEST = 1_688_000_000, 1_760_000_000
_LEAST_NOTICE = 14 * 86_400


def make_library(count: int, now: float = LATEST) -> list[ElevenLabsVoice]:
    """Return this many voices; the first ones don't depend on the number.

    Some are removed at the end of a month that is at least two weeks away.
    """
    defaults = min(MOST_DEFAULTS, max(1, count // 3))
    ends_at = _month_end(now + _LEAST_NOTICE)
    return [_default(n) if n < defaults else _saved(n, ends_at) for n in range(count)]


def _month_end(moment: float) -> int:
    then = time.gmtime(moment)
    days = calendar.monthrange(then.tm_year, then.tm_mon)[1]
    return calendar.timegm((then.tm_year, then.tm_mon, days, 12, 0, 0))


def messy_labels(person: Person) -> dict[str, str]:
    """Return labels as an uploader might have entered them."""
    dice = random.Random(f"labels {person.seed}")
    use = person.use if dice.random() < 0.6 else person.use.replace("_", " ")
    accent = person.accent if dice.random() < 0.7 else person.accent.title()
    labels = {
        "accent": accent,
        dice.choice(_MOOD_KEYS): person.mood,
        "age": dice.choice(_AGE_WORDS[person.age]),
        "gender": dice.choice(_GENDER_WORDS[person.gender]),
        "language": person.language,
        dice.choice(_USE_KEYS): use,
    }
    # The language label was added late, so it is missing most often.
    lost = {"language": 0.3, "accent": 0.08, "age": 0.06, "gender": 0.05}
    return {key: word for key, word in labels.items() if dice.random() >= lost.get(key, 0.06)}


def _default(number: int) -> ElevenLabsVoice:
    person = make_person(f"elevenlabs library {number}")
    payload = _described(person, "premade")
    payload["available_for_tiers"] = list(_TIERS) if number % 5 == 0 else []
    return ElevenLabsVoice(payload, person.seed)


def _saved(number: int, ends_at: int) -> ElevenLabsVoice:
    person = make_person(f"elevenlabs library {number}")
    dice = random.Random(f"saved {person.seed}")
    category = dice.choices(_CATEGORIES, (70, 22, 8))[0]
    payload = _described(person, category)
    payload["created_at_unix"] = dice.randint(EARLIEST, LATEST)
    payload["verified_languages"] = _languages(person, dice)
    payload["sharing"] = _sharing(payload, dice, ends_at if number % 17 == 16 else None)
    if category == "professional":
        payload["voice_verification"] |= {"requires_verification": True, "is_verified": True}
    payload["fine_tuning"]["is_allowed_to_fine_tune"] = True
    payload["fine_tuning"]["state"] = dict.fromkeys(BASE_MODELS[:3], "fine_tuned")
    if number % 7 == 0:
        payload["collection_ids"] = [FAVORITES]
        payload["favorited_at_unix"] = payload["created_at_unix"] + 86_400
    return ElevenLabsVoice(payload, person.seed, has_preview=number % 23 != 22)


def _described(person: Person, category: str) -> dict[str, Any]:
    dice = random.Random(f"described {person.seed}")
    use = person.use.replace("_", " ")
    name = person.name
    if dice.random() < 0.45:
        name = f"{name} - {person.mood.title()} {use.title()}"
    payload = blank_payload(identifier(person.seed), name, category)
    payload["labels"] = messy_labels(person)
    if dice.random() < 0.85:
        age = person.age.replace("_", "-")
        payload["description"] = f"A {person.mood}, {age} voice, made for {use}."
    if dice.random() < 0.25:
        payload["settings"] = {
            "stability": round(dice.uniform(0.3, 0.9), 2),
            "similarity_boost": 0.75,
            "style": round(dice.uniform(0, 0.4), 2),
            "use_speaker_boost": True,
            "speed": 1.0,
        }
    return payload


def _languages(person: Person, dice: random.Random) -> list[dict[str, Any]]:
    first = {
        "language": person.language,
        "model_id": "eleven_multilingual_v2",
        "accent": person.accent,
        "locale": person.locale,
    }
    others = [code for code in ("en", "es", "de", "fr", "hi", "pl") if code != person.language]
    more = [
        {"language": code, "model_id": "eleven_turbo_v2_5", "accent": None, "locale": None}
        for code in dice.sample(others, dice.randint(0, 3))
    ]
    return [first, *more]


def _sharing(payload: dict[str, Any], dice: random.Random, ends_at: int | None) -> dict[str, Any]:
    return {
        "status": "copied",
        "history_item_sample_id": None,
        "date_unix": payload["created_at_unix"],
        "whitelisted_emails": [],
        "public_owner_id": identifier(f"owner {payload['voice_id']}"),
        "original_voice_id": identifier(f"original {payload['voice_id']}"),
        "financial_rewards_enabled": True,
        "free_users_allowed": dice.random() < 0.6,
        "live_moderation_enabled": dice.random() < 0.2,
        "rate": 1.0 if dice.random() < 0.9 else 2.0,
        "fiat_rate": None,
        "notice_period": 90 if ends_at else dice.choice(_NOTICES),
        "disable_at_unix": ends_at,
        "voice_mixing_allowed": False,
        "featured": dice.random() < 0.1,
        "category": payload["category"],
        "reader_app_enabled": True,
        "image_url": None,
        "ban_reason": None,
        "liked_by_count": dice.randint(0, 9_000),
        "cloned_by_count": dice.randint(10, 90_000),
        "name": payload["name"],
        "description": payload["description"],
        "labels": payload["labels"],
        "review_status": "allowed",
        "review_message": None,
        "enabled_in_library": ends_at is None,
        "instagram_username": None,
        "twitter_username": None,
        "youtube_username": None,
        "tiktok_username": None,
        "moderation_check": None,
        "reader_restricted_on": [],
    }
