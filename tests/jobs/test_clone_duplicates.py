"""What a provider makes long after a clone has ended is found by its marker, and removed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.jobs.clones import duplicates
from catalog.jobs.clones.duplicates import audit_clone, find_due_audits
from catalog.models import AuditEntry, CloneJob
from catalog.providers import errors
from tests import factories
from tests.conftest import Clock
from tests.jobs.test_clones import StubProvider

NOW = factories.NOW


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch, settings: Any) -> StubProvider:
    stub = StubProvider()

    @contextmanager
    def open_stub(*_: Any) -> Iterator[StubProvider]:
        yield stub

    monkeypatch.setattr(duplicates, "open_provider", open_stub)
    settings.SETTLE_SECONDS = 120
    return stub


def ended(cast: SimpleNamespace, provider: StubProvider, **values: Any) -> CloneJob:
    """Return a job that was sent twice, whose provider has made its voice."""
    defaults = {"state": "ready", "step": "confirmed", "attempt_count": 2, "remote_id": "remote-1"}
    job = factories.make_job(cast.ana, cast.credential, **{**defaults, **values}, ended_at=NOW)
    if job.is_ready:
        provider.make(job.marker)
    return job


def test_a_double_that_came_too_late_is_removed_and_logged(cast, provider, clock):
    job = ended(cast, provider)
    provider.make(job.marker)
    provider.make("vb1:somebody:else")
    clock.move(minutes=10)

    assert audit_clone(job.pk, clock) == 1

    assert provider.deleted == ["remote-2"]
    assert AuditEntry.objects.get(action="double removed").facts["remote_id"] == "remote-2"


def test_what_a_first_call_made_too_late_is_removed_although_the_second_was_refused(
    cast, provider, clock
):
    job = ended(cast, provider, state="failed", step="refused", remote_id="")
    provider.make(job.marker)
    clock.move(minutes=10)

    assert find_due_audits(clock.now) == [str(job.pk)]
    assert audit_clone(job.pk, clock) == 1
    assert provider.deleted == ["remote-1"]


def test_a_double_is_found_after_a_single_call_too(cast, provider, clock):
    job = ended(cast, provider, attempt_count=1)
    provider.make(job.marker)
    clock.move(minutes=10)

    assert find_due_audits(clock.now) == [str(job.pk)]
    assert audit_clone(job.pk, clock) == 1
    assert provider.deleted == ["remote-2"]


def test_what_was_made_after_a_cancel_is_removed(cast, provider, clock):
    job = ended(cast, provider, state="cancelled", step="planned", remote_id="", attempt_count=1)
    provider.make(job.marker)
    clock.move(minutes=10)

    audit_clone(job.pk, clock)

    assert provider.voices == {}


def test_it_is_looked_for_after_ten_minutes_and_an_hour_and_then_no_more(cast, provider, clock):
    job = ended(cast, provider)
    ended(cast, provider, state="failed", attempt_count=0)
    looks = []

    for _ in range(20):
        if find_due_audits(clock.now) == [str(job.pk)]:
            looks.append((clock.now - NOW) // timedelta(minutes=1))
            audit_clone(job.pk, clock)
        audit_clone(job.pk, clock)
        clock.move(minutes=5)

    assert looks == [10, 60]
    assert provider.look_count == 2
    assert provider.deleted == []


def test_a_list_that_cannot_be_had_is_asked_for_again(
    cast: SimpleNamespace, provider: StubProvider, clock: Clock
) -> None:
    job = ended(cast, provider)
    provider.on_look = [errors.TryLater("The list is down.")]
    clock.move(minutes=10)

    audit_clone(job.pk, clock)

    assert find_due_audits(clock.now) == [str(job.pk)]
    audit_clone(job.pk, clock)
    assert find_due_audits(clock.now) == []
