"""What runs by the clock: it wakes workers for whatever is due, and tidies up."""

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from catalog.jobs.audits import find_due_audits
from catalog.jobs.badges import refresh_badges
from catalog.jobs.beats import SCHEDULE, forget_silent, measure_silence, note_beat
from catalog.jobs.clones import forget_first_sounds
from catalog.jobs.credentials import find_due_checks
from catalog.jobs.endings import find_untold_plans, tell_of_plans
from catalog.jobs.indexes import build_due_indexes
from catalog.jobs.leases import find_due
from catalog.jobs.listening import find_waiting, forget_listened
from catalog.jobs.notices import forget_old_notices
from catalog.jobs.plans import find_due_plans, postpone_plans, start_plan
from catalog.jobs.previews import measure_clip
from catalog.jobs.samples import find_unread
from catalog.jobs.stale_reports import find_unreported, report_stale
from catalog.jobs.syncs import find_due_accounts, forget_old_runs
from catalog.jobs.uses import find_due_histories
from catalog.jobs.voice_settings import find_due_settings
from catalog.jobs.waits import probe_providers
from catalog.models import CloneJob, PlannedDeletion, PreviewClip, Speech
from catalog.queries.audit import get_audit_head
from catalog.storage import sweep_drafts
from catalog.tasks import (
    wake_audit,
    wake_check,
    wake_clone,
    wake_deletion,
    wake_history,
    wake_listening,
    wake_sample,
    wake_settings,
    wake_speech,
    wake_sync,
)

logger = logging.getLogger(__name__)


@shared_task(name="catalog.sweep")
def sweep_task() -> None:
    """Wake workers for whatever should go on: this is what makes lost messages harmless."""
    now = timezone.now()
    postpone_plans(measure_silence(SCHEDULE, now), now)
    note_beat(SCHEDULE, "", now)
    probe_providers(now)
    for job_id in find_due(CloneJob, CloneJob.ACTIVE_STATES, now):
        wake_clone(job_id)
    for line_id in find_due(PlannedDeletion, PlannedDeletion.ACTIVE_STATES, now):
        wake_deletion(line_id)
    for plan_id in find_due_plans(now):
        for line_id in start_plan(plan_id, now):
            wake_deletion(line_id)
    for voice_id in find_due_settings(now):
        wake_settings(voice_id)
    for speech_id in find_due(Speech, Speech.ACTIVE_STATES, now):
        wake_speech(speech_id)
    for work_id in find_waiting():
        wake_listening(work_id)


@shared_task(name="catalog.sync_due")
def sync_due_task() -> None:
    """Fetch what is due, check keys whose verdict is missing, and send notices still missing."""
    now = timezone.now()
    for account_id in find_due_accounts(now):
        wake_sync(account_id)
    for credential_id in find_due_checks(now):
        wake_check(credential_id)
    for account_id in find_due_histories(now):
        wake_history(account_id)
    for sample_id in find_unread(now):
        wake_sample(sample_id)
    for audited_id in find_due_audits(now):
        wake_audit(audited_id)
    tell_of_plans(find_untold_plans(), now)


@shared_task(name="catalog.index_due")
def index_due_task() -> None:
    """Make the indexes that are missing or far behind; a second one at once does no harm."""
    build_due_indexes()


@shared_task(name="catalog.tidy")
def tidy_task() -> None:
    """Measure unmeasured clips; drop drafts, old runs and dropped clips; note the log."""
    for clip_id in PreviewClip.objects.filter(seconds=None).values_list("pk", flat=True)[:200]:
        measure_clip(clip_id)
    sweep_drafts(timezone.now() - timedelta(days=1))
    forget_listened(timezone.now())
    forget_first_sounds()
    forget_old_runs(timezone.now())
    refresh_badges(timezone.now())
    forget_old_notices(timezone.now())
    forget_silent(timezone.now())
    head = get_audit_head()
    logger.info("The audit log ends at %s:%s", head.number, head.digest)


@shared_task(name="catalog.report_stale")
def report_stale_task() -> None:
    """Tell the admins of teams what fits their rules, once a week; nothing is ever deleted here."""
    now = timezone.now()
    for team_id in find_unreported(now):
        report_stale(team_id, now)


def say_alive(name: str, queues: str) -> None:
    """Note that a worker is alive."""
    note_beat(name, queues, timezone.now())
