"""Syncs: the runs that keep our copy of the voices up to date."""

from django.db import models

from catalog.models.credentials.keys import ProviderAccount


class SyncRun(models.Model):
    """One sync of an account's voices, and its result."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="runs")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    seen_count = models.PositiveIntegerField(default=0)
    added_count = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)
    gone_count = models.PositiveIntegerField(default=0)
    # Voices missing so suddenly that a second sync must confirm it.
    doubted_count = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    # What a completed sync could not fetch, as text.
    warning = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"Sync of account {self.account_id} at {self.started_at:%Y-%m-%d %H:%M}"
