"""The voices that a user's list starts with: starred, their own clones, and used lately."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.utils.formats import date_format

from catalog.core.locales import current_locale
from catalog.models import CloneJob, Star, Synthesis, Team, User

# How many of each there are at most.
_MOST, _MOST_USED = 8, 4
# How many clones of one batch are looked at: one for each provider.
_MOST_OF_BATCH = 6


@dataclass(frozen=True, slots=True)
class FrontReason:
    """Why a voice comes first: ``words``, or when the user last used it, or what its card shows."""

    words: str = ""
    used_at: datetime | None = None

    def on_day(self, today: date) -> str:
        """Return the reason as text."""
        if self.used_at is None:
            return self.words
        day = self.used_at.date()
        passed = (today - day).days
        if passed <= 1:
            return "Used yesterday" if passed == 1 else "Used today"
        locale = current_locale()
        form = "l" if passed < 7 else locale.short_day if day.year == today.year else locale.day
        return f"Used {date_format(day, form)}"


def find_front(user: User, team: Team) -> dict[int, FrontReason]:
    """Return the reason for each of these voices, the first one first."""
    front: dict[int, FrontReason] = {}
    for pk, reason in _list_reasons(user, team):
        front.setdefault(pk, reason)
    return front


def _list_reasons(user: User, team: Team) -> Iterator[tuple[int, FrontReason]]:
    stars = Star.objects.filter(user=user, voice__account__team=team)
    for pk, _ in _pick_newest(stars.values_list("voice", "starred_at"), "starred_at", _MOST):
        yield pk, FrontReason()  # its star says so
    own = Q(requested_by=user, kept_by=None) | Q(kept_by=user)
    jobs = CloneJob.objects.filter(own, team=team, state=CloneJob.State.READY)
    made = jobs.values_list("voice", "created_at", "batch")
    batches: set[object] = set()
    for pk, _, batch in _pick_newest(made, "created_at", _MOST * _MOST_OF_BATCH):
        # The other clones of a batch have the same name.
        if batch not in batches and len(batches) < _MOST:
            batches.add(batch)
            yield pk, FrontReason("Your clone")
    spoken = Synthesis.objects.filter(requested_by=user, team=team, is_preview=False)
    uses = spoken.order_by().values("voice").annotate(last=Max("created_at"))
    for pk, last in _pick_newest(uses.values_list("voice", "last"), "last", _MOST_USED):
        yield pk, FrontReason(used_at=last)


def _pick_newest(rows: "QuerySet[Any, Any]", field: str, most: int) -> list[Any]:
    listed = rows.filter(voice__archived_at=None, voice__remote_deleted_at=None)
    return list(listed.exclude(voice=None).order_by(f"-{field}", "-voice")[:most])
