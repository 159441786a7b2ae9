"""The estimated cost of a text, and the history of a voice's syntheses."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.audio.analysis import analysis_is_installed
from catalog.core.locales import say_number
from catalog.core.media import has_media
from catalog.models import Synthesis, SynthesizedClip, User, Voice
from catalog.models.similarity import unscored_clips
from catalog.models.syntheses import speech_recipe
from catalog.providers.types import SettingValue
from catalog.queries.syntheses.sample_texts import find_sentences

_SHOWN = 12
RATE_WINDOW = timedelta(minutes=1)
# How long a page waits for the similarity score of a new clip.
_JUDGED_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The estimated cost of a text; ``credits`` only if the provider publishes them."""

    label: str
    characters: int
    credits: int | None
    is_free: bool
    is_cached: bool
    note: str = ""

    @property
    def spends(self) -> int:
        """The number of characters that would be charged."""
        return 0 if self.is_free or self.is_cached else self.characters

    @property
    def words(self) -> str:
        """The estimate as a sentence."""
        counted = (
            f"About {say_number(self.characters)} character{'' if self.characters == 1 else 's'}"
        )
        if self.is_cached:
            return f"{counted}. Already generated, so this is free."
        if self.is_free:
            return f"{counted}, free at {self.label}."
        if self.credits is not None:
            return f"{counted}, about {say_number(self.credits)} credits at {self.label}."
        return f"{counted}, charged by {self.label}."


def estimate_speech(
    voice: Voice, text: str, settings: Mapping[str, SettingValue] | None = None
) -> Estimate:
    """Return what it would cost to synthesize the text with the voice now."""
    info = voice.info
    credit_count = None
    if info.speech_price is not None and info.charges_credits:
        credit_count = round(len(text) * info.speech_price.amount)
    return Estimate(
        label=info.label,
        characters=len(text),
        credits=credit_count,
        is_free=info.speaks_free,
        is_cached=get_spoken_clip(speech_recipe(voice, text, settings or {})) is not None,
        note=info.speech_price_note,
    )


def get_spoken_clip(recipe: str) -> SynthesizedClip | None:
    """Return the clip made from the recipe if its file still exists."""
    clip = SynthesizedClip.objects.filter(recipe=recipe).first()
    return clip if clip is not None and has_media(clip.path) else None


def preview_sentence(voice: Voice) -> str:
    """Return the text for a generated preview, in the voice's language if we have one."""
    return find_sentences(voice.language)[0]


def find_speeches(user: User, voice: Voice) -> list[Synthesis]:
    """Return the voice's latest syntheses that the user can see, newest first."""
    # A clip from a blind comparison would reveal which of its voices this is.
    blind = Synthesis.objects.filter(voice=voice).in_blind_round()
    rows = Synthesis.objects.visible_to(user).filter(voice=voice).exclude(pk__in=blind.values("pk"))
    rows = rows.select_related("clip__similarity", "requested_by", "voice__account")
    return list(rows.order_by("-created_at", "pk")[:_SHOWN])


def is_being_scored(voice: Voice, now: datetime) -> bool:
    """Return whether a worker will soon compare a clone's new clip with its samples."""
    if voice.kind != Voice.Kind.CLONE or not analysis_is_installed():
        return False
    return unscored_clips().filter(voice=voice, made_at__gt=now - _JUDGED_WITHIN).exists()


def get_speech(user: User, speech_id: uuid.UUID) -> Synthesis:
    """Return one synthesis that the user can see; raises Synthesis.DoesNotExist."""
    rows = Synthesis.objects.visible_to(user).select_related(
        "clip", "requested_by", "voice__account__team"
    )
    return rows.get(pk=speech_id)


def count_recent_speeches(user: User, now: datetime) -> int:
    """Count the user's syntheses in the last minute, without those from the cache."""
    recent = Synthesis.objects.filter(requested_by=user, created_at__gt=now - RATE_WINDOW)
    return recent.filter(is_cached=False).count()
