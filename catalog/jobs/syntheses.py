"""Synthesize speech so that it is charged only once, despite crashes and lost responses.

The step is committed as *sent* before the call. A call whose response was lost is never repeated
automatically: no provider says whether it was charged, so a person decides. Free synthesis is
simply repeated.
"""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from catalog.audio.decode import DecodedMeasures, NotDecodable, measure_audio
from catalog.audio.formats import AudioFormat, sniff_format
from catalog.audit import record
from catalog.core.crypto import CannotOpen
from catalog.core.disk_space import has_room, is_full
from catalog.core.durable_commits import durable_transaction
from catalog.core.media import read_media, remove_media, store_media
from catalog.core.media_store import MediaUnavailable
from catalog.jobs.base.backoff import back_off, end_waits, waits_for_answer
from catalog.jobs.base.leases import LEASE, Clock, Lease, LeaseLost, RowId, claim_work, keep_alive
from catalog.jobs.base.restore_doubts import may_be_restored
from catalog.jobs.charges import Attempt, reserve_speech, settle, settle_left, settles
from catalog.jobs.previews import GENERATED, NotSound, keep_clip, measure_clip
from catalog.models import Charge, Synthesis, SynthesizedClip, TeamPolicy, Voice
from catalog.models.voices.versions import raise_account_version
from catalog.providers.errors import OutcomeUnknown, ProviderError, TryLater
from catalog.providers.session import open_provider
from catalog.providers.types import AudioClip, SpeechParams
from catalog.queries.speakers import find_voice_obstacle
from catalog.queries.syntheses.history import get_spoken_clip

logger = logging.getLogger(__name__)

State, Step = Synthesis.State, Synthesis.Step

_MOST_SENDS = 5
# What the audit log calls each end.
_ENDINGS = {
    State.DONE: "speech generated",
    State.FAILED: "speech failed",
    State.UNCLEAR: "speech unclear",
}
LONGEST_CLIP_SECONDS = 1800
# A clip that was paid for is kept while the file store is down, for a minute.
_STORE_PAUSES = (1, 2, 4, 8, 15, 30)


def run_speech(speech_id: RowId, clock: Clock) -> None:
    """Advance the synthesis as far as possible; safe to call any number of times."""
    lease = claim_work(
        Synthesis, speech_id, states=Synthesis.ACTIVE_STATES, running=State.RUNNING, clock=clock
    )
    if lease is None:
        return
    with keep_alive(lease):
        try:
            _SpeechRun(lease, clock).go_on()
        except LeaseLost:
            logger.info("Synthesis %s was stopped or taken over by another worker", speech_id)


