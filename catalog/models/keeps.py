"""Voices that their owners keep for a while, and who is responsible for a voice."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models

from catalog.models.accounts import User
from catalog.models.clones import CloneJob
from catalog.models.voices import Voice

KEPT_FOR = timedelta(days=90)


class KeepQuerySet(models.QuerySet["Keep"]):
    """Keeps by whether they still hold."""

    def active(self, now: datetime) -> Self:
        """Leave out those whose last day is over."""
        return self.filter(until__gte=now.date())


class Keep(models.Model):
    """Until which day, that one included, no plan may take a voice that somebody kept."""

    voice = models.OneToOneField(Voice, on_delete=models.CASCADE, related_name="keep")
    kept_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kept_at = models.DateTimeField()
    until = models.DateField()

    objects = KeepQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Keep of voice {self.voice_id}"

    @property
    def words(self) -> str:
        """Who keeps it and until when."""
        return f"{self.kept_by} keeps it until {self.until:%b %-d, %Y}."


def keeper_of(voice: Voice, job: CloneJob | None = None) -> User | None:
    """Return who is responsible for a voice, None where nobody is.

    That is whom an admin named, else who made it here or took it over (``job`` made it), else the
    owner of its account.
    """
    if voice.keeper is not None:
        return voice.keeper
    return job.keeper if job is not None else voice.account.last_owner


def find_keeper(voice: Voice) -> User | None:
    """Return who is responsible for one voice; the job that made it is looked up."""
    jobs = CloneJob.objects.filter(voice=voice.pk).select_related("requested_by", "kept_by")
    return keeper_of(voice, jobs.order_by("created_at", "pk").last())
