"""Periodic tasks: wake workers for due work, and clean up."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from celery import shared_task
from django.utils import timezone

from catalog.core.clock import database_now
from catalog.core.media import sweep_drafts
from catalog.jobs.base.backoff import probe_providers
from catalog.jobs.base.leases import find_due
from catalog.jobs.bundles import forget_bundles
from catalog.jobs.charges import settle_left
from catalog.jobs.cleanups.notify import find_unannounced_plans, notify_of_plans
from catalog.jobs.cleanups.plans import find_due_plans, postpone_plans, start_plan
from catalog.jobs.cleanups.report import find_unreported, report_stale
from catalog.jobs.clones.duplicates import find_due_audits
from catalog.jobs.clones.run import forget_first_sounds
from catalog.jobs.credentials.check import find_due_checks
from catalog.jobs.evacuations.remind import notify_of_clones, remind_of_ends
from catalog.jobs.health.backups import warn_of_old_backup
from catalog.jobs.health.calls import store_calls
from catalog.jobs.health.heartbeats import SCHEDULE, forget_silent, measure_silence, note_beat
from catalog.jobs.health.hosts import note_host
from catalog.jobs.health.orphans import sweep_orphans
from catalog.jobs.mail import forget_old_mail
from catalog.jobs.notifications.mail import mail_digests, mail_urgent
from catalog.jobs.notifications.send import forget_old_notices
from catalog.jobs.previews import find_unwarmed, measure_clip
from catalog.jobs.samples.prepare import find_unread
from catalog.jobs.searches.index import build_due_indexes
from catalog.jobs.similarity.analysis_queue import find_waiting, forget_listened
from catalog.jobs.speakers import warn_of_consent_ends
from catalog.jobs.syncs.run import find_due_accounts, forget_old_runs
from catalog.jobs.teams.retention import delete_expired
from catalog.jobs.tokens import announce_ends, forget_answers
from catalog.jobs.twins import find_all_twins
from catalog.jobs.usage import find_due_histories, find_unnoted_exports
from catalog.jobs.users import forget_ended_sessions
from catalog.jobs.voices.badges import refresh_badges
from catalog.jobs.voices.push_changes import find_due_changes
from catalog.jobs.voices.settings import find_due_settings
from catalog.jobs.voices.twins import refresh_twins
from catalog.jobs.withdrawals.finish import reopen_returned, settle_finished
from catalog.jobs.withdrawals.plan import release_proofs, start_due_withdrawals
from catalog.models import (
    CloneJob,
    Erasure,
    Evacuation,
    Mail,
    PlannedDeletion,
    PreviewClip,
    Synthesis,
    VoiceChange,
)
from catalog.queries.audit import get_audit_head
from catalog.search.index.snapshots import forget_replaced_snapshots
from catalog.tasks import (
    enqueue_analysis,
    enqueue_check,
    enqueue_clone,
    enqueue_deletion,
    enqueue_duplicate_check,
    enqueue_erasure,
    enqueue_evacuation,
    enqueue_export_note,
    enqueue_labels,
    enqueue_mail,
    enqueue_preview_warming,
    enqueue_rename,
    enqueue_sample,
    enqueue_settings,
    enqueue_sync,
    enqueue_synthesis,
    enqueue_usage_history,
)

logger = logging.getLogger(__name__)


Finder = Callable[[datetime], Iterable[Any]]
Waker = Callable[[Any], None]


def _wake_change(found: tuple[str, int, int]) -> None:
    kind, voice_id, account_id = found
    if kind == VoiceChange.Kind.NAME:
        enqueue_rename(voice_id)
    else:
        enqueue_labels(voice_id, account_id)


def _start_due_plans(now: datetime) -> list[Any]:
    return [line_id for plan_id in find_due_plans(now) for line_id in start_plan(plan_id, now)]


# How to find due rows of each kind, and how to wake a worker for them. All work must be here.
_DUE_AT_ONCE: tuple[tuple[Finder, Waker], ...] = (
    (partial(find_due, CloneJob, CloneJob.ACTIVE_STATES), enqueue_clone),
    (partial(find_due, PlannedDeletion, PlannedDeletion.ACTIVE_STATES), enqueue_deletion),
    (_start_due_plans, enqueue_deletion),
    (partial(find_due, Evacuation, Evacuation.ACTIVE_STATES), enqueue_evacuation),
    (partial(find_due, Erasure, Erasure.ACTIVE_STATES), enqueue_erasure),
    (start_due_withdrawals, enqueue_erasure),
    (settle_finished, enqueue_erasure),
    (find_due_settings, enqueue_settings),
    (find_due_changes, _wake_change),
    (partial(find_due, Synthesis, Synthesis.ACTIVE_STATES), enqueue_synthesis),
    (partial(find_due, Mail, Mail.ACTIVE_STATES), enqueue_mail),
)
_DUE_EACH_MINUTE: tuple[tuple[Finder, Waker], ...] = (
    (find_due_accounts, enqueue_sync),
    (find_due_checks, enqueue_check),
    (find_due_histories, enqueue_usage_history),
    (find_unread, enqueue_sample),
    (find_unwarmed, enqueue_preview_warming),
    (find_due_audits, enqueue_duplicate_check),
    (reopen_returned, enqueue_erasure),
    (release_proofs, enqueue_erasure),
    (lambda _: find_unnoted_exports(), enqueue_export_note),
)


@shared_task(name="catalog.sweep")
def sweep_task() -> None:
    """Wake workers for all due work, which makes lost messages harmless."""
    now = database_now()
    postpone_plans(measure_silence(SCHEDULE, now), now)
    note_beat(SCHEDULE, "", now)
    note_host(now)
    probe_providers(now)
    _wake_due(_DUE_AT_ONCE, now)


@shared_task(name="catalog.sync_due")
def sync_due_task() -> None:
    """Enqueue due syncs and checks, send notifications and urgent emails, and settle charges."""
    now = database_now()
    _wake_due(_DUE_EACH_MINUTE, now)
    notify_of_clones(now)
    notify_of_plans(find_unannounced_plans(), now)
    settle_left(now)
    mail_urgent(now)
    mail_digests(now)


@shared_task(name="catalog.listen_due")
def listen_due_task() -> None:
    """Have a worker analyze what is waiting; a message expires after two of these runs."""
    for work_id in find_waiting():
        enqueue_analysis(work_id)


def _wake_due(due: Iterable[tuple[Finder, Waker]], now: datetime) -> None:
    for find, wake in due:
        for found in find(now):
            wake(found)


@shared_task(name="catalog.index_due")
def index_due_task() -> None:
    """Build indexes that are missing or out of date; running it twice at once is harmless."""
    build_due_indexes()


@shared_task(name="catalog.tidy")
def tidy_task() -> None:
    """Measure clips, log the end of the audit log, and delete old rows and unused files."""
    for clip_id in PreviewClip.objects.filter(seconds=None).values_list("pk", flat=True)[:200]:
        measure_clip(clip_id)
    # File times come from this host's clock.
    sweep_drafts(timezone.now() - timedelta(days=1))
    forget_listened(database_now())
    forget_first_sounds()
    forget_old_runs(database_now())
    refresh_badges(database_now())
    refresh_twins()
    remind_of_ends(database_now())
    find_all_twins(database_now())
    warn_of_old_backup(database_now())
    warn_of_consent_ends(database_now())
    announce_ends(database_now())
    forget_answers(database_now())
    forget_bundles(database_now())
    forget_old_notices(database_now())
    forget_old_mail(database_now())
    forget_ended_sessions(database_now())
    delete_expired(database_now())
    forget_silent(database_now())
    head = get_audit_head()
    logger.info("The audit log ends at %s:%s", head.number, head.digest)
    # Last, because the file store may be away.
    forget_replaced_snapshots(timezone.now())
    sweep_orphans(timezone.now())


@shared_task(name="catalog.report_stale")
def report_stale_task() -> None:
    """Report stale voices to each team's admins once a week; nothing is deleted here."""
    now = database_now()
    for team_id in find_unreported(now):
        report_stale(team_id, now)


def say_alive(name: str, queues: str) -> None:
    """Record a worker's heartbeat."""
    now = database_now()
    note_beat(name, queues, now)
    note_host(now)
    # Those of previews that a web process fetches; workers store theirs after each task.
    store_calls("show_preview")
