"""How long work waits for a failing provider, and how it resumes once the provider answers."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from catalog.jobs.base.leases import RowId
from catalog.models import CloneJob, Erasure, PlannedDeletion, Synthesis
from catalog.models.base.leases import LeasedWork
from catalog.providers.errors import (
    CredentialRejected,
    ProviderError,
    RequestRejected,
    TryLater,
    Unsupported,
)

_LONGEST_WAIT = 300
_ASKED_AGAIN_AFTER = timedelta(minutes=5)
# Work that keeps failing waits at least this fraction of its delay, even if other calls succeed.
_LEAST_PART = 1 / 16
_PROBE_EVERY = timedelta(seconds=15)
_BETWEEN_TWO = timedelta(seconds=1)
_MOST_AT_ONCE = 500
_ACCOUNT_OF: dict[type[LeasedWork], str] = {
    CloneJob: "account",
    PlannedDeletion: "account",
    Synthesis: "voice__account",
    Erasure: "account",
}


class _Wait(NamedTuple):
    """One row that waits for its provider to answer again."""

    model: type[LeasedWork]
    pk: RowId
    fence: int
    provider: str
    account_id: int
    until: datetime
    failures: int

    @property
    def failed_at(self) -> datetime:
        """When its last call failed."""
        return self.until - _wait_after(self.failures)

    @property
    def earliest(self) -> datetime:
        """The earliest time for the next attempt."""
        return self.failed_at + _LEAST_PART * _wait_after(self.failures)

    def end(self, at: datetime) -> int:
        """Bring the row forward to ``at`` if that is sooner; return 1 if it was, else 0."""
        rows = self.model._default_manager.filter(pk=self.pk, not_before__gt=at)
        # The fence has moved on if a worker claimed the row in the meantime; then leave it alone.
        free = rows.filter(fence=self.fence, lease_until=None, waits_for_answer=True)
        return free.update(not_before=at, woken_at=None)


def back_off(failures: int, exc: ProviderError) -> timedelta:
    """Return how long to wait after this many failures in a row."""
    if isinstance(exc, TryLater) and exc.retry_after is not None:
        # Spread out jobs that got the same Retry-After.
        return timedelta(seconds=exc.retry_after * random.uniform(1, 1.1))  # noqa: S311
    if isinstance(exc, CredentialRejected | Unsupported):
        return _ASKED_AGAIN_AFTER
    return _wait_after(failures)


def waits_for_answer(exc: ProviderError) -> bool:
    """Return whether the wait may end early, as soon as the provider answers another call."""
    if isinstance(exc, TryLater):
        return exc.retry_after is None
    return not isinstance(exc, RequestRejected | CredentialRejected | Unsupported)


def end_waits(provider: str, now: datetime) -> int:
    """Bring forward the work that waits for this provider, which just answered; return how many.

    Work of the same account is spaced one second apart to respect its rate limit.
    """
    place: Counter[int] = Counter()
    count = 0
    for wait in _find_waits(now, provider):
        count += wait.end(max(now + place[wait.account_id] * _BETWEEN_TWO, wait.earliest))
        place[wait.account_id] += 1
    return count


def probe_providers(now: datetime) -> int:
    """Let one job per silent provider retry now; return how many.

    Its success brings the others forward, so they can use long delays.
    """
    silent: defaultdict[str, list[_Wait]] = defaultdict(list)
    for wait in _find_waits(now):
        silent[wait.provider].append(wait)
    count = 0
    for waits in silent.values():
        if now - max(wait.failed_at for wait in waits) >= _PROBE_EVERY:
            first = min(waits, key=lambda wait: wait.failed_at)
            count += first.end(max(now, first.earliest))
    return count


def _find_waits(now: datetime, provider: str = "") -> Iterator[_Wait]:
    for model, account in _ACCOUNT_OF.items():
        slug = f"{account}__provider"
        rows = model._default_manager.filter(
            waits_for_answer=True, lease_until=None, not_before__gt=now
        )
        if provider:
            rows = rows.filter(**{slug: provider})
        found = rows.order_by("created_at").values_list(
            "pk", "fence", slug, account, "not_before", "failure_count"
        )
        for row in found[:_MOST_AT_ONCE]:
            yield _Wait(model, *row)


def _wait_after(failures: int) -> timedelta:
    return timedelta(seconds=min(_LONGEST_WAIT, 2 ** min(failures, 9)))
