"""Check the provider after an unclear end: adopt the voice, or prove that there is none."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from catalog.audit import record
from catalog.core.durable_commits import durable_transaction
from catalog.jobs.base.restore_doubts import get_start, known_unsent_at, may_be_restored
from catalog.jobs.charges import note_double, settle_made, settle_not_made
from catalog.jobs.clones.steps import GIVE_UP_AFTER, KEY_WAIT, CloneStep
from catalog.models import CloneJob
from catalog.providers.base import Provider
from catalog.providers.errors import (
    CredentialRejected,
    PermissionMissing,
    ProviderError,
    Unsupported,
)
from catalog.providers.types import RemoteVoice

Step = CloneJob.Step

_EMPTY_LOOKS = 2


class ReconcileStep(CloneStep):
    """A step that may find the job's voice at the provider and continue with it."""

    def _fetch_voice(self, provider: Provider) -> None:
        raise NotImplementedError

    def _look(self, provider: Provider) -> None:
        """Search the provider's voices for our marker; only a complete search counts."""
        if not self._is_in_doubt:
            self._take_account()
        info = self.job.account.info
        if not info.marker_length and not info.finds_by_progress:
            self._ask_for_look("This provider doesn't show which voice came from this job.")
            return
        try:
            found = self._find_made(provider)
        except ProviderError as exc:
            self._note(exc)
            self._look_later(exc)
            return
        # A first check says nothing about the calls that made the job wait.
        self._note_answer(is_on_the_way=not self._is_in_doubt)
        if found:
            words = "already made" if self._is_in_doubt else "made, but the response was lost"
            self._adopt(found[0].remote_id, f"Found at the provider: {words}.")
            self._remove_doubles(provider, found[1:])
            self._fetch_voice(provider)
        elif self._is_in_doubt:
            self._end_doubt()
        else:
            self._count_empty_look()

    @property
    def _is_in_doubt(self) -> bool:
        """Return whether the job knows of no call and only checks whether there was one."""
        return self.job.step == Step.UNKNOWN and self.job.sent_at is None

    def _find_made(self, provider: Provider) -> list[RemoteVoice]:
        if not self.job.account.info.finds_by_progress:
            return provider.find_marked(self.job.marker)
        if self._is_in_doubt:
            # Progress of an unknown call is lost, but the voice also carries the marker.
            return provider.find_by_progress({**self.job.progress, "marker": self.job.marker})
        # Without any progress, the call that makes the voice was never started.
        return provider.find_by_progress(self.job.progress) if self.job.progress else []

    def _look_later(self, exc: ProviderError) -> None:
        if self._is_in_doubt and isinstance(exc, PermissionMissing | Unsupported):
            self._ask_for_look(f"It may already exist, but this can't be checked. {exc.message}")
        elif self._is_in_doubt and isinstance(exc, CredentialRejected) and self.job.credential:
            self._note_refused_key(self.job.credential, exc)
            self._wait_for_key_to_look()
        elif self.clock() - self._unclear_since <= GIVE_UP_AFTER:
            self._wait_out(f"Could not check the provider yet: {exc.message}", exc)
        else:
            self._give_up_looking(f"The provider could not be checked for 24 hours. {exc.message}")

    def _give_up_looking(self, message: str) -> None:
        if self._is_in_doubt and not may_be_restored(self.job):
            # The job only waited a long time, and these workers never sent it.
            self._fail(message, step=Step.PLANNED)
        else:
            self._ask_for_look(message)

    def _wait_for_key_to_look(self) -> None:
        label = self.job.account.info.label
        if self.clock() - self._unclear_since > GIVE_UP_AFTER:
            self._give_up_looking(f"{label} rejected the key. It wasn't replaced in 24 hours.")
            return
        self._wait(f"{label} rejected the key. Replace it to continue.", KEY_WAIT)

    @property
    def _unclear_since(self) -> datetime:
        known = self.job.sent_at or known_unsent_at(self.job)
        return max(known, get_start() or known) if self._is_in_doubt else known

    def _end_doubt(self) -> None:
        """Let the job be sent, unless a recently made voice may still appear."""
        settle, started = self._settle_time(), get_start()
        left = timedelta(0)
        if started is not None and may_be_restored(self.job):
            # Another worker can only have sent something before this one was started.
            left = started + settle - self.clock()
        if left > timedelta(0):
            words = "Checking whether the provider already made this voice."
            self._wait(words, min(left, max(settle / 12, timedelta(seconds=1))))
        else:
            # Continue within the same step: after a longer pause the job would be in doubt again.
            self._write_durably(step=Step.PLANNED, unsent_at=self.clock())

    def _count_empty_look(self) -> None:
        sent_at, settle = self.job.sent_at or self.clock(), self._settle_time()
        left = sent_at + settle - self.clock()
        words = "Checking whether the provider made the voice."
        if left > timedelta(0):
            self._wait(words, min(left, max(settle / 12, timedelta(seconds=1))), step=Step.UNKNOWN)
        elif self.job.empty_look_count + 1 < _EMPTY_LOOKS:
            count = self.job.empty_look_count + 1
            # Wait a whole settle time again, in case the clock jumped during the first.
            self._wait(words, settle, step=Step.UNKNOWN, empty_look_count=count)
        else:
            with transaction.atomic():
                self._wait(
                    "The provider didn't make the voice. Retrying.",
                    timedelta(0),
                    step=Step.PLANNED,
                )
                settle_not_made(self.job, self.clock())

    def _settle_time(self) -> timedelta:
        seconds = settings.SETTLE_SECONDS or self.job.account.info.settle_seconds
        return timedelta(seconds=seconds)

    def _remove_doubles(self, provider: Provider, doubles: list[RemoteVoice]) -> None:
        for double in doubles:
            try:
                provider.delete(double.remote_id)
            except ProviderError as exc:
                self._note(exc)
                continue
            note_double(self.job, self.clock())
            record(
                None,
                "duplicate removed",
                self.job,
                team=self.job.team,
                now=self.clock(),
                reason="The provider made this clone twice; the marker is ours.",
                remote_id=double.remote_id,
            )

    def _adopt(self, remote_id: str, note: str) -> None:
        with durable_transaction():
            self._write_durably(
                step=Step.CONFIRMED,
                sent_at=self.job.sent_at or self.clock(),
                remote_id=remote_id,
                empty_look_count=0,
                message=note or "The provider made the voice. Fetching it.",
            )
            settle_made(self.job, self.clock())
        self._free_account()
