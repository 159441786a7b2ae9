"""The runs that keep our copy of the voices."""

from django.db import models

from catalog.models.credentials.keys import ProviderAccount


class SyncRun(models.Model):
    """One pass over an account's voices and what it found."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="runs")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    seen_count = models.PositiveIntegerField(default=0)
    added_count = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)
    gone_count = models.PositiveIntegerField(default=0)
    # Voices that a listing left out so suddenly that another one has to leave them out as well.
    doubted_count = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    # What a run that came to its end could not fetch, in words.
    warning = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"Sync of account {self.account_id} at {self.started_at:%Y-%m-%d %H:%M}"
