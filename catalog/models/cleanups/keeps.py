"""Voices that their owners keep for a while, and who is responsible for a voice."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Self

from django.db import models

from catalog.models.clones.jobs import CloneJob
from catalog.models.users import User
from catalog.models.voices.voices import Voice

KEPT_FOR = timedelta(days=90)
_BATCH = 500


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


def usual_end(now: datetime) -> date:
    """Return until when a voice is kept if nobody says otherwise."""
    return (now + KEPT_FOR).date()


def responsible_for(voice: Voice, job: CloneJob | None = None) -> User | None:
    """Return who is responsible for a voice, None where nobody is.

    That is whom an admin named, else who made it here or took it over (``job`` made it), else the
    owner of the keys that list it, or of its account.
    """
    if voice.responsible is not None:
        return voice.responsible
    return job.responsible if job is not None else (voice.key_set or voice.account).last_owner


def find_all_responsible(voice_ids: Collection[int]) -> dict[int, User]:
    """Return who is responsible for each of many voices, those left out for which nobody is."""
    found: dict[int, User] = {}
    ids = list(voice_ids)
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        jobs = CloneJob.objects.filter(voice__in=batch).select_related("requested_by", "kept_by")
        makers = {job.voice_id: job for job in jobs.order_by("created_at", "pk")}
        rows = Voice.objects.filter(pk__in=batch).select_related(
            "account__last_owner", "key_set__last_owner", "responsible"
        )
        keepers = {voice.pk: responsible_for(voice, makers.get(voice.pk)) for voice in rows}
        found |= {pk: responsible for pk, responsible in keepers.items() if responsible is not None}
    return found


def find_responsible(voice: Voice) -> User | None:
    """Return who is responsible for one voice; the job that made it is looked up."""
    jobs = CloneJob.objects.filter(voice=voice.pk).select_related("requested_by", "kept_by")
    return responsible_for(voice, jobs.order_by("created_at", "pk").last())
