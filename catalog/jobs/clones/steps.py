"""One worker's pass over one clone job: how it reserves the account, and how it ends."""

from datetime import timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q

from catalog.audit import record
from catalog.core.durable_commits import durable_transaction
from catalog.jobs.base.backoff import back_off, end_waits, waits_for_answer
from catalog.jobs.base.leases import Clock, Lease, LeaseLost
from catalog.jobs.clones.first_speech import request_first_speech
from catalog.jobs.credentials.check import keep_refusal
from catalog.jobs.notifications.clones import notify_of_end, notify_of_wait
from catalog.models import CloneJob, Credential, ProviderAccount
from catalog.models.base.leases import free_lease
from catalog.providers.errors import CredentialRejected, ProviderError

State, Step = CloneJob.State, CloneJob.Step

GIVE_UP_AFTER = timedelta(hours=24)
_ACCOUNT_LEASE = timedelta(minutes=3)
KEY_WAIT = timedelta(minutes=1)


class CloneStep:
    """A claimed job with the ways to write to it; every write checks the lease's fence."""

    def __init__(self, lease: Lease, clock: Clock) -> None:
        self.lease, self.clock = lease, clock
        rows = CloneJob.objects.select_related(
            "credential", "account", "team", "requested_by", "kept_by", "batch__consent"
        )
        self.job = rows.get(pk=lease.pk)
        self.sources = list(
            self.job.batch.sources.select_related("sample", "batch").order_by("position")
        )

    # The account: one create at a time

    def _take_account(self) -> bool:
        now = self.clock()
        holder = CloneJob.objects.filter(pk=OuterRef("busy_with"))
        ended = Exists(holder.exclude(state__in=CloneJob.ACTIVE_STATES))
        # A call may outlast the account's lease, but the job's own lease is renewed meanwhile.
        run_out = free_lease(now, "busy_until") & ~Exists(holder.exclude(free_lease(now)))
        free = Q(busy_with=self.job.pk) | run_out | ended
        rows = ProviderAccount.objects.filter(free, pk=self.job.account_id)
        return bool(rows.update(busy_with=self.job.pk, busy_until=now + _ACCOUNT_LEASE))

    def _free_account(self) -> None:
        rows = ProviderAccount.objects.filter(pk=self.job.account_id, busy_with=self.job.pk)
        rows.update(busy_with=None, busy_until=None)

    # How a step ends

    def _write_durably(self, **values: Any) -> None:
        with durable_transaction():
            self.lease.write(**values)
        for name, value in values.items():
            setattr(self.job, name, value)

    def _wait(self, message: str, after: timedelta, **values: Any) -> None:
        if values.get("step", self.job.step) == Step.PLANNED:
            # A job in doubt is searched for first, so here it is known to be unsent.
            values["unsent_at"] = self.clock()
        self.lease.release(after=after, state=State.WAITING, message=message[:500], **values)

    def _wait_out(self, message: str, exc: ProviderError, **values: Any) -> None:
        """Wait longer after each failure in a row, or until the provider answers other calls."""
        values["waits_for_answer"] = waits_for_answer(exc)
        self._wait(message, back_off(self.job.failure_count, exc), **values)

    def _note_answer(self, *, is_on_the_way: bool = True) -> None:
        """Note that the provider answered properly, and resume the work that waits for it.

        ``is_on_the_way`` also resets the job's own failure count.
        """
        if is_on_the_way and self.job.failure_count:
            self.job.failure_count = 0
            self.lease.write(failure_count=0)
        end_waits(self.job.account.provider, self.clock())

    def _fail(self, message: str, **values: Any) -> None:
        self._finish(State.FAILED, message=message[:500], **values)
        record(None, "clone failed", self.job, team=self.job.team, now=self.clock())

    def _ask_for_look(self, message: str) -> None:
        self._finish(State.NEEDS_LOOK, message=message)
        record(None, "clone needs attention", self.job, team=self.job.team, now=self.clock())

    def _finish(self, state: CloneJob.State, **values: Any) -> None:
        self._free_account()
        with transaction.atomic():
            self.lease.write(state=state, ended_at=self.clock(), lease_until=None, **values)
            notify_of_end(self.job, state, values.get("message", ""), self.clock())

    def _finish_unless_cancelled(self, state: CloneJob.State, **values: Any) -> bool:
        """End the job; return False if someone canceled it in the meantime."""
        with transaction.atomic():
            rows = CloneJob.objects.select_for_update(no_key=True).filter(pk=self.job.pk)
            fence, asked_at = rows.values_list("fence", "cancel_asked_at").get()
            if fence != self.lease.fence:
                raise LeaseLost
            if asked_at is None:
                self._finish(state, **values)
                request_first_speech(self.job, values["voice"], self.clock())
            return asked_at is None

    def _is_being_cancelled(self) -> bool:
        rows = CloneJob.objects.filter(pk=self.job.pk).exclude(cancel_asked_at=None)
        return rows.exists()

    def _note_handover(self) -> None:
        """Note that the upload is complete. For display only, so database errors are ignored."""
        try:
            self.lease.write(handed_over_at=self.clock(), message="")
        except DatabaseError:
            return

    # The key

    def _find_key(self) -> Credential | None:
        """Return the job's key, or a replacement if it is rejected.

        Once something was sent, only a key of the same person is sure to list the result.
        """
        key = self.job.credential
        if key is None or not key.is_refused:
            return key
        working = Credential.objects.visible_to(self.job.responsible).working()
        others = working.filter(account=self.job.account_id).order_by("created_at", "pk")
        if self.job.step != Step.PLANNED:
            others = others.filter(owner=key.owner_id)
        return others.first() or key

    def _wait_for_key(self) -> None:
        """Wait up to a day for the rejected key to be replaced; nothing is sent meanwhile."""
        label = self.job.account.info.label
        if self.clock() - self.job.created_at > GIVE_UP_AFTER:
            self._fail(f"{label} rejected the key. It wasn't replaced in 24 hours.")
            return
        self._wait(f"{label} rejected the key. Replace it to continue.", KEY_WAIT)

    def _note_refused_key(self, key: Credential, exc: CredentialRejected) -> None:
        """Mark the key as rejected so no other job uses it, and notify the responsible person."""
        keep_refusal(key, exc, self.clock())
        notify_of_wait(self.job, f"{exc.message} Replace the key to continue.", self.clock())

    def _stop_without_key(self) -> None:
        if self.job.step == Step.PLANNED:
            self._fail("Stopped: the key was removed.")
        else:
            self._ask_for_look("The key was removed before the provider answered.")

    def _note(self, exc: ProviderError) -> None:
        """Keep the provider's answer as evidence for the person who resolves an unclear job."""
        line = {
            "at": self.clock().isoformat(timespec="seconds"),
            "said": exc.message[:300],
            "status": exc.status,
            "request_id": exc.request_id[:80],
        }
        # The first lines show how the job became unclear, the last ones its current state.
        lines = [*self.job.evidence, line]
        self.job.evidence = lines if len(lines) <= 20 else [*lines[:5], *lines[-15:]]
        self.job.failure_count += 1
        self.lease.write(evidence=self.job.evidence, failure_count=self.job.failure_count)
