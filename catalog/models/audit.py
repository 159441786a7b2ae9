"""What was done, by whom, to what; rows are only ever added."""

from django.db import models

from catalog.models.accounts import Team, User


class AuditEntry(models.Model):
    """One act. ``facts`` holds ids and plain values, never a secret."""

    at = models.DateTimeField()
    team = models.ForeignKey(Team, null=True, on_delete=models.SET_NULL, related_name="+")
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=120)
    reason = models.CharField(max_length=300, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["team", "at"], name="audit_by_team")]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"
