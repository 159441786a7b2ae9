"""Make up voices like those of providers: skewed labels, many scripts, many near duplicates."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.models import Voice


def _read_words(table: str) -> list[str]:
    return table.split()


_LATIN = _read_words("""
Ada Ben Clara David Emma Finn Grace Hugo Iris Jonas Kira Leo Mia Noah Olivia Paul Quinn Rosa
Samuel Tessa Uma Victor Wendy Xavier Yara Zoe Amélie Béla Chloé Dagny Élodie François Göran
Håkon Ignacio José Łukasz Márta Núria Oscar Øyvind Pilar René Søren Thérèse Ülkü Vít Zdeněk
""")
_OTHERS = _read_words("""
小美 晓晓 云希 天明 子轩 さくら 陽翔 葵 ひなた 민준 서연 지우 하늘 Анна Дмитрий Ёлка Ольга Сергей
محمد فاطمة ليلى يوسف הדס נועה Ελένη Γιώργος आरव प्रिया अनिका สมชาย มาลี
""")
_FAMILY = _read_words("""
Abbott Baker Castillo Dahl Eriksen Fischer Garcia Hughes Ivanov Jansen Keller Lopez Meyer Novak
O'Brien Patel Quiroga Rossi Schmidt Torres Ueda Vogel Weber Xu Young Zhang Almeida Brandt
Costa Duarte Engel Ferreira Grant Horvat Ito Jensen Kowalski Larsen Moreau Nilsson
""")
_TONES = _read_words("""
warm deep bright calm crisp soft husky clear gentle lively smooth raspy youthful mature dry airy
rich steady cheerful serious intimate bold relaxed energetic soothing confident playful formal
""")
_TEXTURES = _read_words("""
voice narrator presenter storyteller announcer speaker actor reader guide host teacher coach
character companion assistant
""")
_SITUATIONS = _read_words("""
audiobooks podcasts documentaries adverts trailers lessons meditation games phone menus news
cartoons lectures museum tours interviews navigation bedtime stories technical manuals
""")
_LANGUAGES = {
    "en-US": 30, "en-GB": 12, "es-MX": 7, "es-ES": 5, "de": 6, "fr": 6, "pt-BR": 5, "it": 3,
    "pl": 3, "zh": 6, "ja": 4, "ko": 3, "hi": 3, "ar": 3, "ru": 2, "tr": 2, "nl": 2, "sv": 1,
    "da": 1, "fi": 1, "nb": 1, "cs": 1, "el": 1, "he": 1, "th": 1, "vi": 1, "id": 1, "uk": 1,
    "ro": 1, "hu": 1, "en-AU": 2, "en-IN": 2, "fr-CA": 1, "zh-TW": 1, "yue": 1, "fil": 1, "bn": 1,
    "ta": 1, "unknown": 5,
}  # fmt: skip
_ACCENTS = {
    "unknown": 40, "american": 22, "british": 12, "australian": 4, "indian": 4, "irish": 2,
    "scottish": 2, "standard": 5, "latin american": 3, "castilian": 2, "parisian": 1,
    "southern": 1, "transatlantic": 1, "nigerian": 1, "south african": 1, "canadian": 2,
    "mexican": 2, "swiss": 1, "austrian": 1, "brazilian": 2,
}  # fmt: skip
_USE_CASES = {
    "narration": 24, "conversational": 20, "characters": 10, "news": 6, "advertisement": 6,
    "social_media": 6, "education_training": 6, "meditation": 2, "audiobook": 5, "gaming": 3,
    "customer_service": 4, "unknown": 12,
}  # fmt: skip
_KINDS = {"library": 70, "community": 16, "clone": 9, "designed": 3, "professional": 2}
_GENDERS = {"female": 44, "male": 46, "neutral": 3, "unknown": 7}
_AGES = {"young": 34, "middle_aged": 36, "old": 10, "unknown": 20}
_PEAKS = 96


@dataclass(slots=True)
class Invented:
    """An unsaved voice with its labels, and the waveform of its clip if it has one."""

    voice: Voice
    labels: tuple[tuple[str, str], ...]
    peaks: tuple[int, ...]


def invent_voices(seed: int, now: datetime) -> Iterator[Invented]:
    """Yield voices endlessly; the same seed gives the same ones."""
    chance = random.Random(seed)  # noqa: S311  (not used for secrets)
    while True:
        yield _invent(chance, now)


def invent_name(chance: random.Random) -> str:
    """Return a typical name of a voice."""
    first = chance.choice(_OTHERS if chance.random() < 0.2 else _LATIN)
    kind = chance.random()
    if kind < 0.4:
        return f"{first} {chance.choice(_FAMILY)}"
    if kind < 0.7:
        return f"{first} - {chance.choice(_TONES).title()} {chance.choice(_TEXTURES).title()}"
    return f"{first} {chance.randrange(1, 2000)}" if kind < 0.9 else first


def _invent(chance: random.Random, now: datetime) -> Invented:
    languages = list(dict.fromkeys(_pick(chance, _LANGUAGES) for _ in range(_few(chance))))
    if len(languages) > 1:
        languages = [each for each in languages if each != "unknown"]
    use_cases = list(dict.fromkeys(_pick(chance, _USE_CASES) for _ in range(_few(chance))))
    if len(use_cases) > 1:
        use_cases = [each for each in use_cases if each != "unknown"]
    kind = _pick(chance, _KINDS)
    voice = Voice(
        description=_describe(chance),
        kind=kind,
        gender=_pick(chance, _GENDERS),
        age=_pick(chance, _AGES),
        accent=_pick(chance, _ACCENTS),
        language=languages[0],
        is_owned=kind in Voice.OWN_KINDS,
        remote_created_at=_date(chance, now),
        added_at=now,
        changed_at=now,
    )
    if chance.random() < 0.85:
        voice.preview_url = "https://cdn.example.com/preview.mp3"
    labels = [("language", each) for each in languages] + [("use_case", each) for each in use_cases]
    heard = voice.preview_url and chance.random() < 0.25
    peaks = tuple(chance.randrange(4, 100) for _ in range(_PEAKS)) if heard else ()
    return Invented(voice, tuple(labels), peaks)


def _pick(chance: random.Random, weights: dict[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]


def _few(chance: random.Random) -> int:
    return chance.choices((1, 2, 3), (75, 18, 7))[0]


def _describe(chance: random.Random) -> str:
    if chance.random() < 0.1:
        return ""
    tones = " and ".join(chance.sample(_TONES, chance.randrange(1, 4)))
    return f"A {tones} {chance.choice(_TEXTURES)} for {chance.choice(_SITUATIONS)}."


def _date(chance: random.Random, now: datetime) -> datetime | None:
    if chance.random() < 0.3:
        return None
    return now - timedelta(seconds=chance.randrange(3 * 365 * 86_400))
