"""Queues: work that someone waits for never waits behind background work."""

import re
import shlex

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
from voiceboard.prefork import WORKERS

AWAITED = {"jobs", "requests", "deletions"}
ANALYSIS = {"previews", "analysis"}
HOUSEKEEPING = {"syncs", "maintenance"}


def documented() -> list[list[str]]:
    """Return the workers' command lines from the operator docs."""
    text = (ROOT / "docs" / "operators" / "several-machines.md").read_text()
    lines = re.findall(r"^celery -A voiceboard worker .*$", text, re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


def options(command: list[str]) -> dict[str, str]:
    chosen = ("--queues", "--concurrency", "--max-memory-per-child", "--hostname")
    return {each: command[command.index(each) + 1] for each in chosen if each in command}


def as_options(name: str) -> dict[str, str]:
    """Return a worker's options as on a command line."""
    given = {f"--{key.replace('_', '-')}": str(named) for key, named in WORKERS[name].items()}
    return {**given, "--hostname": f"{name}@%h"}


STARTED = [as_options(name) for name in WORKERS]


def test_every_task_has_a_queue():
    current_app.loader.import_default_modules()
    ours = {name for name in app.tasks if name.startswith("catalog.")}

    # The demo's task exists only in the demo, or if its own tests ran before.
    assert (ours - RUN_HERE) | {"catalog.tell_story"} == set(ROUTES)


def test_the_docs_start_the_same_workers_as_make_start():
    assert [options(line) for line in documented()] == STARTED


def test_every_queue_has_one_worker_and_awaited_work_is_kept_separate():
    served = [set(each["--queues"].split(",")) for each in STARTED]

    assert sorted(queue for queues in served for queue in queues) == sorted(QUEUES)
    for queues in served:
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
def ticker(tmp_path) -> BeatScheduler:
    current_app.loader.import_default_modules()
    return BeatScheduler(app=app, schedule_filename=str(tmp_path / "schedule"), lazy=True)


def entry(task: str) -> ScheduleEntry:
    return ScheduleEntry(name=task, task=task, schedule=5.0, app=app)


def test_the_sweep_runs_in_the_schedule_s_process_and_not_in_a_queue(
    cast, wakes, ticker, monkeypatch
):
    job = factories.make_job(cast.ana, cast.credential)
    monkeypatch.setattr("voiceboard.beat_scheduler.close_old_connections", lambda: None)

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


def test_a_failing_sweep_does_not_stop_the_schedule(db, ticker, monkeypatch, caplog):
    def fail(*_: object) -> None:
        raise RuntimeError("The database is locked.")

    monkeypatch.setattr("catalog.schedule.database_now", fail)
    monkeypatch.setattr("voiceboard.beat_scheduler.close_old_connections", lambda: None)

    ticker.apply_entry(entry("catalog.sweep"))

    assert "The database is locked." in caplog.text


def test_the_health_page_names_queues_without_a_worker(cast, sign_in):
    factories.make_beat("jobs@here", "jobs,background", (now := tasks.database_now()))
    factories.make_beat("schedule", "", now)

    assert look_at_health(cast.ana, now).unserved == [
        *("analysis", "deletions", "maintenance", "previews", "requests", "syncs")
    ]
    page = sign_in(cast.ana).get("/health/").content.decode()
    assert "No worker serves these queues: analysis, deletions" in page
    assert "All is well" not in page

    for number, each in enumerate(STARTED):
        factories.make_beat(f"{number}@here", each["--queues"], now)
    assert look_at_health(cast.ana, now).unserved == []
    assert "All is well" in sign_in(cast.ana).get("/health/").content.decode()
    assert not CloneJob.objects.exists()
