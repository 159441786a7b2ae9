"""The one-time link that creates the first admin, and the people of the demo."""

import secrets
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import QuerySet
from django.views.decorators.debug import sensitive_variables

from catalog.audit import record
from catalog.core.crypto import hash_token
from catalog.models import Membership, SetupLink, Team, User
from catalog.providers.registry import get_adapter
from catalog.services.accounts.built_in import provide_built_in
from catalog.services.credentials.keys import add_credential

_LINK_LIVES = timedelta(hours=1)
_DEMO_PEOPLE = (
    ("ana@example.com", "Ana", "Aurora", Membership.Role.ADMIN),
    ("mia@example.com", "Mia", "Aurora", Membership.Role.MEMBER),
    ("cleo@example.com", "Cleo", "Aurora", Membership.Role.CLONER),
    ("vic@example.com", "Vic", "Aurora", Membership.Role.VIEWER),
    ("sam@example.com", "Sam", "Borealis", Membership.Role.ADMIN),
)
# Whose password may be known.
DEMO_ADDRESSES = tuple(person[0] for person in _DEMO_PEOPLE)


class LinkSpent(Exception):
    """The setup link is wrong, expired, or used."""


@transaction.atomic
def make_setup_link(*, now: datetime) -> str | None:
    """Return the token of a new one-time link, or None once someone can sign in."""
    if User.objects.exists():
        return None
    token = secrets.token_urlsafe(32)
    SetupLink.objects.all().delete()
    link = SetupLink.objects.create(token_hash=hash_token(token), expires_at=now + _LINK_LIVES)
    record(None, "setup link created", link, team=None, now=now)
    return token


def setup_link_is_good(token: str, *, now: datetime) -> bool:
    """Return whether the link can still create the first admin."""
    return _good_links(token, now).exists() and not User.objects.exists()


@sensitive_variables()
@transaction.atomic
def create_first_admin(
    *, token: str, team: str, name: str, email: str, password: str, now: datetime
) -> User:
    """Make the first team and its admin; raises LinkSpent unless the link is good."""
    # If two people use the link at once, only one can delete it.
    spent, _ = _good_links(token, now).delete()
    if not spent or User.objects.exists():
        raise LinkSpent
    user = User.objects.create_user(email, password, first_name=name)
    home = Team.objects.create(name=team)
    Membership.objects.create(team=home, user=user, role=Membership.Role.ADMIN)
    record(user, "installation set up", user, team=home, now=now)
    provide_built_in(team=home, now=now)
    return user


@sensitive_variables()
@transaction.atomic
def prepare_demo(*, password: str, now: datetime) -> None:
    """Create the demo people and connect them to the sandbox; existing ones are left unchanged."""
    # All of them have this password, and hashing it takes a third of a second.
    hash_once = cache(lambda: make_password(password))
    for email, name, team_name, role in _DEMO_PEOPLE:
        team, _ = Team.objects.get_or_create(name=team_name)
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create(email=email, first_name=name, password=hash_once())
            Membership.objects.create(team=team, user=user, role=role)
            record(None, "demo person added", user, team=team, now=now)
            _connect_sandbox(user, team, now)
        elif settings.DEMO_PASSWORD_IS_GIVEN and not check_password(password, user.password):
            user.set_password(password)
            user.save(update_fields=["password"])
            record(None, "demo password set", user, team=team, now=now)


def _connect_sandbox(user: User, team: Team, now: datetime) -> None:
    keys = {"Ana": ("full", True), "Sam": ("full-2", False)}
    if user.first_name not in keys:
        return
    kind, is_shared = keys[user.first_name]
    for slug in settings.PROVIDER_BASE_URLS:
        if get_adapter(slug).info.is_built_in:
            continue
        add_credential(
            user,
            team=team,
            provider=slug,
            api_key=f"sandbox-{slug}-{kind}",
            nickname="Sandbox",
            is_shared=is_shared,
            now=now,
        )


def _good_links(token: str, now: datetime) -> QuerySet[SetupLink]:
    return SetupLink.objects.filter(token_hash=hash_token(token), expires_at__gt=now)
