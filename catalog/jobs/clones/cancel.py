"""Cancel a clone, and delete what the provider already made."""

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
    """One step of a canceled job: removes what the provider already made."""

    def _cancel(self, message: str) -> None:
        self._finish(State.CANCELLED, message=message)
        record(None, "clone canceled", self.job, team=self.job.team, now=self.clock())

    def _remove(self, provider: Provider) -> None:
        """Delete the new voice, then mark the job as canceled."""
        info = self.job.account.info
        if not info.can_delete:
            self._cancel(f"{info.label} had already made the voice and can't delete it.")
            return
        try:
            provider.delete(self.job.remote_id)
        except NotFound:
            pass  # already deleted, perhaps by a call whose response was lost
        except ProviderError as exc:
            self._wait_to_remove(exc)
            return
        self._note_answer()
        self._keep_tombstone()
        self._cancel(f"The voice was deleted at {info.label}.")
        refresh_slots(self.job.account_id, provider, self.clock())

    def _wait_to_remove(self, exc: ProviderError) -> None:
        self._note(exc)
        if self.clock() - (self.job.cancel_asked_at or self.clock()) > GIVE_UP_AFTER:
            self._ask_for_look("It was canceled, but deleting the voice has failed for 24 hours.")
            return
        self._wait_out(f"Canceling. The voice could not be deleted yet: {exc.message}", exc)

    def _keep_tombstone(self) -> None:
        now = self.clock()
        rows = Voice.objects.filter(
            account=self.job.account_id, remote_id=self.job.remote_id, remote_deleted_at=None
        )
        with transaction.atomic():
            ids = list(rows.values_list("pk", flat=True))
            rows.update(
                remote_deleted_at=now, changed_at=now, gone_reason="Its clone was canceled."
            )
            touch_voices(ids)
