"""The figures for monitoring: what they count, and that they name nobody."""

import math
from datetime import timedelta

import pytest

from catalog.jobs.health.heartbeats import note_beat
from catalog.models import CloneJob, Credential, Installation, ProviderAccount, Tick
from catalog.queries.health.metrics import measure_host, measure_work
from tests import factories

NOW = factories.NOW


def read(now=NOW) -> dict[tuple[str, ...], float]:
    """Return each value by the metric's name and its labels."""
    return {
        (metric.name, *labels): value
        for metric in [*measure_work(now), *measure_host()]
        for labels, value in metric.samples
    }


def test_jobs_are_counted_by_state_with_a_zero_for_each_that_has_none(cast):
    factories.make_job(cast.ana, cast.credential, state=CloneJob.State.NEEDS_LOOK)
    factories.make_job(cast.ana, cast.credential, state=CloneJob.State.READY)

    found = read()

    assert found["jobs", "clone", "needs_look"] == found["jobs", "clone", "ready"] == 1
    assert found["jobs", "clone", "queued"] == found["jobs", "deletion", "failed"] == 0
    assert found["keys", "good"] == Credential.objects.filter(health="good").count() > 0


def test_only_a_job_that_could_run_counts_as_waiting(cast):
    minute = timedelta(minutes=1)
    waiting = {"state": CloneJob.State.WAITING, "created_at": NOW - 9 * minute}
    factories.make_job(cast.ana, cast.credential, **waiting, not_before=NOW + minute)
    factories.make_job(cast.ana, cast.credential, **waiting, lease_until=NOW + minute / 4)
    assert read()["oldest_due_seconds", "clone"] == 0

    factories.make_job(cast.ana, cast.credential, **waiting, not_before=NOW - 3 * minute)
    assert read()["oldest_due_seconds", "clone"] == 180


def test_emails_are_counted_while_they_wait_and_for_a_day_after(cast):
    for hours, state in ((3, "waiting"), (2, "sending"), (5, "sent"), (30, "dropped")):
        at = NOW - timedelta(hours=hours)
        ended_at = at if state in {"sent", "dropped"} else None
        factories.make_mail(cast.mia, state=state, created_at=at, ended_at=ended_at)

    found = read()

    assert found["mail", "waiting"] == found["mail", "sending"] == found["mail", "sent"] == 1
    assert found["mail", "dropped"] == 0
    assert found["mail_wait_seconds",] == 3 * 3600


def test_backup_and_verification_are_as_old_as_they_are_and_infinitely_old_without_one(cast):
    assert read()["backup_age_seconds",] == read()["audit_verified_age_seconds",] == math.inf

    Installation.objects.update(
        backed_up_at=NOW - timedelta(hours=1), audit_verified_at=NOW - timedelta(hours=2)
    )

    assert (read()["backup_age_seconds",], read()["audit_verified_age_seconds",]) == (3600, 7200)


def test_a_queue_is_as_old_as_its_latest_heartbeat_and_infinitely_old_without_one(db):
    note_beat("jobs@one", "jobs,requests", NOW - timedelta(seconds=70))
    note_beat("jobs@two", "jobs", NOW - timedelta(seconds=5))
    note_beat("schedule", "", NOW - timedelta(seconds=7))
    note_beat("web@one", "", NOW - timedelta(seconds=3))

    found = read()

    assert found["last_beat_seconds", "jobs"] == 5
    assert found["last_beat_seconds", "requests"] == 70
    assert found["last_beat_seconds", "schedule"] == 7
    assert found["last_beat_seconds", "web"] == 3
    assert found["last_beat_seconds", "syncs"] == math.inf
    assert ("last_beat_seconds", "speech") not in found


def test_a_providers_sync_is_as_old_as_that_of_its_oldest_account(cast):
    account = cast.credential.account
    ProviderAccount.objects.update(synced_at=NOW)
    ProviderAccount.objects.filter(pk=account.pk).update(synced_at=NOW - timedelta(hours=1))
    assert read()["sync_age_seconds", account.provider] == 3600

    # A key that doesn't work is counted as such; no sync can be expected of it.
    Credential.objects.filter(account=account).update(health=Credential.Health.REJECTED)
    assert read().get(("sync_age_seconds", account.provider), 0) == 0


@pytest.mark.parametrize(("seconds", "late"), [(-5, 0), (12, 12)])
def test_a_tick_is_late_once_its_time_has_passed(db, seconds, late):
    Tick.objects.create(name="sweep", next_at=NOW - timedelta(seconds=seconds))

    Tick.objects.create(name="of-an-older-version", next_at=NOW - timedelta(days=1))

    found = read()

    assert found["tick_late_seconds", "sweep"] == late
    assert ("tick_late_seconds", "of-an-older-version") not in found


def test_no_label_names_a_person_a_team_or_a_key(cast):
    factories.make_job(cast.ana, cast.credential, name="A name to hide")

    labels = {label.lower() for _, *labels in read() for label in labels}

    hidden = {"ana", "aurora", "a name to hide", cast.credential.nickname.lower()}
    assert labels.isdisjoint({*hidden, str(cast.credential.account_id)})
    assert not [label for label in labels if "@" in label]
