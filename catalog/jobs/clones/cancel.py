"""Stop a clone, and remove at the provider what was made of it."""

from django.db import transaction

from catalog.audit import record
from catalog.jobs.accounts.slots import refresh_slots
from catalog.jobs.clones.reconcile import ReconcileStep
from catalog.jobs.clones.steps import GIVE_UP_AFTER
from catalog.models import CloneJob, Voice
from catalog.models.voices.versions import touch_voices
from catalog.providers.base import Provider
from catalog.providers.errors import NotFound, ProviderError

State = CloneJob.State


class CancelStep(ReconcileStep):
    """A turn at whose end nothing of the job is left at the provider, if somebody wants that."""

    def _cancel(self, message: str) -> None:
        self._finish(State.CANCELLED, message=message)
        record(None, "clone cancelled", self.job, team=self.job.team, now=self.clock())

    def _remove(self, provider: Provider) -> None:
        """Delete the voice that was made; only then is the job cancelled."""
        info = self.job.account.info
        if not info.can_delete:
            self._cancel(f"{info.label} had made the voice and cannot delete it: it stays there.")
            return
        try:
            provider.delete(self.job.remote_id)
        except NotFound:
            pass  # it went before us, or with an answer that got lost
        except ProviderError as exc:
            self._wait_to_remove(exc)
            return
        self._note_answer()
        self._keep_tombstone()
        self._cancel(f"The voice was removed at {info.label}.")
        refresh_slots(self.job.account_id, provider, self.clock())

    def _wait_to_remove(self, exc: ProviderError) -> None:
        self._note(exc)
        if self.clock() - (self.job.cancel_asked_at or self.clock()) > GIVE_UP_AFTER:
            self._ask_for_look("It was cancelled, but the voice could not be removed for a day.")
            return
        self._wait_out(f"Cancelling. The voice could not be removed yet: {exc.message}", exc)

    def _keep_tombstone(self) -> None:
        now = self.clock()
        rows = Voice.objects.filter(
            account=self.job.account_id, remote_id=self.job.remote_id, remote_deleted_at=None
        )
        with transaction.atomic():
            ids = list(rows.values_list("pk", flat=True))
            rows.update(
                remote_deleted_at=now, changed_at=now, gone_reason="Its clone was cancelled."
            )
            touch_voices(ids)
