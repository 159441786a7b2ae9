"""Change members' roles, and suspend or remove members without losing what they made."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q

from catalog import policies
from catalog.audit import record
from catalog.jobs.base.leases import stop_unsent
from catalog.jobs.notifications.clones import stop_clones
from catalog.jobs.notifications.plans import notify_responsible, update_announcements
from catalog.jobs.notifications.send import notify_admins
from catalog.models import (
    ApiToken,
    CleanupPlan,
    CloneJob,
    Collection,
    Consent,
    Credential,
    Invitation,
    KeySet,
    Membership,
    Notification,
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
from catalog.models.voices.versions import raise_own_version, touch_owned_voices
from catalog.policies.links import invitation_holds, password_link_holds
from catalog.services.credentials.keys import remove_credential


class LastAdmin(Exception):
    """The team would be left without an admin."""


class GroupsDecide(Exception):
    """The role follows from the person's groups at the company's provider."""


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
    """Change a member's role; raises LastAdmin, GroupsDecide."""
    team = lock_team(membership.team)
    if not policies.may_give_role(user, team, role):
        raise PermissionDenied
    held = Membership.objects.filter(pk=membership.pk).select_related("user", "team").first()
    if held is None or held.role == role:
        return
    if held.role_is_mapped:
        raise GroupsDecide
    if role != Membership.Role.ADMIN and is_last_admin(held):
        raise LastAdmin
    set_role(user, membership=held, role=role, now=now)


@transaction.atomic
def set_role(
    user: User | None, *, membership: Membership, role: str, now: datetime, reason: str = ""
) -> None:
    """Store another role; call it under the team's lock. ``user`` is None for Voiceboard itself."""
    Membership.objects.filter(pk=membership.pk).update(role=role)
    record(
        user,
        "role changed",
        membership.user,
        team=membership.team,
        now=now,
        reason=reason,
        before={"role": membership.role},
        after={"role": role},
        withdrawn_links=_withdraw_links(membership.user, now),
    )


@transaction.atomic
def suspend_member(user: User, *, membership: Membership, now: datetime) -> None:
    """Shut the team for a member, who keeps what they own; doing it twice changes nothing."""
    lock_team(membership.team)
    if not policies.may_suspend_member(user, membership):
        raise PermissionDenied
    if Membership.objects.filter(pk=membership.pk).exists():
        shut_membership(user, membership=membership, kind=Membership.Suspension.ADMIN, now=now)


@transaction.atomic
def shut_membership(
    user: User | None, *, membership: Membership, kind: str, now: datetime, reason: str = ""
) -> None:
    """Store a suspension, and stop what the person started; call it under the team's lock."""
    team, person = membership.team, membership.user
    Membership.objects.filter(pk=membership.pk).update(suspended_at=now, suspension=kind)
    stopped = _stop_jobs(person, team, now, None, f"Stopped: {person} was suspended.")
    links = _withdraw_links(person, now)
    raise_own_version(person.pk)
    words = (
        f"{person} is suspended in {team}. If {person} doesn't come back, choose Remove and name"
        " a new owner for what they leave behind."
    )
    besides = {user.pk} if user else set()
    notify_admins(
        Notification.Event.TEAM, team, words, now, page=Notification.Page.TEAM, besides=besides
    )
    record(
        user,
        "member suspended",
        person,
        team=team,
        now=now,
        reason=reason,
        stopped_jobs=stopped,
        withdrawn_links=links,
    )


@transaction.atomic
def lift_suspension(user: User, *, membership: Membership, now: datetime) -> None:
    """Open the team again for a suspended member, with the role they had."""
    lock_team(membership.team)
    if not policies.may_suspend_member(user, membership):
        raise PermissionDenied
    if Membership.everyone.filter(pk=membership.pk).exclude(suspended_at=None).exists():
        open_membership(user, membership=membership, now=now)


