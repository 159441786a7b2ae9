"""Withdraw a speaker's permission: block at once, then have every copy erased."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog.audit import record
from catalog.jobs.withdrawals.finish import notify_of_withdrawal, settle_withdrawal
from catalog.jobs.withdrawals.plan import block_speaker, list_copies, start_erasing
from catalog.jobs.withdrawals.run import retry_now
from catalog.models import Consent, Erasure, Speaker, Team, User, Withdrawal
from catalog.policies.speakers import may_approve_withdrawal, may_withdraw
from catalog.tasks import enqueue_erasure

State = Erasure.State

# How long admins have to look at the list; the law says without undue delay.
DAYS_TO_APPROVE = 7


class CannotCancel(Exception):
    """The withdrawal can't be canceled; the message explains why."""


@transaction.atomic
def request_withdrawal(
    user: User | None,
    *,
    speaker: Speaker,
    now: datetime,
    reason: str = "",
    keeps_proofs: bool = True,
) -> Withdrawal:
    """Withdraw a speaker's permission, and return the withdrawal; the open one if there is one.

    Nothing is made with the voice from now on. The copies are listed and erased once an admin has
    approved that, or after 7 days. ``user`` is None for speakers themselves, who have no account:
    the caller has checked their own link.
    """
    if user is not None and not may_withdraw(user, speaker):
        raise PermissionDenied
    # The lock makes clones that are requested at the same moment wait, and see the block.
    Team.objects.select_for_update(no_key=True).get(pk=speaker.team_id)
    known = Withdrawal.objects.open().filter(speaker=speaker).first()
    if known is not None:
        return known
    withdrawal = Withdrawal.objects.create(
        team=speaker.team,
        speaker=speaker,
        requested_by=user,
        requested_at=now,
        reason=reason[:300],
        keeps_proofs=keeps_proofs,
        erases_at=now + timedelta(days=DAYS_TO_APPROVE),
    )
    block_speaker(withdrawal, now)
    found = list_copies(withdrawal, now)
    text = (
        f"The permission of {speaker.name[:80]} was withdrawn by {withdrawal.requester}. Look at "
        f"the list of {len(found)} copies and approve it. Otherwise they are erased in "
        f"{DAYS_TO_APPROVE} days."
    )
    notify_of_withdrawal(withdrawal, text, now, mood="fail")
    record(
        user,
        "withdrawal requested",
        withdrawal,
        team=speaker.team,
        now=now,
        reason=reason,
        by=withdrawal.requester,
        copies=len(found),
    )
    return withdrawal


def approve_withdrawal(user: User, *, withdrawal: Withdrawal, now: datetime) -> bool:
    """Have the copies erased; return False if someone else approved that before."""
    if not may_approve_withdrawal(user, withdrawal.team):
        raise PermissionDenied
    with transaction.atomic():
        queued = start_erasing(withdrawal.pk, user, now)
        if not queued:
            settle_withdrawal(withdrawal.pk, now)
        _wake(queued)
    return bool(queued)


def _wake(erasure_ids: list[UUID]) -> None:
    for pk in erasure_ids:
        transaction.on_commit(partial(enqueue_erasure, pk))


@transaction.atomic
def cancel_withdrawal(user: User, *, withdrawal: Withdrawal, now: datetime) -> None:
    """Cancel a withdrawal that someone requested by mistake; raises CannotCancel.

    Nobody but the speaker can take back what the speaker withdrew: that takes a new consent.
    """
    if not may_approve_withdrawal(user, withdrawal.team):
        raise PermissionDenied
    if withdrawal.requested_by is None:
        raise CannotCancel("The speaker withdrew their permission. Ask them for a new consent.")
    rows = Withdrawal.objects.open().filter(pk=withdrawal.pk, approved_at=None)
    if not rows.update(canceled_at=now, canceled_by=user):
        raise CannotCancel("Copies are being erased already, so this can't be canceled.")
    speaker = withdrawal.speaker
    withdrawn = Consent.objects.filter(speaker=speaker, withdrawn_at=withdrawal.requested_at)
    withdrawn.update(withdrawn_at=None)
    Speaker.objects.filter(pk=speaker.pk).update(withdrawing_since=None)
    withdrawal.erasures.all().delete()
    record(user, "withdrawal canceled", withdrawal, team=withdrawal.team, now=now)


@transaction.atomic
def retry_erasures(
    user: User, *, withdrawal: Withdrawal, now: datetime, erasure: Erasure | None = None
) -> int:
    """Try what isn't erased yet again now, or one copy of it; return how many."""
    if not may_approve_withdrawal(user, withdrawal.team):
        raise PermissionDenied
    rows = withdrawal.erasures.filter(pk=erasure.pk) if erasure else withdrawal.erasures.all()
    wanted = rows.filter(state__in=[State.FAILED, State.WAITING, State.HELD])
    ids = list(wanted.order_by("position").values_list("pk", flat=True))
    count = retry_now(Erasure.objects.filter(pk__in=ids), now)
    if count:
        _wake(ids)
        record(user, "erasing retried", withdrawal, team=withdrawal.team, now=now, copies=count)
    return count
