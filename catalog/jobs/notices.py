"""Tell people that a job of theirs has ended."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from catalog.jobs.leases import stop_unsent
from catalog.models import CloneJob, Notice, User

State = CloneJob.State

_KEPT = timedelta(days=60)
_ENDINGS = {
    State.READY: ("done", "{name} is ready at {provider}."),
    State.FAILED: ("fail", "{name} was not made at {provider}. {message}"),
    State.NEEDS_LOOK: ("fail", "{name} at {provider} needs a look. {message}"),
    State.CANCELLED: ("off", "{name} at {provider} was cancelled. {message}"),
}


def tell_end(
    job: CloneJob, state: CloneJob.State, message: str, now: datetime, heir: User | None = None
) -> None:
    """Write down for who answers for it how the job ended; in the transaction that ends it."""
    mood, words = _ENDINGS[state]
    text = words.format(name=job.name[:80], provider=job.account.info.label, message=message)
    Notice.objects.create(
        team=job.team,
        user=heir or job.keeper,
        job=job,
        text=text.strip()[:300],
        mood=mood,
        made_at=now,
    )


def stop_clones(
    rows: "QuerySet[CloneJob]", message: str, now: datetime, heir: User | None = None
) -> int:
    """End those that were not sent yet, tell who answers for each, or the heir; return how many."""
    unsent = rows.filter(state__in=CloneJob.ACTIVE_STATES, step=CloneJob.Step.PLANNED)
    locked = unsent.select_for_update(of=("self",)).select_related(
        "team", "account", "requested_by", "kept_by"
    )
    jobs = list(locked)
    stopped = stop_unsent(rows.filter(pk__in=[job.pk for job in jobs]), message, now)
    for job in jobs:
        tell_end(job, State.FAILED, message, now, heir)
    return stopped


def forget_old_notices(now: datetime) -> int:
    """Drop what happened long ago; return how much."""
    return Notice.objects.filter(made_at__lt=now - _KEPT).delete()[0]
