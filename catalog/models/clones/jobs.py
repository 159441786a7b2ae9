"""Clone jobs: one clone at one provider, with its whole history."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from catalog.models.base.leases import LeasedWork, waits_index
from catalog.models.clones.batches import CloneBatch
from catalog.models.credentials.key_sets import open_jobs
from catalog.models.credentials.keys import Credential, ProviderAccount
from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.models.voices.voices import Voice


@dataclass(frozen=True, slots=True)
class JobStep:
    """One step of a clone for display; ``mood`` is ok, on, bad, off, or open."""

    label: str
    mood: str

    @property
    def is_current(self) -> bool:
        """Return whether this is the job's current step."""
        return self.mood == "on"

    @property
    def icon(self) -> str:
        """The icon for the mood, which works without color."""
        return _STEP_ICONS.get(self.mood, "circle")


class CloneJobQuerySet(models.QuerySet["CloneJob"]):
    """Queries for clone jobs."""

    def visible_to(self, user: User) -> Self:
        """Keep jobs that are open to the user, and the user's own."""
        return self.filter(team__in=Team.objects.visible_to(user)).filter(
            open_jobs(user) | Q(requested_by=user) | Q(kept_by=user)
        )

    def active(self) -> Self:
        """Keep jobs that are not finished."""
        return self.filter(state__in=CloneJob.ACTIVE_STATES)