@transaction.atomic
def open_membership(
    user: User | None, *, membership: Membership, now: datetime, reason: str = ""
) -> None:
    """Remove a suspension; call it under the team's lock."""
    rows = Membership.everyone.filter(pk=membership.pk)
    rows.update(suspended_at=None, suspension="")
    raise_own_version(membership.user_id)
    record(user, "suspension lifted", membership.user, team=membership.team, now=now, reason=reason)


@transaction.atomic
def remove_member(
    user: User, *, membership: Membership, new_owner: Membership | None, reason: str, now: datetime
) -> None:
    """Remove a member: end their keys, tokens, and jobs, and give the rest to the new owner.

    Raises LastAdmin, and NewOwnerNeeded if something is left behind that no one takes over.
    """
    team, leaving = lock_team(membership.team), membership.user
    if not policies.may_remove_member(user, membership):
        raise PermissionDenied
    if is_last_admin(membership):
        raise LastAdmin
    if new_owner is not None and not policies.may_take_over(new_owner, membership):
        raise NewOwnerNeeded
    if new_owner is None and any(count_belongings(membership).values()):
        raise NewOwnerNeeded
    words = reason or f"{leaving} left the team."
    keys = list(Credential.objects.filter(team=team, owner=leaving).select_related("team", "owner"))
    left_words = f"Stopped: {leaving} left the team."
    stopped = _stop_jobs(leaving, team, now, new_owner.user if new_owner else None, left_words)
    for key in keys:
        remove_credential(user, credential=key, now=now, reason=words)
    handed = {} if new_owner is None else _hand_over(leaving, team, new_owner.user)
    # Voices that only the deleted keys listed go to the new owner of the accounts.
    left = KeySet.objects.filter(account__team=team, last_owner=leaving)
    left.update(last_owner=new_owner.user if new_owner else None)
    touch_owned_voices(team=team)
    if new_owner is not None:
        _hand_over_deletions(leaving, team, new_owner.user, now)
    tokens = ApiToken.objects.unended(now).filter(team=team, user=leaving)
    token_count = tokens.update(revoked_at=now, revoked_by=user)
    name, role = str(leaving), membership.role
    Membership.everyone.filter(pk=membership.pk).delete()
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
        revoked_tokens=token_count,
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


def _stop_jobs(user: User, team: Team, now: datetime, new_owner: User | None, words: str) -> int:
    # What a provider may already have made is completed for the new owner.
    clones = CloneJob.objects.filter(team=team).filter(
        Q(kept_by=user) | Q(kept_by=None, requested_by=user)
    )
    speeches = Synthesis.objects.filter(team=team, requested_by=user)
    return stop_clones(clones, words, now, new_owner) + stop_unsent(speeches, words, now)


def _withdraw_links(user: User, now: datetime) -> int:
    # A link is withdrawn when its maker may no longer make it for the person's current role.
    made = Invitation.objects.open(now).filter(made_by=user).select_related("team", "made_by")
    lost = [link.pk for link in made if not invitation_holds(link)]
    about = PasswordLink.objects.open(now).filter(Q(made_by=user) | Q(user=user))
    links = about.select_related("user", "made_by")
    lost_links = [link.pk for link in links if not password_link_holds(link)]
    count = Invitation.objects.filter(pk__in=lost).update(withdrawn_at=now)
    return count + PasswordLink.objects.filter(pk__in=lost_links).update(withdrawn_at=now)


def lock_team(team: Team) -> Team:
    """Let nobody else change the team's members until the end of the transaction.

    If two admins leave at once, the second sees that the first has gone.
    """
    return Team.objects.select_for_update(no_key=True).get(pk=team.pk)


def is_last_admin(membership: Membership) -> bool:
    """Return whether the team would be left without an admin; call it under the team's lock."""
    admins = Membership.objects.filter(team=membership.team_id, role=Membership.Role.ADMIN)
    is_admin = admins.filter(pk=membership.pk).exists()
    return is_admin and not admins.exclude(pk=membership.pk).exists()
