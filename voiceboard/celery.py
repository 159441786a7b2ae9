"""The Celery app, its schedule, and the guard that keeps a worker from starting without keys."""

import contextlib
import gc
import os
import resource
import sys
import time
from datetime import timedelta
from typing import Any

from celery import Celery
from celery.signals import (
    beat_init,
    task_postrun,
    worker_before_create_process,
    worker_init,
    worker_process_init,
)

import voiceboard.heartbeats
from catalog.core.transport import register_transport
from voiceboard.basics import DEMO_STORY
from voiceboard.startup_checks import refuse_unfit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voiceboard.settings")
register_transport()
beating = voiceboard.heartbeats.start_beating  # connected to its signal by being imported

# Several times what the speech engine or the longest recording takes.
MOST_MEMORY = 4 * 1024**3

QUEUES = {
    # Clones, and nothing else.
    "jobs": ["run_clone"],
    # What a person waits for at a provider; also a fetch of an account that someone asked for.
    "requests": [
        *("check_credential", "push_labels", "push_name", "read_slots", "run_evacuation"),
        *("run_speech", "tune_voice"),
    ],
    # An approved plan or a withdrawal may be hundreds of these.
    "deletions": ["run_deletion", "run_erasure"],
    # A server that drips holds a process for 20 s, which no clone may have to wait for.
    "previews": ["fetch_preview"],
    # The same holds for a mail server.
    "mail": ["send_mail"],
    # Listening and measuring: the processor's work, for someone who waits for the report.
    "analysis": ["listen_to", "measure_clip", "measure_sample"],
    # Nobody waits for these.
    "syncs": ["read_uses", "sync_account", "tell_story"],
    "maintenance": [
        *("audit_clone", "embed_previews", "index_due", "note_export", "refresh_badges"),
        *("report_stale", "tidy", "warm_previews"),
    ],
    # What speaks on this machine: one process loads the engine, so its memory is paid once.
    "speech": ["run_built_in_clone", "run_local_speech", "speak_preview"],
    "speech_ahead": ["warm_built_in"],
}
DEMO_SCHEDULE = {
    "demo-story": {"task": "catalog.tell_story", "schedule": 5.0, "options": {"expires": 5}},
}
ROUTES = {f"catalog.{task}": {"queue": queue} for queue, tasks in QUEUES.items() for task in tasks}

app = Celery("voiceboard", task_cls="voiceboard.broker_loss:AcknowledgedTask")


@app.on_configure.connect
def _read_settings(sender: Celery, **_: Any) -> None:
    from django.conf import settings  # noqa: PLC0415  (settings may import this package)

    url = settings.CELERY_BROKER_URL
    sender.conf.update(
        broker_url=url,
        broker_transport_options=_transport_options(url),
    )
    if url.startswith("amqp"):
        sender.conf.update(task_default_queue_type="quorum", worker_detect_quorum_queues=True)


def _transport_options(url: str) -> dict[str, Any]:
    # A lease of Redis must outlive the longest task, or the message comes twice in mid-task.
    if url.startswith(("redis", "rediss", "unix", "valkey")):
        return {
            "visibility_timeout": 900,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 10,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 25,
            "global_keyprefix": "voiceboard:",
        }
    if url.startswith("amqp"):
        return {"confirm_publish": True}
    return {}


app.conf.update(
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_acks_on_failure_or_timeout=True,
    worker_prefetch_multiplier=1,
    worker_concurrency=2,
    task_soft_time_limit=540,
    task_time_limit=600,
    worker_max_tasks_per_child=200,
    worker_max_memory_per_child=400_000,
    worker_soft_shutdown_timeout=20,
    worker_enable_soft_shutdown_on_idle=False,
    task_publish_retry=True,
    task_publish_retry_policy={
        "max_retries": 2,
        "interval_start": 0,
        "interval_step": 0.2,
        "interval_max": 0.4,
    },
    broker_connection_timeout=2,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    # Each kind of work has its queue; which worker serves which is in voiceboard/prefork.py.
    task_default_queue="jobs",
    task_routes=ROUTES,
    # A search takes minutes, and many of them where others want the processor as well.
    task_annotations={
        "catalog.run_built_in_clone": {"soft_time_limit": 1740, "time_limit": 1800},
    },
    worker_hijack_root_logger=False,
    timezone="UTC",
    beat_scheduler="voiceboard.beat_scheduler:BeatScheduler",
    beat_schedule={
        "sweep": {"task": "catalog.sweep", "schedule": 5.0},
        "sync-due": {"task": "catalog.sync_due", "schedule": 60.0},
        "listen-due": {"task": "catalog.listen_due", "schedule": 30.0},
        "index-due": {"task": "catalog.index_due", "schedule": 10.0, "options": {"expires": 10}},
        "embed": {
            "task": "catalog.embed_previews",
            "schedule": 30.0,
            "options": {"expires": 30},
        },
        "report-stale": {
            "task": "catalog.report_stale",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "tidy": {"task": "catalog.tidy", "schedule": 3600.0, "options": {"expires": 3600}},
        **(DEMO_SCHEDULE if DEMO_STORY else {}),
    },
)
app.autodiscover_tasks(["catalog"])
app.autodiscover_tasks(["catalog"], related_name="schedule")
if DEMO_STORY:
    app.autodiscover_tasks(["catalog"], related_name="demo.story")


@worker_process_init.connect
def limit_memory(**_: Any) -> None:
    """Cap what one process that does the work may take: a file that is a bomb fails there."""
    with contextlib.suppress(ValueError, OSError):  # not every system has such a limit
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, resource.RLIM_INFINITY))


@worker_before_create_process.connect
def freeze_imported(**_: Any) -> None:
    """Let the garbage collector pass over what was imported, which stays for good.

    A large account makes and drops so many objects that it looked through all of Django each time.
    Before the fork: a collection writes to every object, so it would copy the parent's memory.
    """
    gc.collect()
    gc.freeze()


@task_postrun.connect
def store_calls_of_task(task: Any, **_: Any) -> None:
    """Add a task's calls to providers to the totals, in one statement."""
    from catalog.jobs.health.calls import store_calls  # noqa: PLC0415  (needs loaded apps)

    store_calls(task.name.removeprefix("catalog."))


@worker_init.connect
@beat_init.connect
def refuse_at_start(**_: Any) -> None:
    """End a worker or a schedule that must not run on this database."""
    refuse_unfit()


@worker_init.connect
def _note_start(**_: Any) -> None:
    """Keep when this worker was started, for the processes that it forks to do the work.

    A worker that is started again by its supervisor is as old as that one: no database can have
    been restored in between. By the database's clock, as the times of the rows are.
    """
    from django.db import DatabaseError  # noqa: PLC0415  (needs settings)

    from catalog.core.clock import database_now  # noqa: PLC0415  (needs loaded apps)
    from catalog.jobs.base.restore_doubts import note_start  # noqa: PLC0415

    now = time.time()
    seconds_ago = now - float(os.environ.get("VOICEBOARD_STARTED_AT") or now)
    try:
        note_start(database_now() - timedelta(seconds=seconds_ago))
    except DatabaseError:
        # Celery would log it and go on, without knowing what to take for restored.
        sys.exit("The database isn't responding.")
