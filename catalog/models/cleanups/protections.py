"""Voices that no clean-up may touch."""

from django.db import models

from catalog.models.users import User
from catalog.models.voices.voices import Voice


class Protection(models.Model):
    """Why a voice stays, whoever wants to clean up: it can't enter a plan, and leaves any."""

    class Kind(models.TextChoices):
        """A pin is anybody's wish; a hold is the law's, and an admin's to set and lift."""

        PIN = "pin", "Pinned"
        HOLD = "hold", "Legal hold"

    voice = models.OneToOneField(Voice, on_delete=models.CASCADE, related_name="protection")
    kind = models.CharField(max_length=4, choices=Kind.choices, default=Kind.PIN)
    reason = models.CharField(max_length=200, blank=True)
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Protection of voice {self.voice_id}"

    @property
    def is_hold(self) -> bool:
        """Tell whether only an admin may lift it."""
        return self.kind == self.Kind.HOLD
