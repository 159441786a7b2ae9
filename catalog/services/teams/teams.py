"""Create and rename teams, require two-factor authentication, and switch between teams."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.models import Membership, Team, User
from catalog.models.voices.versions import raise_own_version
from catalog.queries.teams import find_mapped_teams
from catalog.services.accounts.built_in import provide_built_in


class OwnFactorNeeded(Exception):
    """The admin must set up two-factor authentication first, or would be locked out."""


class NameMapped(Exception):
    """VOICEBOARD_OIDC_ROLES finds a team by this name, so it must stay and name one team only."""


@transaction.atomic
def make_team(user: User, *, name: str, now: datetime) -> Team:
    """Create a team with the user as its admin, and switch the user to it. Raises NameMapped."""
    if not policies.may_make_team(user):
        raise PermissionDenied
    if name in find_mapped_teams():
        raise NameMapped
    team = Team.objects.create(name=name)
    Membership.objects.create(team=team, user=user, role=Membership.Role.ADMIN, chosen_at=now)
    provide_built_in(team=team, now=now)
    record(user, "team created", team, team=team, now=now)
    return team


@transaction.atomic
def rename_team(user: User, *, team: Team, name: str, now: datetime) -> None:
    """Rename the team; raises NameMapped."""
    if not policies.may_manage_people(user, team):
        raise PermissionDenied
    if name == team.name:
        return
    if {name, team.name} & set(find_mapped_teams()):
        raise NameMapped
    Team.objects.filter(pk=team.pk).update(name=name)
    before, after = {"name": team.name}, {"name": name}
    record(user, "team renamed", team, team=team, now=now, before=before, after=after)


@transaction.atomic
def choose_team(user: User, *, team: Team, now: datetime) -> None:
    """Switch the user to another of their teams."""
    if not Membership.objects.filter(user=user, team=team).update(chosen_at=now):
        raise PermissionDenied
    raise_own_version(user.pk)


@transaction.atomic
def let_clones_speak(user: User, *, team: Team, speaks: bool, now: datetime) -> None:
    """Have new clones speak a sentence also where that costs something, or stop that."""
    if not policies.may_manage_people(user, team):
        raise PermissionDenied
    if team.speaks_first == speaks:
        return
    Team.objects.filter(pk=team.pk).update(speaks_first=speaks)
    record(
        user,
        "first sentence of clones set",
        team,
        team=team,
        now=now,
        before={"speaks": team.speaks_first},
        after={"speaks": speaks},
    )


@transaction.atomic
def require_second_factor(user: User, *, team: Team, is_required: bool, now: datetime) -> None:
    """Require members to use two-factor authentication to open the team, or stop requiring it."""
    if not policies.may_manage_people(user, team):
        raise PermissionDenied
    if is_required and not policies.proves_second_factor(user):
        raise OwnFactorNeeded
    if team.requires_second_factor == is_required:
        return
    Team.objects.filter(pk=team.pk).update(requires_second_factor=is_required)
    rule = "required" if is_required else "made optional"
    record(
        user,
        f"two-factor authentication {rule}",
        team,
        team=team,
        now=now,
        before={"required": team.requires_second_factor},
        after={"required": is_required},
    )
