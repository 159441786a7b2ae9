"""How a person likes to see the list of voices, and since when something is new to them."""

from django.db import models

from catalog.models.collections import Collection
from catalog.models.users import User


class Preference(models.Model):
    """One person's habits; what is "" or null has not been chosen yet."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="preference")
    layout = models.CharField(max_length=10, blank=True)
    sort = models.CharField(max_length=20, blank=True)
    columns: "models.JSONField[list[str] | None, list[str] | None]" = models.JSONField(null=True)
    last_collection = models.ForeignKey(
        Collection, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # When the person last looked, and how far back the news of this visit go.
    seen_at = models.DateTimeField(null=True)
    news_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Preferences of {self.user_id}"
