"""Roles that follow from a person's groups at the company's provider.

Only memberships that were made this way are changed or suspended by it.
"""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import transaction

from catalog.audit import record
from catalog.jobs.notifications.send import notify_admins
from catalog.models import Membership, Notification, Team, User
from catalog.queries.teams import find_mapped_teams
from catalog.services.teams.members import (
    is_last_admin,
    open_membership,
    set_role,
    shut_membership,
)

_RANKS = Membership.Role.values


@transaction.atomic
def apply_groups(user: User, *, groups: Collection[str], now: datetime) -> None:
    """Give the user the roles of their groups; suspend memberships that no group gives anymore."""
    wanted = _find_roles(groups)
    mapped = Membership.everyone.filter(user=user, is_mapped=True)
    places = {*wanted, *mapped.values_list("team", flat=True)}
    # In a fixed order, so that no two sign-ins wait for each other.
    teams = list(Team.objects.select_for_update(no_key=True).filter(pk__in=places).order_by("pk"))
    rows = Membership.everyone.filter(user=user, team__in=teams).select_related("user", "team")
    held = {row.team_id: row for row in rows}
    for team in teams:
        if team.pk in held:
            _update(held[team.pk], wanted.get(team.pk), now)
        else:
            _add(user, team, wanted[team.pk], now)


def _find_roles(groups: Collection[str]) -> dict[int, str]:
    """Return the highest role that the groups give in each team."""
    teams = find_mapped_teams()
    found: dict[int, str] = {}
    for group, name, role in settings.OIDC_ROLES:
        team = teams.get(name)
        if group in groups and team is not None:
            found[team] = max(role, found.get(team, role), key=_RANKS.index)
    return found


def _add(user: User, team: Team, role: str, now: datetime) -> None:
    Membership.objects.create(user=user, team=team, role=role, is_mapped=True)
    record(
        None,
        "member added by group",
        user,
        team=team,
        now=now,
        reason=_say_reason(),
        after={"role": role},
    )


def _update(held: Membership, role: str | None, now: datetime) -> None:
    if not held.is_mapped or held.suspension == Membership.Suspension.ADMIN:
        return
    if role != Membership.Role.ADMIN and is_last_admin(held):
        _keep_last_admin(held, now)
    elif role is None:
        if held.suspended_at is None:
            kind = Membership.Suspension.GROUPS
            shut_membership(None, membership=held, kind=kind, now=now, reason=_say_reason())
    else:
        if held.suspended_at is not None:
            open_membership(None, membership=held, now=now, reason=_say_reason())
        if held.role != role:
            set_role(None, membership=held, role=role, now=now, reason=_say_reason())


def _keep_last_admin(held: Membership, now: datetime) -> None:
    words = (
        f"{settings.OIDC_LABEL} no longer makes {held.user} an admin of {held.team}, but a team"
        " needs one. Make someone else an admin."
    )
    notify_admins(Notification.Event.TEAM, held.team, words, now, page=Notification.Page.TEAM)
    record(None, "last admin kept", held.user, team=held.team, now=now, reason=_say_reason())


def _say_reason() -> str:
    return f"Groups at {settings.OIDC_LABEL}"
