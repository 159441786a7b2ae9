"""Duplicate voices that appear after a clone ended are found by its marker and deleted."""

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


def make_ended(cast: SimpleNamespace, provider: StubProvider, **values: Any) -> CloneJob:
    """Return a finished job that was sent twice; the provider has made its voice."""
    defaults = {"state": "ready", "step": "confirmed", "attempt_count": 2, "remote_id": "remote-1"}
    job = factories.make_job(cast.ana, cast.credential, **{**defaults, **values}, ended_at=NOW)
    if job.is_ready:
        provider.make(job.marker)
    return job


def test_late_duplicate_is_deleted_and_logged(cast, provider, clock):
    job = make_ended(cast, provider)
    provider.make(job.marker)
    provider.make("vb1:another:marker")
    clock.move(minutes=10)

    assert audit_clone(job.pk, clock) == 1

    assert provider.deleted == ["remote-2"]
    assert AuditEntry.objects.get(action="duplicate removed").facts["remote_id"] == "remote-2"


def test_late_voice_is_deleted_if_the_second_call_was_refused(cast, provider, clock):
    job = make_ended(cast, provider, state="failed", step="refused", remote_id="")
    provider.make(job.marker)
    clock.move(minutes=10)

    assert find_due_audits(clock.now) == [str(job.pk)]
    assert audit_clone(job.pk, clock) == 1
    assert provider.deleted == ["remote-1"]


def test_duplicate_is_found_after_a_single_call(cast, provider, clock):
    job = make_ended(cast, provider, attempt_count=1)
    provider.make(job.marker)
    clock.move(minutes=10)

    assert find_due_audits(clock.now) == [str(job.pk)]
    assert audit_clone(job.pk, clock) == 1
    assert provider.deleted == ["remote-2"]


def test_voice_made_after_a_cancel_is_deleted(cast, provider, clock):
    job = make_ended(
        cast, provider, state="cancelled", step="planned", remote_id="", attempt_count=1
    )
    provider.make(job.marker)
    clock.move(minutes=10)

    audit_clone(job.pk, clock)

    assert provider.voices == {}


def test_duplicates_are_looked_for_after_10_and_60_minutes_only(cast, provider, clock):
    job = make_ended(cast, provider)
    make_ended(cast, provider, state="failed", attempt_count=0)
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


def test_failed_lookup_for_duplicates_is_retried(
    cast: SimpleNamespace, provider: StubProvider, clock: Clock
) -> None:
    job = make_ended(cast, provider)
    provider.on_look = [errors.TryLater("The list is down.")]
    clock.move(minutes=10)

    audit_clone(job.pk, clock)

    assert find_due_audits(clock.now) == [str(job.pk)]
    audit_clone(job.pk, clock)
    assert find_due_audits(clock.now) == []
