"""A version number for each team's voices, by which caches notice changes."""

from collections.abc import Iterable

from django.db import models, transaction
from django.db.models import F

from catalog.models.teams.teams import Team
from catalog.models.voices.voices import Voice


class CatalogVersion(models.Model):
    """The number of the last change to a team's voices."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="catalog_version")
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"Version {self.number} of team {self.team_id}"


def raise_version(team_id: int) -> int:
    """Return the number for changes that this transaction makes to the team's voices.

    The row stays locked until the transaction ends, so numbers become visible in order: whoever
    has seen one number has seen all changes before it.
    """
    rows = CatalogVersion.objects.filter(team=team_id)
    with transaction.atomic():
        if not rows.update(number=F("number") + 1):
            CatalogVersion.objects.get_or_create(team_id=team_id)
            rows.update(number=F("number") + 1)
    return rows.values_list("number", flat=True).get()


def touch_voices(voice_ids: Iterable[int]) -> None:
    """Mark voices as changed; call this in the transaction that changes them or what they show."""
    rows = Voice.objects.filter(pk__in=list(voice_ids))
    # Always in the same order, or two transactions could deadlock.
    for team_id in sorted(set(rows.order_by().values_list("account__team", flat=True))):
        number = raise_version(team_id)
        rows.filter(account__team=team_id).update(version=number)
