"""What was done, by whom, to what; rows are only ever added."""

from typing import Any, NoReturn, Self

from django.db import models
from django.db.models import Q

from catalog.models.teams.teams import Team
from catalog.models.users import User


class AppendOnly(Exception):
    """An entry of the log was to be changed or removed; nobody may."""


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Entries by who looks at them; none of the ways to change rows is open."""

    def visible_to(self, user: User) -> Self:
        """Keep the entries of the person's team, and what was done to the whole installation.

        What a person did who is in no team, or what happened to them, is in no team's log.
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
    """One act. ``facts`` holds ids and plain values, never a secret.

    Names are kept beside ids, and no link is followed when its row goes: what was written stays
    as it was. ``digest`` signs the entry together with ``previous``, the digest before it.
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
        # So that saving or deleting one row goes through the refusals above, too.
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
        """The person's name as it was then, or Voiceboard itself."""
        return self.actor_name or "Voiceboard"

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """Each changed value: its name, what it was, what it became."""
        names = [*self.before, *(name for name in self.after if name not in self.before)]
        return [(name, self.before.get(name), self.after.get(name)) for name in names]


class AuditHead(models.Model):
    """The one row that says where the log ends; writers queue for it, one after the other."""

    number = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    signature = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"The log ends at {self.number}"
