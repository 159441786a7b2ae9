"""Consents: what speakers agreed to."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q

from catalog.models.speakers import Speaker
from catalog.models.users import User


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Queries for consents."""

    def in_force(self, today: date) -> Self:
        """Keep consents that were not withdrawn and whose last day has not passed."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=today), withdrawn_at=None)


class Consent(models.Model):
    """Who attests that the speaker agreed to be cloned, with the exact statement and its limits.

    ``given_by`` is who agreed on the speaker's behalf, such as a guardian. The proof, a signed
    document or a recording, is a file stored next to the samples.
    """

    class Relation(models.TextChoices):
        """How the person who attests knows that the speaker agreed."""

        SELF = "self", "I am the speaker"
        GUARDIAN = "guardian", "I am the speaker's parent or guardian"
        CONTRACT = "contract", "We have a contract with the speaker"
        PERMISSION = "permission", "The speaker gave me permission"

    class Use(models.TextChoices):
        """What the voice may be used for."""

        ANY = "any", "Any lawful use"
        PROJECT = "project", "One project"
        INTERNAL = "internal", "Only within the team"
        NONCOMMERCIAL = "noncommercial", "Noncommercial use only"

    speaker = models.ForeignKey(Speaker, on_delete=models.PROTECT, related_name="consents")
    given_by = models.CharField(max_length=120, blank=True)
    relation = models.CharField(max_length=10, choices=Relation.choices, blank=True)
    allowed_use = models.CharField(max_length=13, choices=Use.choices, blank=True)
    use_note = models.CharField(max_length=200, blank=True)
    ends_on = models.DateField(null=True)
    proof_path = models.CharField(max_length=200, blank=True)
    proof_filename = models.CharField(max_length=120, blank=True)
    proof_type = models.CharField(max_length=40, blank=True)
    attested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="consents")
    statement = models.CharField(max_length=300)
    attested_at = models.DateTimeField()
    # Who is responsible once the person who attested has left; the attestation never changes.
    kept_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    # The number of days before the last day of the latest warning.
    warned_days = models.PositiveSmallIntegerField(null=True)

    objects = ConsentQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Consent {self.pk}"

    @property
    def log_name(self) -> str:
        """The name in the audit log."""
        return f"Consent of {self.speaker.name}"

    def has_ended(self, today: date) -> bool:
        """Return whether the last day of the consent has passed."""
        return self.ends_on is not None and self.ends_on < today
