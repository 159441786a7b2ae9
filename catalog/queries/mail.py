"""Whether emails get through, for the Health page and the metrics."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count

from catalog.models import Mail

_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class MailReport:
    """Unsent emails, and those that ended within the last day."""

    waiting_count: int
    sent_count: int
    dropped_count: int
    oldest_at: datetime | None
    # Why the mail server didn't take the last email that is retried, "" if none is.
    problem: str
    # The newest few.
    dropped: list[Mail]


def count_mail(now: datetime) -> dict[str, int]:
    """Return how many current emails are in each state."""
    rows = Mail.objects.current(now).order_by()
    found = dict(rows.values_list("state").annotate(number=Count("pk")))
    return {state: found.get(state, 0) for state in Mail.State.values}


def find_oldest_mail() -> datetime | None:
    """Return since when the oldest unsent email has been waiting."""
    rows = Mail.objects.unsent().order_by("created_at")
    return rows.values_list("created_at", flat=True).first()


def look_at_mail(now: datetime) -> MailReport | None:
    """Return the state of emails without naming anyone, or None without a mail server."""
    if not settings.SENDS_MAIL:
        return None
    counts = count_mail(now)
    # Not one that only its recipient's mailbox puts off.
    failed = Mail.objects.unsent().filter(waits_for_answer=True).order_by("-not_before")
    dropped = Mail.objects.current(now).filter(state=Mail.State.DROPPED).order_by("-ended_at")
    return MailReport(
        waiting_count=counts[Mail.State.WAITING] + counts[Mail.State.SENDING],
        sent_count=counts[Mail.State.SENT],
        dropped_count=counts[Mail.State.DROPPED],
        oldest_at=find_oldest_mail(),
        problem=failed.values_list("message", flat=True).first() or "",
        dropped=list(dropped[:_MOST_SHOWN]),
    )
