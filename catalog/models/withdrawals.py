"""Withdrawals: a speaker's permission that ended, and each copy that is erased for it."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from catalog.core.locales import say_stored
from catalog.models.base.leases import LeasedWork, waits_index
from catalog.models.credentials.keys import Credential, ProviderAccount
from catalog.models.speakers import Speaker
from catalog.models.teams.teams import Membership, Team
from catalog.models.users import User
from catalog.models.voices.voices import Voice


class WithdrawalQuerySet(models.QuerySet["Withdrawal"]):
    """Queries for withdrawals."""

    def visible_to(self, user: User) -> Self:
        """Keep those of speakers that the user can see, and all of the team for its admins.

        Copies also lie in accounts that only their owners see, and an admin has to answer for all.
        """
        run = Membership.objects.filter(user=user, role=Membership.Role.ADMIN).values("team")
        seen = Speaker.objects.visible_to(user).values("pk")
        shown = Q(team__in=run) | Q(speaker__in=seen) | Q(requested_by=user)
        return self.filter(shown, team__in=Team.objects.visible_to(user))

    def open(self) -> Self:
        """Keep those that were neither finished nor canceled."""
        return self.filter(completed_at=None, canceled_at=None)

    def erasing(self) -> Self:
        """Keep approved ones that aren't finished."""
        return self.open().exclude(approved_at=None)


class Withdrawal(models.Model):
    """A speaker's permission that ended: nothing is made with the voice from ``requested_at`` on.

    ``requested_by`` is None if the speaker withdrew by their own link. Erasing starts once an admin
    has approved the list, or at ``erases_at`` if nobody has; ``approved_by`` is None then. If
    ``keeps_proofs``, the proofs of consent are erased after ``proofs_until``. ``report`` is the
    signed report of the last time when all was done.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="withdrawals")
    speaker = models.ForeignKey(Speaker, on_delete=models.PROTECT, related_name="withdrawals")
    requested_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    keeps_proofs = models.BooleanField(default=True)
    proofs_until = models.DateField(null=True)
    erases_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    canceled_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    canceled_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    report = models.TextField(blank=True)

    objects = WithdrawalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["speaker"],
                condition=Q(completed_at=None, canceled_at=None),
                name="one_open_withdrawal_per_speaker",
            )
        ]

    def __str__(self) -> str:
        return f"Withdrawal {self.pk}"

    @property
    def log_name(self) -> str:
        """The name in the audit log."""
        return f"Withdrawal of {self.speaker.name}"

    @property
    def is_approved(self) -> bool:
        """Return whether copies are being erased, or were."""
        return self.approved_at is not None

    @property
    def is_canceled(self) -> bool:
        """Return whether it was canceled before anything was erased."""
        return self.canceled_at is not None

    @property
    def is_complete(self) -> bool:
        """Return whether each copy has its final outcome."""
        return self.completed_at is not None

    @property
    def awaits_approval(self) -> bool:
        """Return whether nothing was erased yet."""
        return not (self.is_approved or self.is_canceled)

    @property
    def requester(self) -> str:
        """Who withdrew, as text."""
        return str(self.requested_by) if self.requested_by else "the speaker"

    @property
    def approver(self) -> str:
        """Who approved the list, as text."""
        return str(self.approved_by) if self.approved_by else "nobody in time, so automatically"

    @property
    def state_words(self) -> str:
        """The state, in a word or two."""
        if self.is_canceled:
            return "Canceled"
        if self.is_complete:
            return "Complete"
        return "Not complete" if self.is_approved else "Waiting for approval"


class ErasureQuerySet(models.QuerySet["Erasure"]):
    """Queries for the copies of withdrawals."""

    def unfinished(self) -> Self:
        """Keep approved copies that aren't erased yet, also those that need a person."""
        return self.filter(state__in=[*Erasure.ACTIVE_STATES, Erasure.State.FAILED])


