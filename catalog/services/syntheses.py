"""Ask for a text to be spoken, within what a person may spend in a minute; stop and remove it."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from django.conf import settings as project_settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q

from catalog import policies
from catalog.audit import record
from catalog.core.storage import remove_media
from catalog.models import Synthesis, SynthesizedClip, User, Voice
from catalog.models.syntheses import speech_recipe
from catalog.models.usage import VoiceUsage, note_uses
from catalog.providers.errors import RequestRejected
from catalog.providers.types import SettingValue, SpeechParams
from catalog.providers.validation import check_speech
from catalog.queries.credentials import usable_credential
from catalog.queries.syntheses.history import (
    count_recent_speeches,
    get_spoken_clip,
    preview_sentence,
)
from catalog.tasks import enqueue_synthesis

State, Step = Synthesis.State, Synthesis.Step


class CannotRemove(Exception):
    """It cannot be removed now; the message says why."""


class CannotSynthesize(Exception):
    """It cannot be spoken; the message says why."""


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
    """Have the text spoken; what was spoken before is there at once. Raises CannotSpeak."""
    team = voice.account.team
    if not policies.may_speak(user, team):
        raise PermissionDenied
    # The lock of the person's row makes two presses at the same moment come one after the other.
    User.objects.select_for_update().get(pk=user.pk)
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
        voice=voice.pk,
        characters=speech.characters,
        cached=speech.is_cached,
    )
    if not speech.is_finished:
        transaction.on_commit(partial(enqueue_synthesis, speech.pk))
    return speech


def _prepare(user: User, speech: Synthesis, now: datetime) -> None:
    """Finish it from the clips that are there, or find the key to speak with."""
    clip = get_spoken_clip(speech.recipe)
    # A preview is stored with its voice too, which a worker does.
    if clip is not None and not speech.is_preview:
        speech.state, speech.step, speech.is_cached = State.DONE, Step.CONFIRMED, True
        speech.clip, speech.message, speech.ended_at = clip, "Ready.", now
        return
    voice = speech.voice
    if not voice.can_speak:
        raise CannotSynthesize("This voice cannot speak a text now.")
    try:
        wish = SpeechParams(voice.remote_id, speech.text, settings=speech.settings)
        check_speech(voice.info, wish, voice.details)
    except RequestRejected as exc:
        raise CannotSynthesize(exc.message) from None
    speech.credential = usable_credential(user, voice, "speak")
    if speech.credential is None:
        raise CannotSynthesize("No working key opens this account, so nothing can be spoken.")
    most = project_settings.SPEECHES_PER_MINUTE
    if count_recent_speeches(user, now) >= most:
        raise CannotSynthesize(
            f"At most {most} texts a minute are spoken for one person. Wait a bit."
        )


def request_preview(user: User, *, voice: Voice, now: datetime) -> Synthesis:
    """Have a voice without a preview say a sentence that is kept as its preview."""
    return request_speech(
        user, voice=voice, text=preview_sentence(voice), settings={}, is_preview=True, now=now
    )


@transaction.atomic
def cancel_speech(user: User, *, speech: Synthesis, now: datetime) -> bool:
    """Stop it if nothing has been sent for it; False when it was sent, and so is paid for."""
    if not policies.may_speak(user, speech.team):
        raise PermissionDenied
    unsent = Q(step=Step.PLANNED)
    if speech.voice.info.speaks_free:
        unsent |= Q(step=Step.SENT)
    rows = Synthesis.objects.filter(unsent, pk=speech.pk, state__in=Synthesis.ACTIVE_STATES)
    # The fence moves on, so that a worker that is about to send finds out.
    stopped = rows.update(
        state=State.CANCELLED,
        message="Stopped before it was sent, so it cost nothing.",
        fence=F("fence") + 1,
        lease_until=None,
        ended_at=now,
    )
    if stopped:
        record(user, "speech cancelled", speech, team=speech.team, now=now)
    return bool(stopped)


@transaction.atomic
def remove_speech(user: User, *, speech: Synthesis, now: datetime) -> None:
    """Take it out of the history, with its clip where nobody else had it; raises CannotRemove."""
    if not policies.may_remove_speech(user, speech):
        raise PermissionDenied
    if not speech.is_finished:
        raise CannotRemove("It is not finished yet.")
    if Synthesis.objects.filter(pk=speech.pk).in_blind_round().exists():
        raise CannotRemove("A blind comparison needs it until all votes are in.")
    clip = speech.clip
    Synthesis.objects.filter(pk=speech.pk).delete()
    if clip is not None and not clip.syntheses.exists():
        SynthesizedClip.objects.filter(pk=clip.pk).delete()
        transaction.on_commit(partial(remove_media, clip.path))
    record(user, "speech removed", speech, team=speech.team, now=now, voice=speech.voice_id)
