"""A voice's labels with their origin, and its badges with their reasons."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from catalog.core.locales import say_day
from catalog.models import Voice
from catalog.providers.labels import language_family, language_label
from catalog.queries.syntheses.history import preview_sentence

Badge = Voice.Badge
_ICONS = {
    Badge.LEAVING: "triangle-alert",
    Badge.EXPIRES: "triangle-alert",
    Badge.KEY_MISSING: "key-round",
    Badge.CLONE: "mic",
    Badge.VERIFIED: "circle-check",
    Badge.NEEDS_PLAN: "lock",
}
# Unknown values have no label.
_GENDERS = {**dict(Voice.Gender.choices), Voice.Gender.UNKNOWN.value: ""}
_AGES = {**dict(Voice.Age.choices), Voice.Age.UNKNOWN.value: ""}
_MOODS = {Badge.LEAVING: "warn", Badge.EXPIRES: "warn", Badge.KEY_MISSING: "bad"}


@dataclass(frozen=True, slots=True)
class ShownBadge:
    """A badge's label, with its reason."""

    word: str
    reason: str
    icon: str
    mood: str


class Label(NamedTuple):
    """A short fact on a card, with its origin."""

    word: str
    origin: str
    is_language: bool


def known_labels(voice: Voice) -> list[tuple[str, str]]:
    """Return the short facts on a card as facet and label, without unknown ones."""
    words = [
        ("language", voice.language_name),
        ("gender", _GENDERS[voice.gender]),
        ("age", _AGES[voice.age]),
        *[("use_case", word) for word in voice.use_case_words[:1]],
    ]
    return [fact for fact in words if fact[1]]


def card_labels(voice: Voice) -> list[Label]:
    """Return the short facts on a card, each with a sentence about its origin."""
    return [
        Label(word, origin_of(voice, facet), facet == "language")
        for facet, word in known_labels(voice)
    ]


def other_languages(voice: Voice, sought: Collection[str] = ()) -> list[tuple[str, ...]]:
    """Return the labels of the voice's other languages: all of them, and those searched for.

    ``sought`` holds tags, such as "en-GB", and languages with all varieties, such as "en".
    """
    held = [tag for tag in voice.values_of("language") if tag not in (voice.language, "unknown")]
    named = [tag for tag in held if tag in sought or language_family(tag) in sought]
    return [tuple(map(language_label, held)), tuple(map(language_label, named))]


def origin_of(voice: Voice, facet: str) -> str:
    """Return a sentence about the provider's label for a facet of the voice."""
    raw = voice.raw_labels.get(facet) or ""
    return _say_origin(voice.info.label, facet, raw, facet in voice.own_labels)


# Cached, because many voices have the same labels.
@lru_cache(maxsize=8192)
def _say_origin(label: str, facet: str, word: str, is_ours: bool) -> str:
    name = facet.replace("_", " ")
    source = f"{label} lists {name} as “{word}”." if word else f"No {name} from {label}."
    return f"Set by your team, only in Voiceboard. {source}" if is_ours else source


def shown_badges(voice: Voice) -> list[ShownBadge]:
    """Return the voice's badges, most important first; "leaving" replaces "expires".

    A missing source is left out: it is for filters and the voice's page, and too minor for a card.
    """
    held = {Badge(value) for value in voice.values_of("badge")} - {Badge.NO_SOURCE}
    if not held:
        return []
    if Badge.LEAVING in held:
        held.discard(Badge.EXPIRES)
    return [_show_badge(voice, badge) for badge in Badge if badge in held]


def lacks_source(voice: Voice) -> bool:
    """Return whether it is a clone whose samples aren't stored here, as a worker determined."""
    return Badge.NO_SOURCE in voice.values_of("badge")


def lacks_key(voice: Voice) -> bool:
    """Return whether no key works for the voice's account, as a worker determined."""
    return Badge.KEY_MISSING in voice.values_of("badge")


def preview_cost(voice: Voice) -> int:
    """Return the number of characters in a generated preview of the voice."""
    return len(preview_sentence(voice))


def _show_badge(voice: Voice, badge: Voice.Badge) -> ShownBadge:
    words = {
        Badge.LEAVING: _say_end(voice),
        Badge.EXPIRES: _say_end(voice),
        Badge.CLONE: str(Voice.Kind(voice.kind).label),
    }
    label = voice.info.label
    reasons = {
        Badge.LEAVING: f"{label}: {voice.end_note}" if voice.end_note else _ANNOUNCED,
        Badge.EXPIRES: f"{label}: {voice.end_note}",
        Badge.KEY_MISSING: f"No key works for this {label} account anymore.",
        Badge.CLONE: f"Made in your {label} account.",
        Badge.VERIFIED: f"{label} has verified whose voice this is.",
        Badge.NEEDS_PLAN: f"Requires {voice.plan_note} at {label}.",
    }
    word = words.get(badge, str(badge.label))
    return ShownBadge(word, reasons[badge], _ICONS[badge], _MOODS.get(badge, "quiet"))


_ANNOUNCED = "Its end was announced. The date is under End of life."


def _say_end(voice: Voice) -> str:
    if voice.ends_at is None:
        return str((Badge.EXPIRES if voice.end_note else Badge.LEAVING).label)
    days = (voice.ends_at.date() - datetime.now(UTC).date()).days
    if days < 0:
        return f"Ended {say_day(voice.ends_at)}"
    return {0: "Ends today", 1: "Ends tomorrow"}.get(days, f"Ends in {days} days")
