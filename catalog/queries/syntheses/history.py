"""What a text would cost in a voice, and what a voice has said."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.audio.analysis import analysis_is_installed
from catalog.core.storage import media_path
from catalog.models import Synthesis, SynthesizedClip, User, Voice
from catalog.models.similarity import unjudged_clips
from catalog.models.syntheses import speech_recipe
from catalog.providers.types import SettingValue
from catalog.queries.syntheses.sample_texts import find_sentences

_SHOWN = 12
RATE_WINDOW = timedelta(minutes=1)
# A page waits no longer for the likeness of a clip.
_JUDGED_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a text costs in one voice before it is spoken; credits only where they are told."""

    label: str
    characters: int
    credits: int | None
    is_free: bool
    is_cached: bool
    note: str = ""

    @property
    def spends(self) -> int:
        """How many characters would be charged."""
        return 0 if self.is_free or self.is_cached else self.characters

    @property
    def words(self) -> str:
        """The estimate as one sentence."""
        counted = f"About {self.characters} character{'' if self.characters == 1 else 's'}"
        if self.is_cached:
            return f"{counted}. Spoken before: this costs nothing."
        if self.is_free:
            return f"{counted}, free at {self.label}."
        if self.credits is not None:
            return f"{counted}, about {self.credits} credits at {self.label}."
        return f"{counted}, charged by {self.label}."


def estimate_speech(
    voice: Voice, text: str, settings: Mapping[str, SettingValue] | None = None
) -> Estimate:
    """Return what it would cost to hear the text in the voice now."""
    info = voice.info
    told = round(len(text) * info.speech_credits) if info.speech_credits else None
    return Estimate(
        label=info.label,
        characters=len(text),
        credits=told,
        is_free=info.speaks_free,
        is_cached=get_spoken_clip(speech_recipe(voice, text, settings or {})) is not None,
        note=info.speech_price_note,
    )


def get_spoken_clip(recipe: str) -> SynthesizedClip | None:
    """Return the clip that was made from the recipe, if its file is still there."""
    clip = SynthesizedClip.objects.filter(recipe=recipe).first()
    return clip if clip is not None and media_path(clip.path).is_file() else None


def preview_sentence(voice: Voice) -> str:
    """Return what a voice without a preview is to say, in its own language where we have it."""
    return find_sentences(voice.language)[0]


def find_speeches(user: User, voice: Voice) -> list[Synthesis]:
    """Return what the voice was last asked to say, newest first."""
    # What a voice said in a blind comparison would tell which of its voices it is.
    blind = Synthesis.objects.filter(voice=voice).in_blind_round()
    rows = Synthesis.objects.visible_to(user).filter(voice=voice).exclude(pk__in=blind.values("pk"))
    rows = rows.select_related("clip__similarity", "requested_by", "voice__account")
    return list(rows.order_by("-created_at", "pk")[:_SHOWN])


def is_being_judged(voice: Voice, now: datetime) -> bool:
    """Tell whether a worker is about to compare with its samples what a clone has just said."""
    if voice.kind != Voice.Kind.CLONE or not analysis_is_installed():
        return False
    return unjudged_clips().filter(voice=voice, made_at__gt=now - _JUDGED_WITHIN).exists()


def get_speech(user: User, speech_id: uuid.UUID) -> Synthesis:
    """Return one speech that the person may see; raises Synthesis.DoesNotExist."""
    rows = Synthesis.objects.visible_to(user).select_related(
        "clip", "requested_by", "voice__account__team"
    )
    return rows.get(pk=speech_id)


def count_recent_speeches(user: User, now: datetime) -> int:
    """Count what the person had spoken in the last minute, without what was there already."""
    recent = Synthesis.objects.filter(requested_by=user, created_at__gt=now - RATE_WINDOW)
    return recent.filter(is_cached=False).count()
