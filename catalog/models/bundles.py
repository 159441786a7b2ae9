"""Bundles: uploads that wait to be imported, and voices that are known only from a bundle."""

import uuid
from typing import Any, Self

from django.db import models

from catalog.models.clones.batches import CloneBatch
from catalog.models.collections import Collection
from catalog.models.speakers import Speaker
from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.models.voices.voices import Voice
from catalog.providers.labels import language_label
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
    collection = models.ForeignKey(
        Collection, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = BundleImportQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Bundle {self.pk}"


class BundledClone(models.Model):
    """The settings of a clone that was made in another installation, as a bundle describes them.

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
        return name_provider(self.provider)


class BundledVoiceQuerySet(models.QuerySet["BundledVoice"]):
    """Queries for voices that aren't here."""

    def visible_to(self, user: User) -> Self:
        """Keep those of the collections that the user can see."""
        return self.filter(collection__in=Collection.objects.visible_to(user).kept())


class BundledVoice(models.Model):
    """A voice of an imported collection that the team's accounts don't have, with its place there.

    ``facts`` holds what its provider said of it, ``marks`` what the team elsewhere put on it, and
    ``batch`` the samples that a clone was made from.
    """

    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="bundled_voices"
    )
    position = models.PositiveIntegerField()
    note = models.CharField(max_length=300, blank=True)
    provider = models.CharField(max_length=40)
    remote_id = models.CharField(max_length=200)
    facts: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    marks: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    batch = models.ForeignKey(
        CloneBatch, null=True, on_delete=models.SET_NULL, related_name="bundled_voices"
    )

    objects = BundledVoiceQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Bundled voice {self.pk}"

    @property
    def shown_name(self) -> str:
        """The name that the team elsewhere gave it, otherwise its provider's."""
        return str(self.marks.get("name") or self.facts.get("name", ""))

    @property
    def provider_label(self) -> str:
        """The provider's name, or what the bundle calls it if it's unknown here."""
        return name_provider(self.provider)

    @property
    def words(self) -> list[str]:
        """What it was: its kind, language, and gender, as far as they were known."""
        kind = str(Voice.Kind(self.facts.get("kind", "unknown")).label)
        language = self.facts.get("language", "unknown")
        gender = str(Voice.Gender(self.facts.get("gender", "unknown")).label)
        said = [kind, "Unknown" if language == "unknown" else language_label(language), gender]
        return [each for each in said if each != "Unknown"]


def name_provider(slug: str) -> str:
    """Return the name of a provider, or the slug if it's unknown here."""
    labels = {info.slug: info.label for info in all_infos()}
    return labels.get(slug, slug)
