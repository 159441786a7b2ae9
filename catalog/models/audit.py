"""The audit log: who did what, and to what; rows are only ever added."""

import re
from typing import Any, NoReturn, Self

from django.db import models
from django.db.models import Q

from catalog.models.teams.teams import Team
from catalog.models.users import User


class AppendOnly(Exception):
    """Something tried to change or remove an entry of the audit log."""


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Queries for audit entries; every way to change rows is blocked."""

    def visible_to(self, user: User) -> Self:
        """Keep the entries of the user's team, and those about the whole installation.

        Entries about users who are in no team are in no team's log.
        """
        of_all = Q(team=None, actor=None) & ~Q(target__startswith="User ")
        return self.filter(Q(team__in=Team.objects.visible_to(user)) | of_all)

    def update(self, **values: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AppendOnly

    def _update(self, values: Any) -> NoReturn:
        raise AppendOnly

    def _raw_delete(self, using: str | None) -> NoReturn:
        raise AppendOnly


class AuditEntry(models.Model):
    """One action. ``facts`` holds ids and plain values, never a secret.

    Names are stored next to ids, and deleting a row doesn't affect its entries, so the log stays
    as it was written. ``digest`` signs the entry together with ``previous``, the digest before it.
    """

    number = models.PositiveBigIntegerField(unique=True)
    at = models.DateTimeField()
    team = models.ForeignKey(
        Team, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    actor = models.ForeignKey(
        User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    actor_name = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=120)
    target_name = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    before: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    after: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    facts: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    request_number = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=45, blank=True)
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        # Saving or deleting a single row must go through the blocks above too.
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["team", "number"], name="audit_by_team"),
            models.Index(fields=["target", "number"], name="audit_by_target"),
            models.Index(fields=["request_number"], name="audit_by_request"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly

    @property
    def who(self) -> str:
        """The user's name at the time, or Voiceboard."""
        return self.actor_name or "Voiceboard"

    @property
    def target_kind(self) -> str:
        """What kind of thing the target is, in words: "Clone job"."""
        kind = self.target.partition(" ")[0]
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).capitalize()

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """Each changed value as name, old value, and new value."""
        names = [*self.before, *(name for name in self.after if name not in self.before)]
        return [(name, self.before.get(name), self.after.get(name)) for name in names]


class AuditHead(models.Model):
    """The single row that holds the end of the log; writers lock it and so wait for each other."""

    number = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    signature = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"The log ends at {self.number}"
