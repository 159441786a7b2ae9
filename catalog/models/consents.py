"""Consents: what speakers agreed to, and requests to say so aloud."""

import uuid
from datetime import UTC, date, datetime, time
from typing import Any, Self

from django.db import models
from django.db.models import Q

from catalog.models.speakers import Speaker
from catalog.models.teams.policies import ConsentLevel
from catalog.models.teams.teams import Membership, Team
from catalog.models.users import User


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Queries for consents."""

    def in_force(self, today: date) -> Self:
        """Keep consents that were not withdrawn and whose last day has not passed."""
        is_minor = Q(relation=Consent.Relation.GUARDIAN)
        recent = is_minor & Q(attested_at__gte=_start_of(_add_years(today, -_MOST_YEARS_OF_MINORS)))
        recent |= ~is_minor & Q(attested_at__gte=_start_of(_add_years(today, -_MOST_YEARS)))
        lasts = Q(ends_on__gte=today) | Q(ends_on=None) & recent
        counts = Q(limited_to=None) | Q(limited_to__gte=today)
        return self.filter(lasts, counts, withdrawn_at=None)


class Consent(models.Model):
    """Who attests that the speaker agreed to be cloned, with the exact statement and its limits.

    ``given_by`` is who agreed on the speaker's behalf, such as a guardian. The proof, a signed
    document or a recording, is a file stored next to the samples. ``spoken_at`` is when the
    speaker's own recording was accepted, None if there is only the word of the person who attests.
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
    spoken_at = models.DateTimeField(null=True)
    # Who is responsible once the person who attested has left; the attestation never changes.
    kept_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    # When someone deleted it; the row stays, because clones were made under it.
    erased_at = models.DateTimeField(null=True)
    # The last day on which it counts since its speaker was merged with one who agreed for less.
    limited_to = models.DateField(null=True)
    # For one that was imported: who attested it in the other installation, and its receipt there.
    elsewhere: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    # The number of days before the last day of the latest warning.
    warned_days = models.PositiveSmallIntegerField(null=True)

    objects = ConsentQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Consent {self.pk}"

    @property
    def log_name(self) -> str:
        """The name in the audit log."""
        return f"Consent of {self.speaker.name}"

    @property
    def level(self) -> ConsentLevel:
        """What stands behind it: a word, a proof, or the speaker's own checked words."""
        if self.spoken_at is not None:
            return ConsentLevel.SPOKEN
        return ConsentLevel.PROOF if self.proof_path else ConsentLevel.ATTESTED

    @property
    def last_day(self) -> date:
        """The last day of the consent; one without an end date ends after the longest time."""
        return self.ends_on or latest_end(self.relation, self.attested_at.date())

    def has_ended(self, today: date) -> bool:
        """Return whether the last day of the consent has passed."""
        return self.last_day < today


# Years: the longest that a consent lasts, and what a form proposes; less for minors.
_MOST_YEARS, _USUAL_YEARS = 10, 2
_MOST_YEARS_OF_MINORS, _USUAL_YEARS_OF_MINORS = 5, 1


def latest_end(relation: str, today: date) -> date:
    """Return the latest day that a consent given today can last until."""
    is_minor = relation == Consent.Relation.GUARDIAN
    return _add_years(today, _MOST_YEARS_OF_MINORS if is_minor else _MOST_YEARS)


