"""Check again, long after a clone ended, for a voice that its provider made late.

Absence is proven by waiting, but a provider may take even longer. A voice that appears later and
carries the job's marker is ours, and no one needs it.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q

from catalog.audit import record
from catalog.core.crypto import CannotOpen
from catalog.jobs.base.leases import Clock, RowId
from catalog.jobs.charges import note_double
from catalog.models import CloneJob
from catalog.providers.base import Provider
from catalog.providers.errors import NotFound, ProviderError
from catalog.providers.session import open_provider
from catalog.providers.types import RemoteVoice

State = CloneJob.State

# In multiples of the provider's settle time: with 6 minutes, after 30 minutes and 3 hours.
_ROUNDS = (5, 30)
_GIVE_UP_AFTER = timedelta(days=1)


def find_due_audits(now: datetime) -> list[str]:
    """Return ended jobs that may have left an extra voice.

    Even a single call can leave two. A job that was never sent may come from a backup, with its
    voice made since. That can also be true of a failed job, but its voice is then in use.
    """
    left = Q(state__in=[State.READY, State.CANCELLED]) | Q(state=State.FAILED, attempt_count__gt=0)
    rows = CloneJob.objects.filter(left, audit_count__lt=len(_ROUNDS))
    rows = rows.filter(ended_at__gt=now - _GIVE_UP_AFTER).exclude(credential=None)
    return [str(job.pk) for job in rows.select_related("account") if _is_due(job, now)][:50]


def _is_due(job: CloneJob, now: datetime) -> bool:
    if job.ended_at is None or job.audit_count >= len(_ROUNDS):
        return False
    seconds = settings.SETTLE_SECONDS or job.account.info.settle_seconds
    return now >= job.ended_at + timedelta(seconds=seconds * _ROUNDS[job.audit_count])


def audit_clone(job_id: RowId, clock: Clock) -> int:
    """Delete voices that carry the job's marker but are not its voice; return how many."""
    job = CloneJob.objects.select_related("account", "credential", "team").get(pk=job_id)
    base_url = settings.PROVIDER_BASE_URLS.get(job.account.provider)
    if job.credential is None or base_url is None or not _is_due(job, clock()):
        return 0
    slug, secrets = job.account.provider, job.credential.secrets
    try:
        with open_provider(slug, secrets(), base_url) as provider:
            found = _find_made(job, provider)
            doubles = [voice for voice in found if voice.remote_id != job.remote_id]
            removed = [voice for voice in doubles if _remove(job, voice, provider, clock)]
    except (ProviderError, CannotOpen):
        return 0  # still due; retried on the next sweep
    rows = CloneJob.objects.filter(pk=job.pk, audit_count=job.audit_count)
    rows.update(audit_count=F("audit_count") + 1)
    return len(removed)


def _find_made(job: CloneJob, provider: Provider) -> list[RemoteVoice]:
    info = job.account.info
    if info.finds_by_progress:
        return provider.find_by_progress({**job.progress, "marker": job.marker})
    return provider.find_marked(job.marker) if info.marker_length else []


def _remove(job: CloneJob, voice: RemoteVoice, provider: Provider, clock: Clock) -> bool:
    if not job.account.info.can_delete:
        return False
    try:
        provider.delete(voice.remote_id)
    except NotFound:
        return False
    note_double(job, clock())
    record(
        None,
        "duplicate removed",
        job,
        team=job.team,
        now=clock(),
        reason="The provider made this clone too late; the marker is ours.",
        remote_id=voice.remote_id,
    )
    return True
