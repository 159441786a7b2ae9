"""The team that a person works in, its people, and the links into it."""

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db.models import Count, Exists, F, OuterRef, Q

from catalog.models import Invitation, Membership, User


def find_own_memberships(user: User) -> list[Membership]:
    """Return what the person is in each of their teams, the one they work in first."""
    return list(Membership.objects.of(user).select_related("team"))


def find_members(user: User) -> list[Membership]:
    """Return everybody in the team that the person works in, with how many keys each has there."""
    keys = Count("user__credentials", filter=Q(user__credentials__team=F("team")))
    rows = Membership.objects.visible_to(user).select_related("user", "team")
    factors = Authenticator.objects.filter(user=OuterRef("user"), type=Authenticator.Type.TOTP)
    rows = rows.annotate(key_count=keys, has_second_factor=Exists(factors))
    return list(rows.order_by("user__first_name", "user__email"))


def find_heirs(leaving: Membership) -> list[Membership]:
    """Return who could take over what somebody leaves behind, admins first."""
    rows = Membership.objects.filter(team=leaving.team_id).exclude(pk=leaving.pk)
    able = rows.exclude(role=Membership.Role.VIEWER).select_related("user", "team")
    return sorted(able, key=lambda row: (not row.is_admin, str(row.user)))


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """A link into the team and, in words, where it stands."""

    invitation: Invitation
    is_open: bool
    state: str


def find_invitations(user: User, now: datetime) -> list[InvitationRow]:
    """Return the links into the team, the newest first."""
    rows = Invitation.objects.visible_to(user).select_related("made_by", "used_by")
    return [
        InvitationRow(row, not row.is_settled and row.expires_at > now, _say_state(row, now))
        for row in rows.order_by("-pk")[:50]
    ]


def _say_state(invitation: Invitation, now: datetime) -> str:
    if invitation.used_at:
        return f"Used by {invitation.used_by}"
    if invitation.withdrawn_at:
        return "Taken back"
    return "Open" if invitation.expires_at > now else "Ended"
