"""The settings that a provider keeps for a voice, as last read, and pending changes."""

from django.db import models

from catalog.models.users import User
from catalog.models.voices.voices import Voice


class VoiceSettings(models.Model):
    """One voice's settings; ``wanted`` are those that a worker has to send to the provider."""

    class State(models.TextChoices):
        """What a worker has to do with the settings, or the result."""

        READING = "reading", "Reading"
        SAVING = "saving", "Saving"
        READY = "ready", "Read"
        SAVED = "saved", "Saved"
        FAILED = "failed", "Failed"

    WAITING_STATES = (State.READING, State.SAVING)

    voice = models.OneToOneField(Voice, on_delete=models.CASCADE, related_name="kept_settings")
    state = models.CharField(max_length=8, choices=State.choices, default=State.READING)
    values = models.JSONField(default=dict)
    defaults = models.JSONField(default=dict)
    wanted = models.JSONField(default=dict)
    read_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    not_before = models.DateTimeField()
    attempt_count = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"Settings of voice {self.voice_id}"

    @property
    def is_waiting(self) -> bool:
        """Return whether a worker still has to act."""
        return self.state in self.WAITING_STATES

    @property
    def is_saving(self) -> bool:
        """Return whether a change is being saved."""
        return self.state == self.State.SAVING
