"""API tokens, with which programs sign in; only their hashes are stored."""

import re
import secrets
import string
import zlib
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from catalog.core.crypto import hash_token
from catalog.models.teams.teams import Membership, Team
from catalog.models.users import User

_LETTERS = string.digits + string.ascii_letters
_PREFIX, _RANDOM, _CHECK = "vb_", 40, 6
_SECRET = re.compile(rf"{_PREFIX}[0-9A-Za-z]{{{_RANDOM + _CHECK}}}")
_SHOWN = len(_PREFIX) + 6


class Scope(models.TextChoices):
    """What a token may do. No scope includes another."""

    READ = "read", "Read voices, collections, jobs, and accounts"
    WRITE = "write", "Star, tag, and annotate voices, and edit collections"
    SPEAK = "speak", "Generate speech, which providers may charge for, and read your usage"
    CLONE = "clone", "Read, cancel, and retry clone jobs"
    ADMIN = "admin", "Read cleanup plans and the audit log; list and revoke tokens"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Queries for API tokens."""

    def visible_to(self, user: User) -> Self:
        """Keep the user's own tokens of their current team; admins see everyone's."""
        runs = Membership.objects.filter(user=user, role=Membership.Role.ADMIN).values("team")
        here = self.filter(team__in=Team.objects.visible_to(user))
        return here.filter(Q(user=user) | Q(team__in=runs))

    def unended(self, now: datetime) -> Self:
        """Keep tokens that are neither revoked nor expired."""
        return self.filter(revoked_at=None, expires_at__gt=now)


class ApiToken(models.Model):
    """A program's access to one team, as one person and with some of that person's rights."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="api_tokens")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    # The first characters of the secret, by which people recognize it.
    start = models.CharField(max_length=12)
    # The secret before the last renewal, and until when it still works.
    old_digest = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001  (unique)
    old_until = models.DateTimeField(null=True)
    scopes: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list)
    made_at = models.DateTimeField()
    renewed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    end_announced_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    used_from = models.CharField(max_length=45, blank=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = ApiTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"

    @property
    def scope_words(self) -> str:
        """The scopes, separated by commas."""
        return ", ".join(self.scopes)

    @sensitive_variables()
    def draw_secret(self) -> str:
        """Return a new secret and keep its hash; the caller saves the row."""
        secret = make_secret()
        self.digest, self.start = hash_token(secret), secret[:_SHOWN]
        return secret


class ApiAnswer(models.Model):
    """The answer to a request with an Idempotency-Key, for when the program asks again.

    ``mark`` is a hash of the request. While the request runs, ``status`` is 0; its answer is stored
    in the transaction of what it does, so one without an answer has done nothing.
    """

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="answers")
    key = models.CharField(max_length=255)
    mark = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    claimed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token", "key"], name="one_answer_for_a_key")
        ]

    def __str__(self) -> str:
        return f"Answer {self.pk}"


@sensitive_variables()
def make_secret() -> str:
    """Return a random secret with a checksum, by which scanners tell it from other text."""
    body = "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM))
    return f"{_PREFIX}{body}{_check(body)}"


@sensitive_variables()
def is_secret(text: Any) -> bool:
    """Return whether the text has the form of a secret, and its checksum is right."""
    if not isinstance(text, str) or not _SECRET.fullmatch(text):
        return False
    return _check(text[len(_PREFIX) : -_CHECK]) == text[-_CHECK:]


@sensitive_variables()
def _check(body: str) -> str:
    number, letters = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK):
        number, place = divmod(number, len(_LETTERS))
        letters = _LETTERS[place] + letters
    return letters
