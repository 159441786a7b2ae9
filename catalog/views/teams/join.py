"""Join a team by an invitation, right away or after signing in."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from catalog.models import Invitation, Team, User
from catalog.services.teams.invitations import (
    AlreadyThere,
    InvitationSpent,
    KeptForAnother,
    MembershipSuspended,
    accept_invitation,
    find_invitation,
)
from catalog.views.errors import DeadLink

_KEY = "joining"


def keep_joining(request: HttpRequest, token: str, invitation: Invitation) -> None:
    """Remember in the session which team to join after sign-in."""
    request.session[_KEY] = {"token": token, "team": str(invitation.team)}


def finish_joining(request: HttpRequest, user: User) -> bool:
    """Join the team that the user signed in for; return whether there was one."""
    kept = request.session.pop(_KEY, None)
    invitation = find_invitation(kept["token"], now=timezone.now()) if kept else None
    if kept is None or invitation is None:
        return False
    request.user = user
    join_team(request, kept["token"], invitation.team)
    return True


def join_team(request: HttpRequest, token: str, team: Team) -> None:
    """Add the user to the team and report the result as a message; raises DeadLink."""
    try:
        accept_invitation(request.user, token=token, now=timezone.now())  # type: ignore[arg-type]
    except InvitationSpent:
        raise DeadLink from None
    except AlreadyThere:
        messages.info(request, f"You are already in {team}.")
    except MembershipSuspended:
        messages.error(request, f"Your membership in {team} is suspended. Ask one of its admins.")
    except KeptForAnother:
        words = "This link was used with another email. Sign in with that one to join"
        messages.error(request, f"{words} {team}, or ask for a new link.")
    else:
        messages.success(request, f"You are now in {team}.")
