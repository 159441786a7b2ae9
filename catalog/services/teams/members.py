"""Change members' roles, and remove members without losing what they made."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q

from catalog import policies
from catalog.audit import record
from catalog.jobs.base.leases import stop_unsent
from catalog.jobs.notifications import notify_responsible, stop_clones, update_announcements
from catalog.models import (
    CleanupPlan,
    CloneJob,
    Collection,
    Consent,
    Credential,
    Invitation,
    KeySet,
    Membership,
    PasswordLink,
    PlannedDeletion,
    ProviderAccount,
    Sample,
    SavedSearch,
    Speaker,
    Synthesis,
    Team,
    User,
    Voice,
)
from catalog.models.voices.versions import touch_owned_voices
from catalog.services.credentials.keys import remove_credential


class LastAdmin(Exception):
    """The team would be left without an admin."""


class NewOwnerNeeded(Exception):
    """The person leaves things behind, and no suitable new owner was named."""


class Belonging(NamedTuple):
    """What passes to a new owner; ``origin`` names the field of the maker, which never changes."""

    name: str
    model: type[models.Model]
    team_path: str
    owner_field: str
    origin: str = ""


BELONGINGS = (
    Belonging("accounts", ProviderAccount, "team", "last_owner"),
    Belonging("voices", Voice, "account__team", "responsible"),
    Belonging("samples", Sample, "team", "owner"),
    Belonging("clones", CloneJob, "team", "kept_by", "requested_by"),
    Belonging("speakers", Speaker, "team", "added_by"),
    Belonging("consents", Consent, "speaker__team", "kept_by", "attested_by"),
    Belonging("collections", Collection, "team", "owner"),
    Belonging("searches", SavedSearch, "team", "owner"),
)


@transaction.atomic
def change_role(user: User, *, membership: Membership, role: str, now: datetime) -> None:
    """Change a member's role; raises LastAdmin."""
    team = _lock_team(membership.team)
    if not policies.may_give_role(user, team, role):
        raise PermissionDenied
    before = Membership.objects.get(pk=membership.pk).role
    if before == role:
        return
    if role != Membership.Role.ADMIN:
        _demand_another_admin(membership)
    Membership.objects.filter(pk=membership.pk).update(role=role)
    record(
        user,
        "role changed",
        membership.user,
        team=team,
        now=now,
        before={"role": before},
        after={"role": role},
        withdrawn_links=_withdraw_links(membership.user, now),
    )


@transaction.atomic
def remove_member(
    user: User, *, membership: Membership, new_owner: Membership | None, reason: str, now: datetime
) -> None:
    """Remove a member: delete their keys, stop their jobs, and give the rest to the new owner.

    Raises LastAdmin, and NewOwnerNeeded if something is left behind that no one takes over.
    """
    team, leaving = _lock_team(membership.team), membership.user
    if not policies.may_remove_member(user, membership):
        raise PermissionDenied
    _demand_another_admin(membership)
    if new_owner is not None and not policies.may_take_over(new_owner, membership):
        raise NewOwnerNeeded
    if new_owner is None and any(count_belongings(membership).values()):
        raise NewOwnerNeeded
    words = reason or f"{leaving} left the team."
    keys = list(Credential.objects.filter(team=team, owner=leaving).select_related("team", "owner"))
    stopped = _stop_jobs(leaving, team, now, new_owner.user if new_owner else None)
    for key in keys:
        remove_credential(user, credential=key, now=now, reason=words)
    handed = {} if new_owner is None else _hand_over(leaving, team, new_owner.user)
    # Voices that only the deleted keys listed go to the new owner of the accounts.
    left = KeySet.objects.filter(account__team=team, last_owner=leaving)
    left.update(last_owner=new_owner.user if new_owner else None)
    touch_owned_voices(team=team)
    if new_owner is not None:
        _hand_over_deletions(leaving, team, new_owner.user, now)
    name, role = str(leaving), membership.role
    Membership.objects.filter(pk=membership.pk).delete()
    links = _withdraw_links(leaving, now)
    action = "member left" if leaving.pk == user.pk else "member removed"
    record(
        user,
        action,
        leaving,
        team=team,
        now=now,
        reason=reason,
        before={"role": role},
        person=name,
        new_owner=str(new_owner.user) if new_owner else None,
        deleted_keys=len(keys),
        stopped_jobs=stopped,
        withdrawn_links=links,
        **handed,
    )


def count_belongings(membership: Membership) -> dict[str, int]:
    """Return how many things of each kind a new owner would take over."""
    return {
        name: rows.count() for name, rows, _ in _find_belongings(membership.user, membership.team)
    }


def _find_belongings(
    user: User, team: Team
) -> "Iterable[tuple[str, models.QuerySet[models.Model], str]]":
    for name, model, way, link, origin in BELONGINGS:
        whose = Q(**{link: user})
        if origin:
            whose |= Q(**{link: None, origin: user})
        # By primary key, because an update can't join tables.
        ids = model._base_manager.filter(whose, **{way: team}).values("pk")
        yield name, model._base_manager.filter(pk__in=ids), link


def _hand_over(user: User, team: Team, new_owner: User) -> dict[str, int]:
    return {
        name: rows.update(**{link: new_owner}) for name, rows, link in _find_belongings(user, team)
    }


def _hand_over_deletions(user: User, team: Team, new_owner: User, now: datetime) -> None:
    # Finished lines are history. The new owner is notified about open ones and can keep the voices.
    lines = PlannedDeletion.objects.unfinished().filter(plan__team=team, responsible=user)
    plans = list(CleanupPlan.objects.waiting().filter(lines__in=lines).distinct())
    lines.update(responsible=new_owner)
    for plan in plans:
        notify_responsible(plan, now, new_owner)
        update_announcements(plan)


def _stop_jobs(user: User, team: Team, now: datetime, new_owner: User | None) -> int:
    # What a provider may already have made is completed for the new owner.
    clones = CloneJob.objects.filter(team=team).filter(
        Q(kept_by=user) | Q(kept_by=None, requested_by=user)
    )
    speeches = Synthesis.objects.filter(team=team, requested_by=user)
    words = f"Stopped: {user} left the team."
    return stop_clones(clones, words, now, new_owner) + stop_unsent(speeches, words, now)


def _withdraw_links(user: User, now: datetime) -> int:
    # A link is withdrawn when its maker may no longer make it for the person's current role.
    made = Invitation.objects.open(now).filter(made_by=user).select_related("team", "made_by")
    lost = [link.pk for link in made if not policies.invitation_holds(link)]
    about = PasswordLink.objects.open(now).filter(Q(made_by=user) | Q(user=user))
    links = about.select_related("user", "made_by")
    lost_links = [link.pk for link in links if not policies.password_link_holds(link)]
    count = Invitation.objects.filter(pk__in=lost).update(withdrawn_at=now)
    return count + PasswordLink.objects.filter(pk__in=lost_links).update(withdrawn_at=now)


def _lock_team(team: Team) -> Team:
    # If two admins leave at once, the second sees that the first has gone.
    return Team.objects.select_for_update().get(pk=team.pk)


def _demand_another_admin(membership: Membership) -> None:
    admins = Membership.objects.filter(team=membership.team_id, role=Membership.Role.ADMIN)
    is_admin = admins.filter(pk=membership.pk).exists()
    if is_admin and not admins.exclude(pk=membership.pk).exists():
        raise LastAdmin
