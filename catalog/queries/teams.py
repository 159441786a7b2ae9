"""A user's teams, the members of a team, and its invitations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Count, Exists, F, Min, OuterRef, Q

from catalog import policies
from catalog.models import Invitation, Membership, PasswordLink, Team, TeamPolicy, User, Voice
from catalog.policies.links import invitation_holds, password_link_holds

# In the order of ``Membership.objects.of``. Every request runs this query, and composing it takes
# ten times as long as running it.
_OWN = """
    SELECT m.*, t.name AS team_name, t.requires_second_factor AS is_strict
    FROM catalog_membership m JOIN catalog_team t ON t.id = m.team_id
    WHERE m.user_id = %s AND m.suspended_at IS NULL ORDER BY m.chosen_at DESC NULLS LAST, m.id
"""


def find_own_memberships(user: User) -> list[Membership]:
    """Return the user's memberships, the current team first."""
    found = list(Membership.objects.raw(_OWN, [user.pk]))
    for membership in found:
        name, is_strict = membership.team_name, membership.is_strict  # type: ignore[attr-defined]
        values = [membership.team_id, name, bool(is_strict)]
        membership.team = Team.from_db("default", ["id", "name", "requires_second_factor"], values)
    return found


def find_team_of_voice(user: User, pk: int, own_teams: Sequence[Team]) -> Team | None:
    """Return the one of the user's own teams in which they can see a voice."""
    rows = Voice.objects.visible_in(own_teams, user).filter(pk=pk)
    voice = rows.select_related("account__team").first()
    return voice.account.team if voice else None


def get_team_policy(team: Team) -> TeamPolicy:
    """Return what the team allows."""
    return TeamPolicy.objects.of(team.pk)


def find_members(user: User, *, with_suspended: bool = False) -> list[Membership]:
    """Return the members of the user's current team, with their number of keys."""
    manager = Membership.everyone if with_suspended else Membership.objects
    keys = Count("user__credentials", filter=Q(user__credentials__team=F("team")))
    rows = manager.visible_to(user).select_related("user", "team")
    factors = Authenticator.objects.filter(user=OuterRef("user"), type=Authenticator.Type.TOTP)
    rows = rows.annotate(key_count=keys, has_second_factor=Exists(factors))
    return list(rows.order_by("user__first_name", "user__email"))


def find_suspended(user: User) -> list[Team]:
    """Return the teams in which the user is suspended, each with ``admin_names``."""
    rows = Membership.everyone.filter(user=user).exclude(suspended_at=None)
    teams = [row.team for row in rows.select_related("team").order_by("team__name")]
    for team in teams:
        admins = User.objects.filter(pk__in=Membership.objects.admins(team), is_active=True)
        team.admin_names = [str(admin) for admin in admins.order_by("first_name", "pk")]  # type: ignore[attr-defined]
    return teams


def find_successors(leaving: Membership) -> list[Membership]:
    """Return who could take over from a member who leaves, admins first."""
    rows = Membership.objects.filter(team=leaving.team_id).exclude(pk=leaving.pk)
    able = [
        row for row in rows.select_related("user", "team") if policies.may_take_over(row, leaving)
    ]
    return sorted(able, key=lambda row: (not row.is_admin, str(row.user)))


def find_mapped_teams() -> dict[str, int]:
    """Return the ids of the teams that VOICEBOARD_OIDC_ROLES names, without ambiguous names."""
    names = {name for _, name, _ in settings.OIDC_ROLES}
    rows = Team.objects.filter(name__in=names).values_list("name").annotate(Min("pk"), Count("pk"))
    return {name: pk for name, pk, count in rows.order_by() if count == 1}


def find_mapping_fault() -> str:
    """Return what is wrong with the teams of VOICEBOARD_OIDC_ROLES, "" if nothing.

    Before the first team exists, the setting may name teams that are still to be created.
    """
    known = find_mapped_teams()
    wrong = sorted({name for _, name, _ in settings.OIDC_ROLES if name not in known})
    if not wrong or not Team.objects.exists():
        return ""
    count = Team.objects.filter(name=wrong[0]).count()
    reason = f"{count} teams have this name" if count else "no team has this name"
    return f"VOICEBOARD_OIDC_ROLES names the team {wrong[0]!r}, but {reason}."


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation and its state as text."""

    invitation: Invitation
    is_open: bool
    state: str


def find_possible_owners(team: Team) -> list[Membership]:
    """Return the members who can be responsible for accounts and voices."""
    rows = Membership.objects.filter(team=team).exclude(role=Membership.Role.VIEWER)
    return list(rows.select_related("user").order_by("user__email"))


def find_invitations(user: User, now: datetime) -> list[InvitationRow]:
    """Return the team's invitations, newest first."""
    rows = Invitation.objects.visible_to(user).select_related("team", "made_by", "used_by")
    return [
        InvitationRow(row, not row.is_settled and row.expires_at > now, _say_state(row, now))
        for row in rows.order_by("-pk")[:50]
    ]


def _say_state(invitation: Invitation, now: datetime) -> str:
    if invitation.used_at:
        return f"Used by {invitation.used_by}"
    if invitation.withdrawn_at:
        return "Withdrawn"
    if invitation.expires_at <= now:
        return "Expired"
    if not invitation_holds(invitation):
        return f"No longer works: {invitation.made_by} can no longer invite people"
    return "Open, waiting for a sign-in" if invitation.kept_for else "Open"


@dataclass(frozen=True, slots=True)
class PasswordLinkRow:
    """An open password link of a member, and whether it still works."""

    link: PasswordLink
    holds: bool


def find_password_links(user: User, now: datetime) -> list[PasswordLinkRow]:
    """Return the members' open password links, newest first."""
    rows = PasswordLink.objects.visible_to(user).open(now).select_related("user", "made_by")
    return [PasswordLinkRow(row, password_link_holds(row)) for row in rows.order_by("-pk")]
