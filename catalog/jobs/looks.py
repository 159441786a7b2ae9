"""Look at the provider after an unclear end: adopt what is there, or prove that nothing is."""

import random
from datetime import timedelta

from django.conf import settings

from catalog.audit import record
from catalog.jobs.turns import GIVE_UP_AFTER, CloneTurn
from catalog.models import CloneJob
from catalog.providers.base import Provider
from catalog.providers.errors import CredentialRejected, ProviderError, TryLater, Unsupported
from catalog.providers.types import RemoteVoice

Step = CloneJob.Step

_EMPTY_LOOKS = 2


class LookingTurn(CloneTurn):
    """A turn that may find the job's voice at the provider, and then goes on with it."""

    def _fetch_voice(self, provider: Provider) -> None:
        raise NotImplementedError

    def _look(self, provider: Provider) -> None:
        """Search the provider's voices for our marker; only a complete look counts."""
        sent_at = self.job.sent_at or self.clock()
        self._take_account()
        info = self.job.account.info
        if not info.marker_length and not info.finds_by_progress:
            self._ask_for_look("This provider does not show which voice came from this job.")
            return
        try:
            found = self._find_made(provider)
        except ProviderError as exc:
            self._note(exc)
            if self.clock() - sent_at > GIVE_UP_AFTER:
                self._ask_for_look("The provider could not be asked for a day.")
            else:
                words = f"Could not look at the provider yet: {exc.message}"
                self._wait(words, back_off(len(self.job.evidence), exc))
            return
        if found:
            self._adopt(found[0].remote_id, "Found at the provider after its answer got lost.")
            self._remove_doubles(provider, found[1:])
            self._fetch_voice(provider)
        else:
            self._count_empty_look()

    def _find_made(self, provider: Provider) -> list[RemoteVoice]:
        if self.job.account.info.finds_by_progress:
            # Nothing kept means that the call which makes the voice was never begun.
            return provider.find_by_progress(self.job.progress) if self.job.progress else []
        return provider.find_marked(self.job.marker)

    def _count_empty_look(self) -> None:
        sent_at, settle = self.job.sent_at or self.clock(), self._settle_time()
        left = sent_at + settle - self.clock()
        words = "Looking whether the provider made the voice."
        if left > timedelta(0):
            self._wait(words, min(left, max(settle / 12, timedelta(seconds=1))), step=Step.UNKNOWN)
        elif self.job.empty_look_count + 1 < _EMPTY_LOOKS:
            count = self.job.empty_look_count + 1
            # A whole settle time again: should the clock have jumped, this one is a true one.
            self._wait(words, settle, step=Step.UNKNOWN, empty_look_count=count)
        else:
            self._wait(
                "The provider did not make the voice. Sending again.",
                timedelta(0),
                step=Step.PLANNED,
            )

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
            record(
                None,
                "double removed",
                self.job,
                team=self.job.team,
                now=self.clock(),
                reason="The provider made this clone twice; the marker is ours.",
                remote_id=double.remote_id,
            )

    def _adopt(self, remote_id: str, note: str) -> None:
        self._write_durably(
            step=Step.CONFIRMED,
            remote_id=remote_id,
            empty_look_count=0,
            message=note or "The provider made the voice. Fetching it.",
        )
        self._free_account()


def back_off(tries: int, exc: ProviderError) -> timedelta:
    """Return how long to wait before the provider is asked again."""
    if isinstance(exc, TryLater) and exc.retry_after is not None:
        # Whoever was told the same moment should not all be there at once.
        return timedelta(seconds=exc.retry_after * random.uniform(1, 1.1))  # noqa: S311
    if isinstance(exc, CredentialRejected | Unsupported):
        return timedelta(minutes=5)
    return timedelta(seconds=min(300, 2 ** min(tries, 8)))
