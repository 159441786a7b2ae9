"""Break-glass accounts: the few that have a password when the company's provider is the only way.

An operator makes them for the day on which the provider is away.
"""

import secrets
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from catalog.audit import record
from catalog.jobs.users import end_all, note_event, tell_admins
from catalog.models import Membership, Team, User


class TeamUnknown(Exception):
    """No team, or more than one, has this name."""


class AddressUnknown(Exception):
    """There is no such account."""


@sensitive_variables()
@transaction.atomic
def make_break_glass(*, email: str, team_name: str, now: datetime) -> str:
    """Make an account an admin of the team that signs in with a new password; return the password.

    An account that doesn't exist is created. Raises TeamUnknown.
    """
    team = _find_team(team_name)
    password = secrets.token_urlsafe(18)
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        user = User.objects.create_user(email, None, first_name="Emergency access")
    user.is_break_glass = True
    user.set_password(password)
    user.save(update_fields=["is_break_glass", "password"])
    end_all(sessions=list(UserSession.objects.filter(user=user)))
    values = {
        "role": Membership.Role.ADMIN,
        "is_mapped": False,
        "suspended_at": None,
        "suspension": "",
    }
    Membership.everyone.update_or_create(team=team, user=user, defaults=values)
    record(None, "emergency account made", user, team=team, now=now)
    return password


@transaction.atomic
def end_break_glass(*, email: str, now: datetime) -> None:
    """Make it an ordinary account again, without a password. Raises AddressUnknown."""
    accounts = User.objects.filter(email=email.strip().lower(), is_break_glass=True)
    user = accounts.first()
    if user is None:
        raise AddressUnknown
    user.is_break_glass = False
    user.set_unusable_password()
    user.save(update_fields=["is_break_glass", "password"])
    end_all(sessions=list(UserSession.objects.filter(user=user)))
    note_event(None, user=user, action="emergency account ended", now=now)


@transaction.atomic
def note_break_glass(user: User, *, now: datetime) -> None:
    """Record that someone signed in with a break-glass account, and notify the admins."""
    note_event(user, user=user, action="emergency account signed in", now=now)
    tell_admins(user, f"The emergency account {user.email} signed in", now)


def _find_team(name: str) -> Team:
    teams = list(Team.objects.filter(name=name)[:2])
    if len(teams) != 1:
        raise TeamUnknown
    # Nobody else may change the team's members meanwhile.
    return Team.objects.select_for_update(no_key=True).get(pk=teams[0].pk)