class Erasure(LeasedWork):
    """One copy of a withdrawal, as it was found, and what became of it.

    ``object_key`` is the id of the row that it belongs to; ``turn`` counts how often this copy was
    found again. ``sent_at`` is when it was first tried to erase. ``promise`` is what the provider
    doesn't promise, and ``facts`` goes into the report.
    """

    class Kind(models.TextChoices):
        """What is erased, in the order in which it is listed."""

        JOB = "job", "Clone in progress"
        VOICE = "voice", "Voice at a provider"
        PREVIEW = "preview", "Preview"
        SPEECH = "speech", "Generated speech"
        EMBEDDING = "embedding", "Voice fingerprint"
        SAMPLE = "sample", "Recording"
        CLEANED = "cleaned", "Recording without noise"
        PROOF = "proof", "Proof of consent"
        EXPORT = "export", "Export"
        BACKUP = "backup", "Backups"

    class State(models.TextChoices):
        """What became of the copy."""

        PLANNED = "planned", "Not approved yet"
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Erasing"
        WAITING = "waiting", "Not erased yet"
        HELD = "held", "On legal hold"
        ERASED = "erased", "Erased"
        GONE = "gone", "Already gone"
        ARCHIVED = "archived", "Hidden, not erased"
        KEPT = "kept", "Kept as evidence"
        LEFT = "left", "Out of reach"
        FAILED = "failed", "Needs a person"

    ACTIVE_STATES = (State.QUEUED, State.RUNNING, State.WAITING, State.HELD)
    # What exists still, but is settled as far as Voiceboard can settle it.
    REMAINING_STATES = (State.ARCHIVED, State.KEPT, State.LEFT)

    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.CASCADE, related_name="erasures")
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    object_key = models.CharField(max_length=60)
    turn = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=300)
    count = models.PositiveIntegerField(default=1)
    account = models.ForeignKey(
        ProviderAccount, null=True, on_delete=models.PROTECT, related_name="+"
    )
    credential = models.ForeignKey(
        Credential, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    voice = models.ForeignKey(Voice, null=True, on_delete=models.SET_NULL, related_name="erasures")
    remote_id = models.CharField(max_length=200, blank=True)
    promise = models.CharField(max_length=400, blank=True)
    facts: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["withdrawal", "kind", "object_key", "turn"], name="one_erasure_per_copy"
            )
        ]
        indexes = [waits_index("erasure_waits")]

    def __str__(self) -> str:
        return f"Erasure of {self.name}"

    @property
    def has_failed(self) -> bool:
        """Return whether a person has to look after it."""
        return self.state == self.State.FAILED

    @property
    def can_be_retried(self) -> bool:
        """Return whether a person can have it tried now."""
        return self.state in {self.State.FAILED, self.State.WAITING, self.State.HELD}

    @property
    def is_finished(self) -> bool:
        """Return whether no worker will do anything more."""
        return self.state not in self.ACTIVE_STATES

    @property
    def message_words(self) -> str:
        """The message as its reader writes days and numbers."""
        return say_stored(self.message)

    @property
    def name_words(self) -> str:
        """The name as its reader writes days and numbers."""
        return say_stored(self.name)

    @property
    def provider_label(self) -> str:
        """Where the copy is, as text."""
        return self.account.info.label if self.account else "Voiceboard"

    @property
    def icon(self) -> str:
        """The icon for the state, which works without color."""
        state = self.State
        icons = {
            state.ERASED: "circle-check",
            state.GONE: "circle-check",
            state.RUNNING: "loader-circle",
        }
        icons |= {state.FAILED: "circle-alert", state.HELD: "lock", state.PLANNED: "circle"}
        icons |= dict.fromkeys(self.REMAINING_STATES, "info")
        return icons.get(state(self.state), "clock")

    @property
    def mood(self) -> str:
        """The state as one word for its style: ok, on, bad, or open."""
        state = self.State(self.state)
        if state in {self.State.ERASED, self.State.GONE}:
            return "ok"
        if state in {self.State.FAILED, self.State.HELD}:
            return "bad"
        return "on" if state in self.ACTIVE_STATES else "open"

    def has_expired(self, now: datetime) -> bool:
        """Return whether a whole day of tries is over."""
        return self.sent_at is not None and (now - self.sent_at).total_seconds() > 24 * 3600
