"""A team's rules for stale voices, and the limits of a deletion plan."""

from django.db import models

from catalog.models.teams.teams import Team

DEFAULT_WAITING_DAYS = 7
DEFAULT_MOST_PER_RUN = 500
MOST_PER_RUN = 2000


class CleanupRules(models.Model):
    """One team's rules; null days turn a rule off."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="cleanup_rules")
    unused_days = models.PositiveSmallIntegerField(null=True, default=180)
    unheard_days = models.PositiveSmallIntegerField(null=True, default=90)
    expiry_days = models.PositiveSmallIntegerField(null=True, default=30)
    finds_failed = models.BooleanField(default=True)
    finds_unconsented = models.BooleanField(default=True)
    finds_lapsed = models.BooleanField(default=True)
    finds_ownerless = models.BooleanField(default=True)
    finds_duplicates = models.BooleanField(default=True)
    waiting_days = models.PositiveSmallIntegerField(default=DEFAULT_WAITING_DAYS)
    most_per_run = models.PositiveSmallIntegerField(default=DEFAULT_MOST_PER_RUN)
    sends_report = models.BooleanField(default=True)
    reported_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Cleanup rules of team {self.team_id}"


def rules_of(team: Team) -> CleanupRules:
    """Return the team's rules, or unsaved defaults if it has none."""
    return CleanupRules.objects.filter(team=team).first() or CleanupRules(team=team)
