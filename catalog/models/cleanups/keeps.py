"""Voices that their owners keep for a while, and who is responsible for a voice."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Subquery, When
from django.db.models.functions import Coalesce

from catalog.core.locales import say_day
from catalog.models.clones.jobs import CloneJob
from catalog.models.users import User
from catalog.models.voices.voices import Voice

KEPT_FOR = timedelta(days=90)
_BATCH = 500


class KeepQuerySet(models.QuerySet["Keep"]):
    """Queries for keeps."""

    def active(self, now: datetime) -> Self:
        """Leave out keeps that have expired."""
        return self.filter(until__gte=now.date())


class Keep(models.Model):
    """Keeps a voice out of deletion plans up to and including a day."""

    voice = models.OneToOneField(Voice, on_delete=models.CASCADE, related_name="keep")
    kept_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kept_at = models.DateTimeField()
    until = models.DateField()

    objects = KeepQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Keep of voice {self.voice_id}"

    @property
    def words(self) -> str:
        """Who keeps the voice, and until when."""
        return f"{self.kept_by} keeps this voice until {say_day(self.until)}."


def usual_end(now: datetime) -> date:
    """Return the day until which a voice is kept by default."""
    return (now + KEPT_FOR).date()


def responsible_for(voice: Voice, job: CloneJob | None = None) -> User | None:
    """Return who is responsible for a voice, or None.

    That is the person an admin named, otherwise whoever requested or took over the clone (``job``
    made it), otherwise the owner of the keys that list it, or of its account.
    """
    if voice.responsible is not None:
        return voice.responsible
    return job.responsible if job is not None else (voice.key_set or voice.account).last_owner


def owner_expression() -> Case:
    """Return ``responsible_for`` as an expression on voices: the primary key of a user, or None."""
    jobs = CloneJob.objects.filter(voice=OuterRef("pk")).order_by("-created_at", "-pk")
    maker = jobs.annotate(owner=Coalesce("kept_by", "requested_by")).values("owner")[:1]
    return Case(
        When(responsible__isnull=False, then=F("responsible")),
        When(Exists(jobs), then=Subquery(maker)),
        When(key_set__isnull=False, then=F("key_set__last_owner")),
        default=F("account__last_owner"),
        output_field=models.BigIntegerField(),
    )


def find_all_responsible(voice_ids: Collection[int]) -> dict[int, User]:
    """Return who is responsible for each voice; voices without anyone are left out."""
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
    """Return who is responsible for one voice; looks up the job that made it."""
    jobs = CloneJob.objects.filter(voice=voice.pk).select_related("requested_by", "kept_by")
    return responsible_for(voice, jobs.order_by("created_at", "pk").last())