class CloneJob(LeasedWork):
    """One clone at one provider account.

    ``retry_of`` is the failed job that this one retries. ``sent_form`` describes the audio that
    was sent to the provider, and ``handed_over_at`` is when all of it had left this machine. For
    a voice made on this machine, ``made_share`` is the progress (0 to 1), and ``first_sound_path``
    is a rough preview of the result.
    """

    class State(models.TextChoices):
        """The state of the job, labeled for users."""

        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        WAITING = "waiting", "Waiting"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        NEEDS_LOOK = "needs_look", "Needs attention"
        CANCELLED = "cancelled", "Canceled"

    ACTIVE_STATES = (State.QUEUED, State.RUNNING, State.WAITING)

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="clone_jobs")
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="clone_jobs")
    kept_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    credential = models.ForeignKey(
        Credential, null=True, on_delete=models.SET_NULL, related_name="clone_jobs"
    )
    account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, related_name="clone_jobs"
    )
    batch = models.ForeignKey(CloneBatch, on_delete=models.PROTECT, related_name="jobs")
    retry_of = models.OneToOneField(
        "self", null=True, on_delete=models.SET_NULL, related_name="retried_as"
    )
    name = models.CharField(max_length=200)
    description = models.CharField(max_length=500, blank=True)
    removes_noise = models.BooleanField(default=False)
    language = models.CharField(max_length=20, blank=True)
    gender = models.CharField(max_length=8, blank=True)
    transcript = models.TextField(blank=True)
    progress: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(default=dict)
    marker = models.CharField(max_length=80, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    sent_form = models.CharField(max_length=200, blank=True)
    handed_over_at = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)
    made_share = models.FloatField(default=0)
    first_sound_path = models.CharField(max_length=200, blank=True)
    evidence = models.JSONField(default=list)
    remote_id = models.CharField(max_length=200, blank=True)
    # How many checks for duplicates have run since the job ended.
    audit_count = models.PositiveSmallIntegerField(default=0)
    voice = models.ForeignKey(
        Voice, null=True, on_delete=models.SET_NULL, related_name="clone_jobs"
    )

    # The sentence that the new voice speaks, or why it doesn't.
    first_speech = models.ForeignKey(
        "catalog.Synthesis", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    first_speech_note = models.CharField(max_length=300, blank=True)

    objects = CloneJobQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["team", "created_at"], name="clone_job_by_team"),
            models.Index(fields=["account", "remote_id"], name="clone_job_by_voice_id"),
            waits_index("clone_job_waits"),
        ]

    def __str__(self) -> str:
        return f"Clone job {self.pk}"

    @property
    def log_name(self) -> str:
        """The name in the audit log."""
        return f"{self.name} at {self.account.info.label}"

    @property
    def responsible(self) -> User:
        """Who is responsible for the clone: whoever requested it, or took it over."""
        return self.kept_by or self.requested_by

    @property
    def is_finished(self) -> bool:
        """Return whether no worker will do anything more."""
        return self.state not in self.ACTIVE_STATES

    @property
    def is_ready(self) -> bool:
        """Return whether the voice was made and fetched."""
        return self.state == self.State.READY

    @property
    def has_failed(self) -> bool:
        """Return whether the clone failed."""
        return self.state == self.State.FAILED

    @property
    def needs_look(self) -> bool:
        """Return whether a person has to find out what happened."""
        return self.state == self.State.NEEDS_LOOK

    @property
    def is_queued(self) -> bool:
        """Return whether no worker has taken the job yet."""
        return self.state == self.State.QUEUED

    @property
    def is_cancelled(self) -> bool:
        """Return whether the job was cancelled."""
        return self.state == self.State.CANCELLED

    @property
    def is_being_cancelled(self) -> bool:
        """Return whether a worker still has to find and remove what was made."""
        return self.cancel_asked_at is not None and not self.is_finished

    @property
    def shown_state(self) -> str:
        """The state in words; a job that is being canceled says so."""
        return "Canceling" if self.is_being_cancelled else self.get_state_display()

    @property
    def can_be_retried(self) -> bool:
        """Return whether the job may be retried, because it certainly made no voice."""
        return self.has_failed or self.is_cancelled

    @property
    def waiting_since(self) -> datetime | None:
        """When the provider first made the job wait, None if it isn't waiting."""
        if self.state != self.State.WAITING or not self.evidence:
            return None
        return datetime.fromisoformat(self.evidence[0]["at"])

    @property
    def has_first_sound(self) -> bool:
        """Return whether there is a rough preview of a voice that is still being made."""
        return bool(self.first_sound_path) and not self.is_finished

    @property
    def mood(self) -> str:
        """The state as one word for its style: wait, run, check, done, off, or fail."""
        if self.is_ready:
            return "done"
        if self.has_failed or self.needs_look:
            return "fail"
        if self.is_cancelled:
            return "off"
        if self.step == self.Step.UNKNOWN:
            return "check"
        return "wait" if self.is_queued else "run"

    @property
    def mood_icon(self) -> str:
        """The icon for the mood, which works without color."""
        return _MOOD_ICONS[self.mood]

    @property
    def steps(self) -> list[JobStep]:
        """All steps of a clone, with the state of each."""
        place = self._place
        return [JobStep(label, self._step_mood(at, place)) for at, label in enumerate(_WAY)]

    @property
    def step_label(self) -> str:
        """The label of the current step."""
        return _WAY[self._place]

    @property
    def percent(self) -> int:
        """The progress in percent, by the number of steps and not by time.

        A job that ended without a voice stays at the step it reached.
        """
        # A clone on this machine spends all its time in one step.
        place = max(self._place, 2 + 2 * self.made_share if self.made_share else 0)
        return int(100 * place / (len(_WAY) - 1))

    @property
    def _place(self) -> int:
        if self.is_ready:
            return 5
        if self.step == self.Step.CONFIRMED:
            return 4
        if self.step in {self.Step.UNKNOWN, self.Step.REFUSED} or self.handed_over_at:
            return 3
        if self.step == self.Step.SENT:
            return 2
        return 0 if self.is_queued else 1

    def _step_mood(self, at: int, place: int) -> str:
        if at < place or self.is_ready:
            return "ok"
        if at > place:
            return "open"
        if self.is_cancelled:
            return "off"
        return "bad" if self.is_finished else "on"


_WAY = ("Queued", "Converting", "Sending", "At the provider", "Checking", "Ready")
_STEP_ICONS = {
    "ok": "circle-check",
    "on": "loader-circle",
    "bad": "circle-alert",
    "off": "circle-x",
}
_MOOD_ICONS = {
    "wait": "clock",
    "run": "loader-circle",
    "check": "search",
    "done": "circle-check",
    "fail": "circle-alert",
    "off": "circle-x",
}
