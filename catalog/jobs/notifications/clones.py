"""Notify people of what became of their clones."""

from datetime import datetime

from django.db.models import QuerySet

from catalog.jobs.base.leases import stop_unsent
from catalog.jobs.notifications.send import notify
from catalog.models import CloneJob, EvacuationLine, Notification, User

State = CloneJob.State
Event = Notification.Event

_ENDINGS = {
    State.READY: ("done", "{name} is ready at {provider}."),
    State.FAILED: ("fail", "{name} could not be cloned at {provider}. {message}"),
    State.NEEDS_LOOK: ("fail", "{name} at {provider} needs your attention. {message}"),
    State.CANCELLED: ("off", "{name} at {provider} was canceled. {message}"),
}


def notify_of_end(
    job: CloneJob, state: CloneJob.State, message: str, now: datetime, new_owner: User | None = None
) -> None:
    """Notify the responsible person how the job ended; call it in the transaction that ends it."""
    if state == State.READY and EvacuationLine.objects.filter(batch=job.batch_id).exists():
        return  # one notification tells of all clones of a replacement plan
    mood, words = _ENDINGS[state]
    text = words.format(name=job.name[:80], provider=job.account.info.label, message=message)
    event = Event.STUCK if state == State.NEEDS_LOOK else Event.JOB
    person = new_owner or job.responsible
    notify(event, {person.pk: text.strip()[:300]}, now, team=job.team, job=job, mood=mood)


def notify_of_wait(job: CloneJob, message: str, now: datetime) -> None:
    """Notify the responsible person that the job waits for them to act."""
    text = f"{job.name[:80]} at {job.account.info.label} is waiting. {message}"
    person = job.responsible
    notify(Event.STUCK, {person.pk: text[:300]}, now, team=job.team, job=job, mood="fail")


def stop_clones(
    rows: "QuerySet[CloneJob]", message: str, now: datetime, new_owner: User | None = None
) -> int:
    """Fail clones that were not sent yet, and notify the responsible person or ``new_owner``."""
    unsent = rows.filter(state__in=CloneJob.ACTIVE_STATES, step=CloneJob.Step.PLANNED)
    locked = unsent.select_for_update(of=("self",), no_key=True).select_related(
        "team", "account", "requested_by", "kept_by"
    )
    jobs = list(locked)
    stopped = stop_unsent(rows.filter(pk__in=[job.pk for job in jobs]), message, now)
    for job in jobs:
        notify_of_end(job, State.FAILED, message, now, new_owner)
    return stopped
