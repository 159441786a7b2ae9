"""Request speech within the per-minute limit, cancel it, and remove it from the history."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from django.conf import settings as project_settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q

from catalog import policies
from catalog.audit import record
from catalog.core.locales import say_number
from catalog.core.media import remove_media
from catalog.models import Charge, Synthesis, SynthesizedClip, TeamPolicy, User, Voice
from catalog.models.syntheses import speech_recipe
from catalog.models.usage import VoiceUsage, note_uses
from catalog.providers.errors import RequestRejected
from catalog.providers.types import SettingValue, SpeechParams
from catalog.providers.validation import check_speech
from catalog.queries.credentials import usable_credential
from catalog.queries.speakers import find_voice_obstacle
from catalog.queries.syntheses.history import (
    count_recent_speeches,
    get_spoken_clip,
    preview_sentence,
)
from catalog.services.budgets import OverBudget, demand_budget
from catalog.tasks import enqueue_synthesis

State, Step = Synthesis.State, Synthesis.Step


class CannotRemove(Exception):
    """The synthesis can't be removed now; the message explains why."""


class CannotSynthesize(Exception):
    """The text can't be synthesized; the message explains why."""


@transaction.atomic
def request_speech(
    user: User,
    *,
    voice: Voice,
    text: str,
    settings: Mapping[str, SettingValue],
    now: datetime,
    is_preview: bool = False,
) -> Synthesis:
    """Synthesize the text, or reuse an identical clip right away. Raises CannotSynthesize."""
    team = voice.account.team
    if not policies.may_speak(user, team):
        raise PermissionDenied
    # Locking the user's row serializes two submissions at the same moment.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    recipe = speech_recipe(voice, text, settings)
    mine = Synthesis.objects.filter(requested_by=user, recipe=recipe, is_preview=is_preview)
    running = mine.filter(state__in=Synthesis.ACTIVE_STATES).first()
    if running is not None:
        return running
    speech = Synthesis(
        team=team,
        requested_by=user,
        voice=voice,
        text=text,
        settings=dict(settings),
        recipe=recipe,
        is_preview=is_preview,
        created_at=now,
        woken_at=now,
    )
    _prepare(user, speech, now)
    speech.save(force_insert=True)
    note_uses([voice.pk], VoiceUsage.Kind.SPEECH, now)
    record(
        user,
        "speech requested",
        speech,
        team=team,
        now=now,
        voice=voice.shown_name,
        characters=speech.characters,
        cached=speech.is_cached,
    )
    if not speech.is_finished:
        transaction.on_commit(partial(enqueue_synthesis, speech.pk))
    return speech


def _prepare(user: User, speech: Synthesis, now: datetime) -> None:
    """Complete the synthesis from a cached clip, or find the key to use."""
    policy = TeamPolicy.objects.of(speech.team_id)
    obstacle = policy.forbid_voice(speech.voice.info, speech.voice.language)
    if obstacle := obstacle or find_voice_obstacle(speech.voice, now.date()):
        raise CannotSynthesize(obstacle)
    clip = get_spoken_clip(speech.recipe)
    # A worker also has to store a preview with its voice.
    if clip is not None and not speech.is_preview:
        speech.state, speech.step, speech.is_cached = State.DONE, Step.CONFIRMED, True
        speech.clip, speech.message, speech.ended_at = clip, "Ready.", now
        return
    voice = speech.voice
    if not voice.can_speak:
        raise CannotSynthesize("This voice can't generate speech right now.")
    try:
        params = SpeechParams(voice.remote_id, speech.text, settings=speech.settings)
        check_speech(voice.info, params, voice.details)
    except RequestRejected as exc:
        raise CannotSynthesize(exc.message) from None
    if not voice.info.speaks_free:
        _demand_budget(user, speech, now)
    speech.credential = usable_credential(user, voice, "speak")
    if speech.credential is None:
        raise CannotSynthesize("You have no working key for this account. Add or replace one.")
    most = project_settings.SPEECHES_PER_MINUTE
    if count_recent_speeches(user, now) >= most:
        raise CannotSynthesize(
            f"You can generate at most {say_number(most)} texts a minute. "
            "Wait a moment and try again."
        )


def _demand_budget(user: User, speech: Synthesis, now: datetime) -> None:
    unit, amount = Charge.Unit.CHARACTERS, speech.characters
    # A preview whose clip exists only has to be stored with its voice.
    if get_spoken_clip(speech.recipe) is not None:
        return
    try:
        demand_budget(user, team=speech.team, unit=unit, amount=amount, now=now)
    except OverBudget as exc:
        raise CannotSynthesize(str(exc)) from None


def request_preview(user: User, *, voice: Voice, now: datetime) -> Synthesis:
    """Synthesize a sentence that is kept as the preview of a voice that has none."""
    return request_speech(
        user, voice=voice, text=preview_sentence(voice), settings={}, is_preview=True, now=now
    )


@transaction.atomic
def cancel_speech(user: User, *, speech: Synthesis, now: datetime) -> bool:
    """Cancel the synthesis; return False if it was already sent and so may be charged."""
    if not policies.may_speak(user, speech.team):
        raise PermissionDenied
    unsent = Q(step=Step.PLANNED)
    if speech.voice.info.speaks_free:
        unsent |= Q(step=Step.SENT)
    rows = Synthesis.objects.filter(unsent, pk=speech.pk, state__in=Synthesis.ACTIVE_STATES)
    # The new fence stops a worker that is about to send.
    stopped = rows.update(
        state=State.CANCELLED,
        message="Canceled before it was sent, so it cost nothing.",
        fence=F("fence") + 1,
        lease_until=None,
        ended_at=now,
    )
    if stopped:
        record(user, "speech canceled", speech, team=speech.team, now=now)
    return bool(stopped)


@transaction.atomic
def remove_speech(user: User, *, speech: Synthesis, now: datetime) -> None:
    """Remove it from the history, and its clip unless others use it; raises CannotRemove."""
    if not policies.may_remove_speech(user, speech):
        raise PermissionDenied
    if not speech.is_finished:
        raise CannotRemove("This synthesis hasn't finished yet.")
    if Synthesis.objects.filter(pk=speech.pk).in_blind_round().exists():
        raise CannotRemove("A blind comparison needs this clip until voting ends.")
    clip = speech.clip
    Synthesis.objects.filter(pk=speech.pk).delete()
    if clip is not None and not clip.syntheses.exists():
        SynthesizedClip.objects.filter(pk=clip.pk).delete()
        transaction.on_commit(partial(remove_media, clip.path))
    record(user, "speech removed", speech, team=speech.team, now=now, voice=speech.voice.shown_name)
