"""How a user likes to see the list of voices, and since when things are new to them."""

from django.db import models

from catalog.models.collections import Collection
from catalog.models.users import User


class Preference(models.Model):
    """A user's settings of the list; "" or null means not chosen."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="preference")
    layout = models.CharField(max_length=10, blank=True)
    sort = models.CharField(max_length=20, blank=True)
    columns: "models.JSONField[list[str] | None, list[str] | None]" = models.JSONField(null=True)
    last_collection = models.ForeignKey(
        Collection, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # When the user last visited, and since when things count as new for this visit.
    seen_at = models.DateTimeField(null=True)
    news_since = models.DateTimeField(null=True)
    # That of the browser at the last visit, such as "Europe/Berlin", for daily emails.
    time_zone = models.CharField(max_length=64, blank=True)
    has_dismissed_start = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"Preferences of {self.user_id}"
