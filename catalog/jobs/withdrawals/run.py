"""Erase one copy after another, each as a leased row, until none is left that can be erased."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from catalog.audit import record
from catalog.core.crypto import CannotOpen
from catalog.core.durable_commits import durable_transaction
from catalog.core.locales import say_stored
from catalog.core.media_store import MediaUnavailable
from catalog.jobs.accounts.slots import refresh_slots
from catalog.jobs.base.backoff import end_waits, waits_for_answer
from catalog.jobs.base.leases import Clock, Lease, LeaseLost, RowId, claim_work, keep_alive
from catalog.jobs.withdrawals.files import (
    erase_embedding,
    erase_preview,
    erase_proof,
    erase_sample,
    erase_speech,
)
from catalog.jobs.withdrawals.finish import settle_withdrawal
from catalog.models import CloneJob, Credential, Erasure, Protection, Synthesis, Voice
from catalog.models.voices.versions import touch_voices
from catalog.providers.errors import NotFound, ProviderError, TryLater
from catalog.providers.session import open_provider
from catalog.queries.cleanups.deletion_keys import find_deleting_keys

logger = logging.getLogger(__name__)

Kind, State, Step = Erasure.Kind, Erasure.State, Erasure.Step

_HOLD_WAIT = timedelta(hours=1)
_JOB_WAIT = timedelta(seconds=5)
_STORE_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = 1800
_OF_SAMPLES = (Kind.SAMPLE, Kind.CLEANED)


def run_erasure(erasure_id: RowId, clock: Clock) -> int | None:
    """Erase one copy; return the account to sync if a voice is gone at its provider.

    Safe to call any number of times: deleting what is already deleted is harmless, and an answer
    that was lost is followed by another call.
    """
    lease = claim_work(
        Erasure, erasure_id, states=Erasure.ACTIVE_STATES, running=State.RUNNING, clock=clock
    )
    if lease is None:
        return None
    run = _ErasureRun(lease, clock)
    with keep_alive(lease):
        try:
            run.go_on()
        except LeaseLost:
            logger.info("Erasure %s was taken over by another worker", erasure_id)
            return None
    settle_withdrawal(run.erasure.withdrawal_id, clock())
    return run.gone_from


class _ErasureRun:
    """One worker's pass over one copy."""

    gone_from: int | None = None

    def __init__(self, lease: Lease, clock: Clock) -> None:
        self.lease, self.clock = lease, clock
        rows = Erasure.objects.select_related(
            "withdrawal__team", "withdrawal__approved_by", "account__last_owner", "voice__account"
        )
        self.erasure = rows.get(pk=lease.pk)

    def go_on(self) -> None:
        if hold := self._find_hold():
            # The day of tries begins once the hold is lifted.
            held = {"state": State.HELD, "message": hold[:500], "sent_at": None}
            self.lease.release(after=_HOLD_WAIT, **held)
        elif self.erasure.kind == Kind.JOB:
            self._end_job()
        elif self.erasure.kind == Kind.VOICE:
            self._erase_voice()
        else:
            self._erase_here()

    def _find_hold(self) -> str:
        """Return the legal hold that forbids erasing this now, "" without one; pins don't count."""
        held = Protection.objects.filter(kind=Protection.Kind.HOLD)
        if self.erasure.kind in _OF_SAMPLES:
            sample = UUID(self.erasure.object_key)
            held = held.filter(voice__clone_jobs__batch__sources__sample=sample)
        elif self.erasure.voice_id is not None:
            held = held.filter(voice=self.erasure.voice_id)
        else:
            return ""
        found = held.select_related("set_by").first()
        words = f": {found.reason}" if found and found.reason else ""
        return f"Legal hold by {found.set_by}{words}." if found else ""

    # What Voiceboard keeps

    def _erase_here(self) -> None:
        erasure, voice = self.erasure, self.erasure.voice
        self._note_try()
        if erasure.kind == Kind.SPEECH and self._is_speaking():
            self.lease.release(
                after=_JOB_WAIT, state=State.WAITING, message="A text is still being generated."
            )
            return
        try:
            if erasure.kind in _OF_SAMPLES:
                erase_sample(erasure.object_key, self.clock())
            elif erasure.kind == Kind.PROOF:
                erase_proof(erasure.object_key)
            elif voice is not None:
                erase = {Kind.PREVIEW: erase_preview, Kind.EMBEDDING: erase_embedding}
                erase.get(Kind(erasure.kind), erase_speech)(voice)
        except MediaUnavailable:
            words = "The file store isn't responding. Trying again soon."
            self._wait_or_fail(words, _STORE_WAIT)
            return
        self._end(State.ERASED, "")

    def _is_speaking(self) -> bool:
        rows = Synthesis.objects.filter(voice=self.erasure.voice_id)
        return rows.filter(state__in=Synthesis.ACTIVE_STATES).exists()

    # Clones that are being made

    def _end_job(self) -> None:
        """Cancel the clone, and wait for its own worker to find and remove what was made."""
        job = CloneJob.objects.filter(pk=self.erasure.object_key).first()
        if job is None or (job.is_finished and not job.needs_look):
            became = bool(job and job.is_ready)
            words = "It became a voice, which is listed on its own." if became else ""
            self._end(State.ERASED, words or (job.message if job else ""))
        elif job.needs_look and (job.cancel_asked_at or job.credential_id is None):
            self._end(State.FAILED, job.message or "Nobody knows whether the voice was made.")
        else:
            self._cancel(job)
            words = "Waiting for the clone to end."
            self.lease.release(after=_JOB_WAIT, state=State.WAITING, message=words)

    def _cancel(self, job: CloneJob) -> None:
        now = self.clock()
        rows = CloneJob.objects.filter(pk=job.pk)
        if job.needs_look:
            # It looks again for a day, and removes what it finds.
            rows.filter(state=CloneJob.State.NEEDS_LOOK).update(
                state=CloneJob.State.WAITING, cancel_asked_at=now, sent_at=now, ended_at=None
            )
        rows.filter(cancel_asked_at=None).active().update(cancel_asked_at=now)
        rows.active().update(not_before=None, woken_at=None)

    # Voices at a provider

    def _erase_voice(self) -> None:
        erasure, voice = self.erasure, self.erasure.voice
        self._note_try()
        if voice is None or voice.is_gone:
            self._end(State.GONE, "It was already gone.")
            return
        info = voice.info
        if not info.can_delete:
            self._archive(voice)
            return
        keys = find_deleting_keys(None, erasure.withdrawal.team, [voice])
        jobs = CloneJob.objects.filter(voice=voice).order_by("created_at", "pk")
        key = keys.choose_any(voice, jobs.values_list("credential", flat=True).first())
        base_url = settings.PROVIDER_BASE_URLS.get(voice.provider)
        if base_url is None:
            self._wait_longer(f"{info.label} is turned off in this installation.")
        elif key is None:
            self._wait_longer(keys.describe_obstacle(voice))
        else:
            self._delete(voice, key, base_url)

    def _delete(self, voice: Voice, key: Credential, base_url: str) -> None:
        with durable_transaction():
            self.lease.write(
                step=Step.SENT,
                credential=key,
                attempt_count=self.erasure.attempt_count + 1,
            )
        try:
            with open_provider(voice.provider, key.secrets(), base_url) as provider:
                state, words = State.ERASED, ""
                try:
                    provider.delete(self.erasure.remote_id)
                except NotFound:
                    state, words = State.GONE, "The provider no longer knew this voice."
                end_waits(voice.provider, self.clock())
                self._keep_tombstone(voice, state, words)
                self.gone_from = voice.account_id
                refresh_slots(voice.account_id, provider, self.clock())
        except CannotOpen:
            self._wait_longer("The key can't be decrypted. Replace it.")
        except ProviderError as exc:
            self._wait_longer(exc.message, exc)

    @transaction.atomic
    def _archive(self, voice: Voice) -> None:
        label = voice.info.label
        words = f"{label} can't delete voices. It is hidden here but still exists at {label}."
        rows = Voice.objects.filter(pk=voice.pk, archived_at=None)
        rows.update(archived_at=self.clock())
        touch_voices([voice.pk])
        self._end(State.ARCHIVED, words)

    @transaction.atomic
    def _keep_tombstone(self, voice: Voice, state: Erasure.State, words: str) -> None:
        now = self.clock()
        Voice.objects.filter(pk=voice.pk, remote_deleted_at=None).update(
            remote_deleted_at=now,
            changed_at=now,
            gone_reason="Erased, because the speaker withdrew their permission.",
        )
        touch_voices([voice.pk])
        self._end(state, words, step=Step.CONFIRMED)

    # How a pass ends

    def _note_try(self) -> None:
        if self.erasure.sent_at is None:
            self.erasure.sent_at = self.clock()
            self.lease.write(sent_at=self.erasure.sent_at)

    def _wait_longer(self, message: str, exc: ProviderError | None = None) -> None:
        """Try again after twice the time, up to half an hour, for a day."""
        failures = self.erasure.failure_count + 1
        seconds = float(min(_LONGEST_WAIT, 2 ** min(failures, 11)))
        if isinstance(exc, TryLater) and exc.retry_after is not None:
            seconds = min(_LONGEST_WAIT, exc.retry_after)
        is_silent = exc is not None and waits_for_answer(exc)
        self._wait_or_fail(
            message, timedelta(seconds=seconds), failure_count=failures, waits_for_answer=is_silent
        )

    def _wait_or_fail(self, message: str, after: timedelta, **values: Any) -> None:
        if self.erasure.has_expired(self.clock()):
            self._end(State.FAILED, f"{message} This went on for a day.")
        else:
            self.lease.release(after=after, state=State.WAITING, message=message[:500], **values)

    @transaction.atomic
    def _end(self, state: Erasure.State, message: str, **values: Any) -> None:
        now, erasure = self.clock(), self.erasure
        self.lease.write(
            state=state, message=message[:500], ended_at=now, lease_until=None, **values
        )
        withdrawal = erasure.withdrawal
        record(
            withdrawal.approved_by,
            _ACTS.get(state, "copy erased"),
            erasure.voice or withdrawal,
            team=withdrawal.team,
            now=now,
            reason=say_stored(message),
            follows=withdrawal,
            provider=erasure.provider_label,
            remote_id=erasure.remote_id,
            kind=erasure.kind,
            withdrawal=withdrawal.pk,
            copies=erasure.count,
        )


_ACTS = {
    State.GONE: "copy already gone",
    State.ARCHIVED: "copy hidden",
    State.FAILED: "copy not erased",
}


def retry_now(rows: Any, now: datetime) -> int:
    """Queue these copies again, with a new day of tries; return how many."""
    states = [State.FAILED, State.WAITING, State.HELD]
    changed: int = rows.filter(state__in=states).update(
        state=State.QUEUED,
        step=Step.PLANNED,
        failure_count=0,
        sent_at=None,
        not_before=None,
        lease_until=None,
        ended_at=None,
        waits_for_answer=False,
        woken_at=now,
        fence=F("fence") + 1,
    )
    return changed
