"""Consents: what speakers agreed to."""

from datetime import date

from django.db import models

from catalog.models.speakers import Speaker
from catalog.models.users import User


class Consent(models.Model):
    """Who attests that the speaker agreed to be cloned, in which words and how far.

    ``given_by`` is who agreed where it is not the speaker, such as a guardian. What proves it, a
    signed paper or a spoken statement, is a file that lies beside the samples.
    """

    class Relation(models.TextChoices):
        """How who attests stands to the speaker."""

        SELF = "self", "I am the speaker"
        GUARDIAN = "guardian", "I am the speaker's parent or guardian"
        CONTRACT = "contract", "We have a contract with the speaker"
        PERMISSION = "permission", "The speaker gave me permission"

    class Use(models.TextChoices):
        """What the voice may be used for."""

        ANY = "any", "Any lawful use"
        PROJECT = "project", "One project, named below"
        INTERNAL = "internal", "Inside the team only"
        NONCOMMERCIAL = "noncommercial", "Nothing that is sold or advertises"

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
    # Who answers for it once that person has left; what was attested stays as it was said.
    kept_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"Consent {self.pk}"

    def has_ended(self, today: date) -> bool:
        """Tell whether the last day on which the voice may be used is over."""
        return self.ends_on is not None and self.ends_on < today