class _SpeechRun:
    """One worker's pass over one synthesis."""

    def __init__(self, lease: Lease, clock: Clock) -> None:
        self.lease, self.clock = lease, clock
        rows = Synthesis.objects.select_related("voice__account", "credential", "team")
        self.speech = rows.get(pk=lease.pk)
        self.info = self.speech.voice.info
        self.attempt = Attempt(lease.pk, lease.fence)

    def go_on(self) -> None:
        speech = self.speech
        # What was sent may be charged already, so its outcome is settled in any case.
        may_be_sent = speech.step == Step.SENT and not self.info.speaks_free
        obstacle = find_voice_obstacle(speech.voice, self.clock().date())
        policy = TeamPolicy.objects.of(speech.team_id)
        obstacle = obstacle or policy.forbid_voice(self.info, speech.voice.language)
        clip = get_spoken_clip(speech.recipe)
        if clip is not None and (may_be_sent or not obstacle):
            self._deliver(clip, is_cached=speech.step == Step.PLANNED)
        elif may_be_sent:
            words = f"The worker stopped before {self.info.label} answered."
            self._leave_unclear(words)
        elif speech.step == Step.PLANNED and self._may_be_paid_for():
            words = f"{self.info.label} may have received this before Voiceboard restarted."
            self._leave_unclear(words)
        elif problem := obstacle or self._find_problem():
            self._fail(problem)
        elif not has_room():
            self._wait(
                "The server's disk is full.",
                timedelta(minutes=1),
            )
        elif self._mark_sent():
            self._send()

    def _find_problem(self) -> str:
        """Return why it can't be sent anymore, "" if it can."""
        if self.speech.credential is None:
            return "Stopped: the key was removed."
        if self.speech.attempt_count >= _MOST_SENDS:
            return self.speech.message or f"{self.info.label} couldn't be reached."
        return ""

    def _may_be_paid_for(self) -> bool:
        """Return whether another worker may have sent it before a restore."""
        return not self.info.speaks_free and may_be_restored(self.speech)

    # The call that must not be repeated blindly

    def _mark_sent(self) -> bool:
        sent_at = self.clock()
        try:
            with durable_transaction():
                self.lease.write(
                    step=Step.SENT,
                    sent_at=sent_at,
                    attempt_count=self.speech.attempt_count + 1,
                    message=f"{self.info.label} is generating speech.",
                )
                reserve_speech(self.speech, self.lease.fence, sent_at)
        except IntegrityError:
            self._wait("Waiting for an identical request to finish.", timedelta(seconds=1))
            return False
        if self.clock() - sent_at > LEASE / 2:
            # Nothing was sent: we stalled after the commit, so another worker may have it.
            settle(self.attempt, Charge.State.NOT_CHARGED, self.clock())
            self._wait("Waiting for a worker.", timedelta(0))
            return False
        return True

    def _send(self) -> None:
        try:
            sound = self._speak()
        except CannotOpen:
            self._fail("The key can't be decrypted. Replace it.")
        except TryLater as exc:
            failures = self.speech.failure_count + 1
            self._wait(
                exc.message,
                back_off(failures, exc),
                failure_count=failures,
                waits_for_answer=waits_for_answer(exc),
            )
        except OutcomeUnknown as exc:
            self._leave_unclear(exc.message)
        except ProviderError as exc:
            self._fail(exc.message, step=Step.REFUSED)
        else:
            end_waits(self.speech.voice.provider, self.clock())
            self._keep(sound)

    def _speak(self) -> AudioClip:
        speech = self.speech
        with settles(self.attempt, self.clock):
            secrets = speech.credential.secrets() if speech.credential else {}
            params = SpeechParams(speech.voice.remote_id, speech.text, settings=speech.settings)
            base_url = settings.PROVIDER_BASE_URLS[speech.voice.provider]
            with open_provider(speech.voice.provider, secrets, base_url) as provider:
                sound = provider.speak(params)
        settle(self.attempt, Charge.State.CHARGED, self.clock(), reported=sound.charged)
        return sound

    def _keep(self, sound: AudioClip) -> None:
        try:
            found, measured = _measure(sound, self.info.label)
        except (NotSound, NotDecodable) as exc:
            self._fail(f"{exc} It may have been charged.", step=Step.CONFIRMED)
            return
        # Store the clip in any case: it exists and was paid for.
        try:
            clip = self._store(sound, found, measured)
        except (OSError, MediaUnavailable) as exc:
            if isinstance(exc, MediaUnavailable):
                words = "The file store didn't respond, so the clip couldn't be saved."
            elif is_full(exc):
                words = "The server's disk is full, so the clip couldn't be saved."
            else:
                raise
            self._fail(f"{words} It may have been charged.", step=Step.CONFIRMED)
            return
        self._deliver(clip, is_cached=False)

    def _store(
        self, sound: AudioClip, found: AudioFormat, measured: DecodedMeasures
    ) -> SynthesizedClip:
        path, size = _store_patiently(sound.content, found.slug)
        values = {
            "voice": self.speech.voice,
            "path": path,
            "content_type": found.content_type,
            "size": size,
            "seconds": round(measured.seconds, 2),
            "peaks": measured.peaks,
            "loudness": measured.loudness,
            "charged": sound.charged,
            "made_at": self.clock(),
        }
        try:
            clip, _ = SynthesizedClip.objects.update_or_create(
                recipe=self.speech.recipe, defaults=values
            )
        except BaseException:
            remove_media(path)
            raise
        return clip

    # How a step ends

    def _deliver(self, clip: SynthesizedClip, *, is_cached: bool) -> None:
        if self.speech.is_preview:
            self._keep_as_preview(clip)
        self._finish(
            State.DONE, step=Step.CONFIRMED, clip=clip, is_cached=is_cached, message="Ready."
        )

    def _keep_as_preview(self, clip: SynthesizedClip) -> None:
        sound = AudioClip(read_media(clip.path), clip.content_type)
        measure_clip(keep_clip(self.speech.voice, sound, GENERATED, self.clock()).pk)
        voices = Voice.objects.filter(pk=self.speech.voice_id)
        with transaction.atomic():
            voices.update(has_generated_preview=True)
            raise_account_version(self.speech.voice.account_id)

    def _wait(self, message: str, after: timedelta, **values: object) -> None:
        values |= {"step": Step.PLANNED, "unsent_at": self.clock()}
        self.lease.release(after=after, state=State.WAITING, message=message[:500], **values)

    def _fail(self, message: str, **values: str) -> None:
        self._finish(State.FAILED, message=message[:500], **values)

    def _leave_unclear(self, message: str) -> None:
        words = f"{message} It may have been charged, so it wasn't retried."
        self._finish(State.UNCLEAR, step=Step.UNKNOWN, message=words[:500])

    def _finish(self, state: Synthesis.State, **values: object) -> None:
        now = self.clock()
        with transaction.atomic():
            self.lease.write(state=state, ended_at=now, lease_until=None, **values)
            settle_left(now, self.lease.pk)
        record(None, _ENDINGS[state], self.speech, team=self.speech.team, now=now)


def _store_patiently(content: bytes, ending: str) -> tuple[str, int]:
    """Store a clip and return its key and size; raises MediaUnavailable after some tries."""
    for pause in _STORE_PAUSES:
        try:
            return store_media("speech", [content], ending)[:2]
        except MediaUnavailable as exc:
            logger.warning("A clip couldn't be stored yet: %s", exc)
            time.sleep(pause)
    return store_media("speech", [content], ending)[:2]


def _measure(sound: AudioClip, label: str) -> tuple[AudioFormat, DecodedMeasures]:
    found = sniff_format(sound.content)
    if found is None:
        raise NotSound(f"{label} sent something that isn't audio.")
    return found, measure_audio(sound.content, found, max_seconds=LONGEST_CLIP_SECONDS)
