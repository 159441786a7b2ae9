"""Change who is responsible for a provider account or for one voice."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.jobs.notifications.plans import notify_responsible, update_announcements
from catalog.jobs.notifications.send import notify
from catalog.models import (
    CleanupPlan,
    CloneJob,
    Membership,
    Notification,
    PlannedDeletion,
    ProviderAccount,
    Team,
    User,
    Voice,
)
from catalog.models.cleanups.keeps import find_responsible
from catalog.models.cleanups.plans import PlannedDeletionQuerySet
from catalog.models.voices.versions import touch_owned_voices, touch_voices
from catalog.queries.voices.audience import join_names

_OPEN_LINES = (
    PlannedDeletion.State.PLANNED,
    PlannedDeletion.State.HELD,
    *PlannedDeletion.ACTIVE_STATES,
)


class UnsuitableOwner(Exception):
    """This person can't be responsible: they are not in the team, or are a viewer."""


@transaction.atomic
def change_account_owner(
    user: User, *, account: ProviderAccount, owner: Membership, reason: str, now: datetime
) -> bool:
    """Make a person responsible for an account and for the voices in it that weren't cloned here.

    Return False if that person is responsible already.
    """
    _check(user, account.team, owner)
    kept = ProviderAccount.objects.select_for_update(no_key=True).select_related("last_owner")
    before = kept.get(pk=account.pk).last_owner
    if before == owner.user:
        return False
    ProviderAccount.objects.filter(pk=account.pk).update(last_owner=owner.user)
    touch_owned_voices(pk=account.pk)
    _tell(user, owner, f"{account.info.label} account {account.label}".strip(), now, reason)
    made_here = CloneJob.objects.filter(account=account).exclude(voice=None).values("voice")
    lines = PlannedDeletion.objects.filter(account=account, voice__responsible=None)
    _move_lines(lines.exclude(voice__in=made_here), owner, now)
    _write(user, "account owner changed", account, before, owner, reason=reason, now=now)
    return True


@transaction.atomic
def change_voice_owner(
    user: User,
    *,
    voice: Voice,
    owner: Membership,
    reason: str,
    now: datetime,
    is_notified: bool = True,
) -> bool:
    """Make a person responsible for one voice; return False if they are already.

    A clone's job still records who made it; only its current owner changes. For one of many
    voices, the caller notifies the new owner once, and passes ``is_notified`` as False.
    """
    _check(user, voice.account.team, owner)
    before = find_responsible(
        Voice.objects.select_for_update(of=("self",), no_key=True).get(pk=voice.pk)
    )
    if before == owner.user:
        return False
    jobs = CloneJob.objects.filter(voice=voice)
    if not jobs.update(kept_by=owner.user):
        Voice.objects.filter(pk=voice.pk).update(responsible=owner.user)
    touch_voices([voice.pk])
    if is_notified:
        _tell(user, owner, f"voice {voice.shown_name}", now, reason)
    _move_lines(PlannedDeletion.objects.filter(voice=voice), owner, now)
    _write(user, "voice owner changed", voice, before, owner, reason=reason, now=now)
    return True


@transaction.atomic
def change_voice_owners(
    user: User, *, voices: Iterable[Voice], owner: Membership, reason: str, now: datetime
) -> None:
    """Make a person responsible for several voices of a team, and notify them once."""
    changed = [
        voice
        for voice in voices
        if change_voice_owner(
            user, voice=voice, owner=owner, reason=reason, now=now, is_notified=False
        )
    ]
    names = join_names([voice.shown_name[:40] for voice in changed])
    if changed:
        _tell(user, owner, f"voice{'s' if len(changed) > 1 else ''} {names}", now, reason)


def _check(user: User, team: Team, owner: Membership) -> None:
    if not policies.may_change_owner(user, team):
        raise PermissionDenied
    if not policies.may_own(owner, team):
        raise UnsuitableOwner


def _tell(user: User, owner: Membership, what: str, now: datetime, reason: str) -> None:
    words = f"{user} made you the owner of the {what[:120]}. Reason: {reason}"
    event, page = Notification.Event.OWNED, Notification.Page.KEEPING
    notify(event, {owner.user_id: words}, now, team=owner.team, page=page)


def _move_lines(lines: PlannedDeletionQuerySet, owner: Membership, now: datetime) -> None:
    # Finished lines are history. The new owner is notified about open ones and can keep the voices.
    open_lines = lines.filter(state__in=_OPEN_LINES).exclude(responsible=owner.user)
    plans = list(CleanupPlan.objects.waiting().filter(lines__in=open_lines).distinct())
    open_lines.update(responsible=owner.user)
    for plan in plans:
        notify_responsible(plan, now, owner.user)
        update_announcements(plan)


def _write(
    user: User,
    action: str,
    target: ProviderAccount | Voice,
    before: User | None,
    owner: Membership,
    **values: Any,
) -> None:
    names = {"owner": str(before) if before else None}, {"owner": str(owner.user)}
    record(user, action, target, team=owner.team, before=names[0], after=names[1], **values)
