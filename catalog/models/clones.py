"""Samples, consent, and the wish for a clone with all that is known of its fate."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from catalog.models.accounts import Team, User
from catalog.models.credentials import Credential, ProviderAccount
from catalog.models.voices import Voice


class LeasedWork(models.Model):
    """Work that one worker at a time may hold: the row is the job, a message only wakes it.

    ``fence`` grows with every claim; a worker that was frozen past its lease finds its number
    outdated and can write nothing.
    """

    class Step(models.TextChoices):
        """How far the one call that must not be repeated blindly has come."""

        PLANNED = "planned", "Planned"
        SENT = "sent", "Sent"
        UNKNOWN = "unknown", "Unknown"
        CONFIRMED = "confirmed", "Confirmed"
        REFUSED = "refused", "Refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=10)
    step = models.CharField(max_length=10, choices=Step.choices, default=Step.PLANNED)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    woken_at = models.DateTimeField(null=True)
    attempt_count = models.PositiveIntegerField(default=0)
    empty_look_count = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    message = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


def due_work(now: datetime) -> Q:
    """Select work that nobody holds and that may go on now."""
    return (Q(lease_until=None) | Q(lease_until__lt=now)) & (
        Q(not_before=None) | Q(not_before__lte=now)
    )


@dataclass(frozen=True, slots=True)
class JobStep:
    """One step of a clone as a person sees it; ``mood`` is ok, on, bad or open."""

    label: str
    mood: str

    @property
    def icon(self) -> str:
        """The icon that says the mood without colour."""
        return {"ok": "circle-check", "on": "loader-circle", "bad": "circle-alert"}.get(
            self.mood, "circle"
        )


class SampleQuerySet(models.QuerySet["Sample"]):
    """Samples by who looks at them."""

    def visible_to(self, user: User) -> Self:
        """Keep the samples of jobs that the person may see, and the person's own uploads."""
        jobs = CloneJob.objects.visible_to(user).values("sample")
        return self.filter(team__in=Team.objects.visible_to(user)).filter(
            Q(owner=user) | Q(pk__in=jobs)
        )


class Sample(models.Model):
    """An uploaded recording; its file lies outside the web root under a random name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="samples")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="samples")
    path = models.CharField(max_length=200)
    filename = models.CharField(max_length=120)
    audio_format = models.CharField(max_length=8)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    seconds = models.FloatField(null=True)
    peaks: "models.JSONField[list[int], list[int]]" = models.JSONField(default=list)
    uploaded_at = models.DateTimeField()

    objects = SampleQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Sample {self.pk}"


class Consent(models.Model):
    """Who attests that the speaker agreed to be cloned, and in which words."""

    speaker = models.CharField(max_length=120)
    attested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="consents")
    statement = models.CharField(max_length=300)
    attested_at = models.DateTimeField()
    # Who answers for it once that person has left; what was attested stays as it was said.
    kept_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"Consent {self.pk}"


class CloneJobQuerySet(models.QuerySet["CloneJob"]):
    """Clone jobs by who looks at them."""

    def visible_to(self, user: User) -> Self:
        """Keep the jobs on accounts that the person may see, and the person's own."""
        accounts = ProviderAccount.objects.visible_to(user).values("pk")
        return self.filter(team__in=Team.objects.visible_to(user)).filter(
            Q(account__in=accounts) | Q(requested_by=user) | Q(kept_by=user)
        )

    def active(self) -> Self:
        """Keep jobs that have not come to an end."""
        return self.filter(state__in=CloneJob.ACTIVE_STATES)


class CloneJob(LeasedWork):
    """The wish for one clone at one provider account."""

    class State(models.TextChoices):
        """Where the job stands, as a person would say it."""

        QUEUED = "queued", "Waiting for a worker"
        RUNNING = "running", "Running"
        WAITING = "waiting", "Waiting"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        NEEDS_LOOK = "needs_look", "Needs a look"

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
    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="clone_jobs")
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="clone_jobs")
    name = models.CharField(max_length=200)
    description = models.CharField(max_length=500, blank=True)
    removes_noise = models.BooleanField(default=False)
    language = models.CharField(max_length=20, blank=True)
    gender = models.CharField(max_length=8, blank=True)
    transcript = models.TextField(blank=True)
    progress: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(default=dict)
    marker = models.CharField(max_length=80, unique=True)
    form_token = models.UUIDField(unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    evidence = models.JSONField(default=list)
    remote_id = models.CharField(max_length=200, blank=True)
    voice = models.ForeignKey(
        Voice, null=True, on_delete=models.SET_NULL, related_name="clone_jobs"
    )

    objects = CloneJobQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["team", "created_at"], name="clone_job_by_team")]

    def __str__(self) -> str:
        return f"Clone job {self.pk}"

    @property
    def keeper(self) -> User:
        """Who answers for the clone now: who asked for it, or who took over."""
        return self.kept_by or self.requested_by

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing more will happen by itself."""
        return self.state not in self.ACTIVE_STATES

    @property
    def is_ready(self) -> bool:
        """Tell whether the voice was made and fetched."""
        return self.state == self.State.READY

    @property
    def has_failed(self) -> bool:
        """Tell whether the clone was not made."""
        return self.state == self.State.FAILED

    @property
    def needs_look(self) -> bool:
        """Tell whether only a person can settle what happened."""
        return self.state == self.State.NEEDS_LOOK

    @property
    def is_queued(self) -> bool:
        """Tell whether no worker has taken it yet."""
        return self.state == self.State.QUEUED

    @property
    def mood(self) -> str:
        """One word for how the job fares: wait, run, check, done or fail."""
        if self.is_ready:
            return "done"
        if self.has_failed or self.needs_look:
            return "fail"
        if self.step == self.Step.UNKNOWN:
            return "check"
        return "wait" if self.is_queued else "run"

    @property
    def mood_icon(self) -> str:
        """The icon that says the mood without colour."""
        return _MOOD_ICONS[self.mood]

    @property
    def steps(self) -> list[JobStep]:
        """The way of a clone, with the place where this one stands."""
        place = self._place
        return [JobStep(label, self._step_mood(at, place)) for at, label in enumerate(_WAY)]

    @property
    def percent(self) -> int:
        """How far the job is, for a progress bar; it is the place on the way, not time."""
        return 100 if self.is_finished else 100 * self._place // (len(_WAY) - 1)

    @property
    def _place(self) -> int:
        if self.is_ready:
            return 4
        if self.step == self.Step.CONFIRMED:
            return 3
        if self.step in {self.Step.SENT, self.Step.UNKNOWN, self.Step.REFUSED}:
            return 2
        return 0 if self.is_queued else 1

    def _step_mood(self, at: int, place: int) -> str:
        if at < place or self.is_ready:
            return "ok"
        if at > place:
            return "open"
        return "bad" if self.is_finished else "on"


_WAY = ("Queued", "Checking the sample", "At the provider", "Fetching the voice", "Ready")
_MOOD_ICONS = {
    "wait": "clock",
    "run": "loader-circle",
    "check": "search",
    "done": "circle-check",
    "fail": "circle-alert",
}
