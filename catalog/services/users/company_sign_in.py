"""People who sign in by the company's provider: their accounts, and who may come."""

from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from catalog.audit import record
from catalog.jobs.users import end_all, note_event
from catalog.models import User


class AddressUnconfirmed(Exception):
    """The provider names no address, or says that it isn't confirmed."""


class AddressTaken(Exception):
    """Someone has an account with this address, which an address alone must not open."""


class IdentityTaken(Exception):
    """This identity belongs to another account, or the account has another identity."""


def admit_identity(
    *, identity: SocialAccount, email: str, name: str, is_confirmed: bool, now: datetime
) -> SocialAccount:
    """Create an account for a first sign-in; it is in no team and has no password.

    Return the stored identity, which leads to the account. If the person signs in twice at once,
    in two tabs, both get the same. Raises AddressUnconfirmed, and AddressTaken.
    """
    email = email.strip().lower()
    if not is_confirmed or not _is_address(email):
        raise AddressUnconfirmed
    try:
        return _find_or_make(identity, email, name[:150], now)
    except (AddressTaken, IntegrityError):
        # Perhaps by the other one, which was faster after all and is stored by now.
        return _find_or_make(identity, email, name[:150], now)


@transaction.atomic
def _find_or_make(identity: SocialAccount, email: str, name: str, now: datetime) -> SocialAccount:
    known = SocialAccount.objects.filter(provider=identity.provider, uid=identity.uid)
    if found := known.select_related("user").first():
        return found
    if User.objects.filter(email=email).exists():
        raise AddressTaken
    user = User.objects.create_user(email, None, first_name=name)
    identity.user = user
    identity.save()
    record(None, "account made at first company sign-in", user, team=None, now=now)
    return identity


@transaction.atomic
def connect_identity(user: User, *, identity: SocialAccount, now: datetime) -> None:
    """Let the user sign in by this identity from now on. Raises IdentityTaken."""
    known = SocialAccount.objects.filter(provider=identity.provider)
    owner = known.filter(uid=identity.uid).first()
    if owner is not None and owner.user_id == user.pk:
        return
    if owner is not None or known.filter(user=user).exists():
        raise IdentityTaken
    identity.user = user
    identity.save()
    note_event(user, user=user, action="company sign-in connected", now=now)


@transaction.atomic
def end_company_sessions(*, uid: str, sid: str, now: datetime) -> int:
    """Sign a person out everywhere, as the provider asks; return how many sessions ended.

    The person is named by their identity, or by one of their sessions at the provider.
    """
    people = User.objects.filter(socialaccount__uid=uid)
    if not uid:
        people = User.objects.filter(usersession__data__sid=sid)
    count = 0
    for user in people.distinct():
        sessions = list(UserSession.objects.filter(user=user))
        end_all(sessions=sessions)
        if sessions:
            note_event(None, user=user, action="sessions ended by company sign-in", now=now)
        count += len(sessions)
    return count


def _is_address(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return len(email) <= 254
