"""Announce that a provider or an account ends, or deletes unused clones, and withdraw that."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog.audit import record
from catalog.models import EndNotice, ProviderAccount, Team, User
from catalog.policies.evacuations import may_announce_end
from catalog.tasks import enqueue_badges


@dataclass(frozen=True, slots=True)
class KnownEnd:
    """The last day of a provider or an account, or after how many unused days clones are deleted.

    Without an account, it concerns the whole provider.
    """

    provider: str
    account: ProviderAccount | None = None
    ends_on: date | None = None
    unused_days: int | None = None
    note: str = ""


@transaction.atomic
def announce_end(user: User, *, team: Team, end: KnownEnd, now: datetime) -> EndNotice:
    """Store what an admin knows; it counts like a provider's notice in plans and reminders."""
    account = end.account
    if not may_announce_end(user, team) or (account is not None and account.team_id != team.pk):
        raise PermissionDenied
    notice = EndNotice.objects.create(
        team=team,
        provider=end.provider,
        account=account,
        ends_on=end.ends_on,
        unused_days=end.unused_days,
        note=end.note,
        announced_by=user,
        announced_at=now,
    )
    record(user, "end announced", notice, team=team, now=now, reason=end.note)
    _refresh_badges(notice)
    return notice


@transaction.atomic
def withdraw_end(user: User, *, notice: EndNotice, now: datetime) -> None:
    """Withdraw an announced end; repeating it has no effect."""
    if not may_announce_end(user, notice.team):
        raise PermissionDenied
    if EndNotice.objects.active().filter(pk=notice.pk).update(withdrawn_at=now):
        record(user, "announced end withdrawn", notice, team=notice.team, now=now)
        _refresh_badges(notice)


def _refresh_badges(notice: EndNotice) -> None:
    accounts = ProviderAccount.objects.filter(team=notice.team_id, provider=notice.provider)
    for account_id in accounts.values_list("pk", flat=True):
        transaction.on_commit(partial(enqueue_badges, account_id))
