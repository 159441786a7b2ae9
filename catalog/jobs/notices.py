"""Tell people that a job of theirs has ended."""

from datetime import datetime, timedelta

from catalog.models import CloneJob, Notice

State = CloneJob.State

_KEPT = timedelta(days=60)
_ENDINGS = {
    State.READY: ("done", "{name} is ready at {provider}."),
    State.FAILED: ("fail", "{name} was not made at {provider}. {message}"),
    State.NEEDS_LOOK: ("fail", "{name} at {provider} needs a look. {message}"),
    State.CANCELLED: ("off", "{name} at {provider} was cancelled. {message}"),
}


def tell_end(job: CloneJob, state: CloneJob.State, message: str, now: datetime) -> None:
    """Write down for who answers for it how the job ended; in the transaction that ends it."""
    mood, words = _ENDINGS[state]
    text = words.format(name=job.name[:80], provider=job.account.info.label, message=message)
    Notice.objects.create(
        team=job.team,
        user=job.keeper,
        job=job,
        text=text.strip()[:300],
        mood=mood,
        made_at=now,
    )


def forget_old_notices(now: datetime) -> int:
    """Drop what happened long ago; return how much."""
    return Notice.objects.filter(made_at__lt=now - _KEPT).delete()[0]