def proposed_end(relation: str, today: date) -> date:
    """Return the last day of a consent for which nobody chose one."""
    is_minor = relation == Consent.Relation.GUARDIAN
    return _add_years(today, _USUAL_YEARS_OF_MINORS if is_minor else _USUAL_YEARS)


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _add_years(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # February 29
        return day.replace(year=day.year + years, day=28)


class ConsentRequestQuerySet(models.QuerySet["ConsentRequest"]):
    """Queries for requests."""

    def visible_to(self, user: User) -> Self:
        """Keep the user's own requests, and all of the team for its admins."""
        run = Membership.objects.filter(user=user, role=Membership.Role.ADMIN).values("team")
        own = Q(asked_by=user) | Q(team__in=run)
        return self.filter(own, team__in=Team.objects.visible_to(user))

    def open(self, now: datetime) -> Self:
        """Keep the requests whose link takes a recording."""
        return self.filter(state__in=ConsentRequest.OPEN_STATES, expires_at__gt=now)


class ConsentRequest(models.Model):
    """A sentence that a speaker reads aloud to agree, by a link or next to the person who asks.

    Only hashes of the links are stored: ``token_hash`` for the link that takes the recording, and
    ``page_hash`` for the speaker's own page afterward, where they can withdraw. ``challenge_by``
    is the provider whose own text the phrase is; then it has no ``words`` of ours. ``checks`` says
    what each check found, by its name.
    """

    class State(models.TextChoices):
        """How far it is, labeled for users."""

        OPEN = "open", "Waiting for the speaker"
        CHECKING = "checking", "Checking the recording"
        FAILED = "failed", "Recording not accepted"
        DOUBTFUL = "doubtful", "An admin has to decide"
        ACCEPTED = "accepted", "Agreed"
        REFUSED = "refused", "Refused by an admin"
        CANCELED = "canceled", "Canceled"

    # A recording that failed the checks may be replaced by another.
    OPEN_STATES = (State.OPEN, State.FAILED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="consent_requests")
    speaker = models.ForeignKey(Speaker, on_delete=models.PROTECT, related_name="consent_requests")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=8)
    phrase = models.TextField()
    words: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list)
    challenge_by = models.CharField(max_length=20, blank=True)
    allowed_use = models.CharField(max_length=13, choices=Consent.Use.choices)
    use_note = models.CharField(max_length=200, blank=True)
    ends_on = models.DateField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    token_hash = models.CharField(max_length=64, unique=True)
    page_hash = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001  (unique)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    recording_path = models.CharField(max_length=200, blank=True)
    # An MP3 of what was checked, for those who listen.
    copy_path = models.CharField(max_length=200, blank=True)
    recording_format = models.CharField(max_length=8, blank=True)
    recording_sha256 = models.CharField(max_length=64, blank=True)
    recorded_at = models.DateTimeField(null=True)
    # Grows before each attempt to check, so a recording that crashes the checks is given up.
    try_count = models.PositiveSmallIntegerField(default=0)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    checks: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    problem = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    consent = models.OneToOneField(
        Consent, null=True, on_delete=models.PROTECT, related_name="request"
    )
    receipt = models.TextField(blank=True)
    withdrawal_asked_at = models.DateTimeField(null=True)

    objects = ConsentRequestQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["team", "asked_at"], name="consent_request_by_team")]

    def __str__(self) -> str:
        return f"Consent request {self.pk}"

    @property
    def log_name(self) -> str:
        """The name in the audit log."""
        return f"Consent request to {self.speaker.name}"

    @property
    def is_open(self) -> bool:
        """Return whether a recording can be made, as long as the link lasts."""
        return self.state in self.OPEN_STATES

    @property
    def is_checking(self) -> bool:
        """Return whether a worker has yet to check the recording."""
        return self.state == self.State.CHECKING

    @property
    def is_doubtful(self) -> bool:
        """Return whether an admin has to listen and decide."""
        return self.state == self.State.DOUBTFUL

    @property
    def is_accepted(self) -> bool:
        """Return whether there is a consent."""
        return self.state == self.State.ACCEPTED

    @property
    def mood(self) -> str:
        """The state as one word for its style: wait, run, done, or fail."""
        moods = {"checking": "run", "accepted": "done", "open": "wait", "doubtful": "wait"}
        return moods.get(self.state, "fail")

    @property
    def mood_icon(self) -> str:
        """The icon for the mood, which works without color."""
        icons = {"done": "circle-check", "fail": "circle-alert", "run": "loader-circle"}
        return icons.get(self.mood, "clock")
