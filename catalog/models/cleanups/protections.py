"""Voices that no cleanup may touch."""

from django.db import models

from catalog.models.users import User
from catalog.models.voices.voices import Voice


class Protection(models.Model):
    """Keeps a voice out of every plan, and removes it from any it is in."""

    class Kind(models.TextChoices):
        """Any member can pin a voice; only an admin can set and lift a legal hold."""

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
        """Return whether only an admin can lift it."""
        return self.kind == self.Kind.HOLD
