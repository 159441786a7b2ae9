"""Two version numbers by which caches of the voice list notice changes.

Every write to something that the list shows raises one of them in the same transaction: the team's
number for what a team shares, the user's for what only that user sees.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection, models, transaction
from django.db.models import F

from catalog.models.credentials.keys import ProviderAccount
from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.models.voices.voices import Voice


class CatalogVersion(models.Model):
    """The number of the last change to a team's voices and what the list shows around them."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="catalog_version")
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"Version {self.number} of team {self.team_id}"


class UserVersion(models.Model):
    """The number of the last change to what only one user sees: stars, preferences, searches."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="own_version")
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"Version {self.number} of user {self.user_id}"


class ListVersion(NamedTuple):
    """The version of a user's list of voices. Equal versions show the same list."""

    user_id: int
    team_id: int
    catalog: int
    own: int


_BOTH = """
    SELECT (SELECT number FROM catalog_catalogversion WHERE team_id = %s),
    (SELECT number FROM catalog_userversion WHERE user_id = %s)
"""


def read_list_version(user_id: int, team_id: int) -> ListVersion:
    """Return both numbers. Read them before the content, so that it is never older than they."""
    with connection.cursor() as cursor:
        cursor.execute(_BOTH, [team_id, user_id])
        catalog, own = cursor.fetchone()
    return ListVersion(user_id, team_id, catalog or 0, own or 0)


def raise_version(team_id: int) -> int:
    """Return the number for the changes that this transaction makes to the team's catalog.

    The row stays locked until the transaction ends. Numbers therefore become visible in order, and
    a reader who sees one also sees all changes before it. Call it after the changes if possible, so
    that the transaction waits for no other row while it holds this one.
    """
    return _raise(CatalogVersion, team_id=team_id)


def raise_account_version(account_id: int) -> None:
    """Raise the number of the team that owns a provider account."""
    rows = ProviderAccount.objects.filter(pk=account_id)
    for team_id in rows.values_list("team", flat=True):
        raise_version(team_id)


def raise_own_version(user_id: int) -> int:
    """Return the number for the changes that this transaction makes to what only the user sees."""
    return _raise(UserVersion, user_id=user_id)


def _raise(model: type[CatalogVersion | UserVersion], **owner: Any) -> int:
    rows = model._default_manager.filter(**owner)
    with transaction.atomic():
        if not rows.update(number=F("number") + 1):
            model._default_manager.get_or_create(**owner)
            rows.update(number=F("number") + 1)
    return rows.values_list("number", flat=True).get()


def touch_owned_voices(**accounts: Any) -> None:
    """Mark the accounts' own voices as changed, because they may have another owner."""
    rows = Voice.objects.filter(account__in=ProviderAccount.objects.filter(**accounts))
    touch_voices(rows.filter(is_owned=True).values_list("pk", flat=True))


@transaction.atomic
def touch_voices(voice_ids: Iterable[int]) -> None:
    """Mark voices as changed. Call it in the transaction that changes them or what they show."""
    rows = Voice.objects.filter(pk__in=list(voice_ids))
    # Voices first, then teams, each in a fixed order: no two transactions wait for each other.
    locked = set(
        rows.select_for_update(no_key=True).order_by("pk").values_list("account", flat=True)
    )
    accounts = ProviderAccount.objects.filter(pk__in=locked)
    for team_id in sorted(set(accounts.order_by().values_list("team", flat=True))):
        number = raise_version(team_id)
        rows.filter(account__team=team_id).update(version=number)
