"""Speakers as one file: uploads that wait to be imported, and clones that were made elsewhere."""

import uuid
from typing import Any, Self

from django.db import models

from catalog.models.clones.batches import CloneBatch
from catalog.models.speakers import Speaker
from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.providers.registry import all_infos


class BundleImportQuerySet(models.QuerySet["BundleImport"]):
    """Queries for uploaded bundles."""

    def visible_to(self, user: User) -> Self:
        """Keep the user's own uploads in their current team."""
        return self.filter(user=user, team__in=Team.objects.visible_to(user))


class BundleImport(models.Model):
    """An uploaded bundle, which was checked; its file is deleted once it is imported, or a day old.

    ``summary`` says what it would add.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="bundle_imports")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="bundle_imports")
    path = models.CharField(max_length=200, blank=True)
    filename = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    summary: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    uploaded_at = models.DateTimeField()
    imported_at = models.DateTimeField(null=True)
    speaker = models.ForeignKey(Speaker, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = BundleImportQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Bundle {self.pk}"


class BundledClone(models.Model):
    """The settings of a clone that was made in another installation, as a bundle told them.

    ``marks`` holds the voice's labels, tags, and notes there.
    """

    batch = models.ForeignKey(CloneBatch, on_delete=models.CASCADE, related_name="bundled_clones")
    provider = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    description = models.CharField(max_length=500, blank=True)
    removes_noise = models.BooleanField(default=False)
    language = models.CharField(max_length=20, blank=True)
    gender = models.CharField(max_length=8, blank=True)
    transcript = models.TextField(blank=True)
    marks: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"Bundled clone {self.pk}"

    @property
    def provider_label(self) -> str:
        """The provider's name, or what the bundle calls it if it's unknown here."""
        labels = {info.slug: info.label for info in all_infos()}
        return labels.get(self.provider, self.provider)
