"""Queues: work that someone waits for never waits behind background work."""

import pytest
from celery import current_app
from celery.beat import ScheduleEntry

from catalog import tasks
from catalog.models import CloneJob, Heartbeat, ProviderAccount
from catalog.queries.health.background import look_at_health
from tests import factories
from tests.servers.processes import ROOT
from voiceboard.beat_scheduler import RUN_HERE, BeatScheduler
from voiceboard.celery import QUEUES, ROUTES, app
from voiceboard.prefork import NAMES, WORKERS

AWAITED = {"jobs", "requests", "deletions"}
ANALYSIS = {"previews", "mail", "analysis"}
HOUSEKEEPING = {"syncs", "maintenance"}


SERVED = [set(options["queues"].split(",")) for options in WORKERS.values()]


def test_every_task_has_a_queue():
    current_app.loader.import_default_modules()
    ours = {name for name in app.tasks if name.startswith("catalog.")}

    # The demo's task exists only in the demo, or if its own tests ran before.
    assert (ours - RUN_HERE) | {"catalog.tell_story"} == set(ROUTES)


def test_the_docs_name_every_process():
    text = (ROOT / "docs" / "operate" / "several-machines.md").read_text()

    assert {name for name in NAMES if f"`{name}`" not in text} == {"sandbox"}


def test_every_queue_has_one_worker_and_awaited_work_is_kept_separate():
    assert sorted(queue for queues in SERVED for queue in queues) == sorted(QUEUES)
    for queues in SERVED:
        assert sum(bool(queues & kind) for kind in (AWAITED, ANALYSIS, HOUSEKEEPING)) <= 1


@pytest.mark.parametrize(
    ("change", "queue"),
    [
        ({"synced_at": None}, "requests"),
        ({"synced_at": factories.NOW, "sync_due_at": factories.NOW}, "requests"),
        ({"synced_at": factories.NOW, "sync_due_at": None}, None),
    ],
    ids=["never fetched", "asked for", "kept fresh"],
)
def test_a_sync_that_someone_waits_for_uses_the_requests_queue(cast, monkeypatch, change, queue):
    sent = []
    monkeypatch.setattr(tasks.sync_account_task, "apply_async", lambda **named: sent.append(named))
    ProviderAccount.objects.filter(pk=cast.account.pk).update(**change)

    tasks.enqueue_sync(cast.account.pk)

    assert [named.get("queue") for named in sent] == [queue]


# The sweep


@pytest.fixture
def ticker(db, monkeypatch) -> BeatScheduler:
    current_app.loader.import_default_modules()
    monkeypatch.setattr("voiceboard.beat_scheduler.close_old_connections", lambda: None)
    return BeatScheduler(app=app, lazy=True)


def entry(task: str) -> ScheduleEntry:
    return ScheduleEntry(name=task, task=task, schedule=5.0, app=app)


def test_the_sweep_runs_in_the_schedule_s_process_and_not_in_a_queue(cast, wakes, ticker):
    job = factories.make_job(cast.ana, cast.credential)

    ticker.apply_entry(entry("catalog.sweep"))

    assert wakes == [("catalog.run_clone", str(job.pk))]
    assert Heartbeat.objects.get().name == "schedule"
    assert set(RUN_HERE) <= {each["task"] for each in app.conf.beat_schedule.values()}


def test_longer_periodic_tasks_are_sent_to_workers(ticker, monkeypatch):
    sent = []
    monkeypatch.setattr(
        "celery.beat.Scheduler.apply_async", lambda _, entry, **__: sent.append(entry.task)
    )

    for task in ("catalog.tidy", "catalog.index_due"):
        ticker.apply_entry(entry(task))

    assert sent == ["catalog.tidy", "catalog.index_due"]


def test_a_failing_sweep_does_not_stop_the_schedule(ticker, monkeypatch, caplog):
    def fail(*_: object) -> None:
        raise RuntimeError("The database is locked.")

    monkeypatch.setattr("catalog.schedule.database_now", fail)

    ticker.apply_entry(entry("catalog.sweep"))

    assert "The database is locked." in caplog.text


def test_the_health_page_names_queues_without_a_worker(cast, sign_in):
    factories.make_beat("jobs@here", "jobs,background", (now := tasks.database_now()))
    factories.make_beat("schedule", "", now)

    assert look_at_health(cast.ana, now).unserved == [
        *("analysis", "deletions", "mail", "maintenance", "previews", "requests", "syncs")
    ]
    page = sign_in(cast.ana).get("/health/").content.decode()
    assert "No worker serves these queues: analysis, deletions" in page
    assert "All is well" not in page

    for name, each in WORKERS.items():
        factories.make_beat(f"{name}@there", each["queues"], now)
    assert look_at_health(cast.ana, now).unserved == []
    assert "All is well" in sign_in(cast.ana).get("/health/").content.decode()
    assert not CloneJob.objects.exists()
