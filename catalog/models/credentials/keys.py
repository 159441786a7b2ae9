"""Encrypted API keys, and the provider accounts they belong to."""

import hashlib
import hmac
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.views.decorators.debug import sensitive_variables

from catalog.core.crypto import bind_context
from catalog.models.installation import Installation, key_ring, sealing_ring
from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.providers.registry import get_adapter
from catalog.providers.types import ProviderInfo

_VERBS = {
    "list": "List voices",
    "preview": "Play previews",
    "clone": "Clone",
    "delete": "Delete",
}
_ANSWERS = {
    "yes": ("Yes", "ok", "circle-check"),
    "no": ("No", "bad", "circle-x"),
    "unknown": ("Unknown until first use", "open", "circle-question-mark"),
}


class _OfAccount(Protocol):
    """The fields of a voice that decide which keys list it."""

    account_id: int
    key_set_id: int | None


class ProviderAccountQuerySet(models.QuerySet["ProviderAccount"]):
    """Queries for provider accounts."""

    def visible_to(self, user: User) -> Self:
        """Keep accounts of the user's current team that they can see."""
        return self.visible_in(Team.objects.visible_to(user), user)

    def visible_in(self, own_teams: Iterable[Team], user: User) -> Self:
        """Keep accounts of the user's teams that are shared or that the user has a key for.

        An account whose last key was removed stays visible to those who could see it before.
        """
        own = Credential.objects.filter(owner=user).values("account")
        here = self.filter(provider__in=settings.PROVIDER_BASE_URLS)
        return here.filter(team__in=own_teams).filter(
            Q(is_shared=True) | Q(last_owner=user) | Q(pk__in=own)
        )

    def refresh_sharing(self) -> None:
        """Mark each account as shared if one of its keys is; accounts without keys don't change."""
        keys = Credential.objects.filter(account=OuterRef("pk"))
        self.filter(Exists(keys)).update(is_shared=Exists(keys.filter(is_shared=True)))
        for account in self.prefetch_related("key_sets"):
            account.key_sets.all().refresh_sharing()


class ProviderAccount(models.Model):
    """One account at one provider, as one team sees it.

    ``ref`` identifies it at the provider. If the provider doesn't reveal that, it is a keyed hash
    of the API key, so the same key always means the same account.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="provider_accounts")
    provider = models.CharField(max_length=40)
    ref = models.CharField(max_length=200)
    label = models.CharField(max_length=200, blank=True)
    is_shared = models.BooleanField(default=False)
    # Who is responsible for the account and for its voices that were not cloned here: the owner of
    # the first key, until an admin or a member's removal names someone else.
    last_owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    slots_used = models.PositiveIntegerField(null=True)
    slots_limit = models.PositiveIntegerField(null=True)
    slots_read_at = models.DateTimeField(null=True)
    synced_at = models.DateTimeField(null=True)
    sync_due_at = models.DateTimeField(null=True)
    sync_lease_until = models.DateTimeField(null=True)
    sync_fence = models.PositiveIntegerField(default=0)
    # When the provider's usage history was read, how far back it goes, and when to read it next.
    uses_read_at = models.DateTimeField(null=True)
    uses_from = models.DateTimeField(null=True)
    uses_due_at = models.DateTimeField(null=True)
    sync_error = models.CharField(max_length=500, blank=True)
    # One clone at a time per account keeps reconciliation unambiguous and respects slots.
    busy_with = models.UUIDField(null=True)
    busy_until = models.DateTimeField(null=True)

    objects = ProviderAccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "provider", "ref"], name="one_row_per_provider_account"
            )
        ]

    def __str__(self) -> str:
        return f"{self.info.label} account {self.pk}"

    @property
    def log_name(self) -> str:
        """The name in the audit log."""
        return f"{self.info.label} account {self.label or self.pk}"

    @property
    def info(self) -> ProviderInfo:
        """The provider's description and abilities."""
        return get_adapter(self.provider).info

    @property
    def slots_left(self) -> int | None:
        """The number of free slots, None if the provider states no limit."""
        if self.slots_limit is None or self.slots_used is None:
            return None
        return max(0, self.slots_limit - self.slots_used)


class CredentialQuerySet(models.QuerySet["Credential"]):
    """Queries for API keys."""

    def visible_to(self, user: User) -> Self:
        """Keep the user's own keys and those shared in their team."""
        seen = Q(owner=user) | Q(is_shared=True) | Q(owner=None)
        return self.offered().filter(seen, team__in=Team.objects.visible_to(user))

    def offered(self) -> Self:
        """Leave out keys for providers that this installation doesn't offer."""
        return self.filter(provider__in=settings.PROVIDER_BASE_URLS)

    def unrefused(self) -> Self:
        """Leave out keys that the provider rejected; keys that got no answer stay."""
        return self.exclude(health=Credential.Health.REJECTED)

    def listing(self, voice: "_OfAccount") -> Self:
        """Keep the keys that list the voice, those with the most rights first.

        Before the first sync, those are all keys of the account.
        """
        rows = self.filter(account=voice.account_id)
        if voice.key_set_id is None:
            return rows.order_by("created_at", "pk")
        listed = rows.filter(listings__key_set=voice.key_set_id)
        return listed.order_by("-listings__rights", "created_at", "pk")

    def working(self) -> Self:
        """Keep keys that the provider accepted at the last check and that aren't turned off."""
        found = self.offered().exclude(owner=None, is_shared=False)
        return found.filter(health__in=[Credential.Health.GOOD, Credential.Health.LIMITED])


class Credential(models.Model):
    """One user's API key for one provider. The key is encrypted and never shown again.

    A built-in provider needs no key: its row has no owner and encrypts only the account's name.
    Such a row is shared with its team, or turned off.
    """

    class Health(models.TextChoices):
        """The result of the last check."""

        UNCHECKED = "unchecked", "Being checked"
        GOOD = "good", "Works"
        LIMITED = "limited", "Limited access"
        REJECTED = "rejected", "Rejected"
        UNREACHABLE = "unreachable", "No response"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="credentials")
    owner = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="credentials")
    provider = models.CharField(max_length=40)
    account = models.ForeignKey(
        ProviderAccount, null=True, on_delete=models.SET_NULL, related_name="credentials"
    )
    nickname = models.CharField(max_length=80, blank=True)
    is_shared = models.BooleanField(default=False)
    sealed = models.BinaryField()
    last_four = models.CharField(max_length=4)
    # Recognizes the key if someone pastes it into a text; "" until the next check.
    key_hash = models.CharField(max_length=80, blank=True, db_index=True)
    health = models.CharField(max_length=12, choices=Health.choices, default=Health.UNCHECKED)
    problem = models.CharField(max_length=500, blank=True)
    abilities = models.JSONField(default=dict)
    checked_at = models.DateTimeField(null=True)
    check_asked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    replaced_at = models.DateTimeField(null=True)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "provider"],
                condition=Q(owner=None),
                name="one_built_in_key_per_provider",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.provider})"

    @property
    def title(self) -> str:
        """The nickname, or what distinguishes this key from others."""
        return self.nickname or f"{self.info.label} …{self.last_four}"

    @property
    def info(self) -> ProviderInfo:
        """The provider's description and abilities."""
        return get_adapter(self.provider).info

    @property
    def entered_at(self) -> datetime:
        """When the current key was entered, counting a replacement as new."""
        return self.replaced_at or self.created_at

    @property
    def is_unchecked(self) -> bool:
        """Return whether no check has completed yet."""
        return self.health == self.Health.UNCHECKED

    @property
    def is_refused(self) -> bool:
        """Return whether the provider rejected the key at its last use."""
        return self.health == self.Health.REJECTED

    @property
    def is_being_checked(self) -> bool:
        """Return whether a check is due or running; meanwhile the last result applies."""
        asked, checked = self.check_asked_at, self.checked_at
        is_asked = asked is not None and (checked is None or asked > checked)
        return self.is_unchecked or is_asked

    @property
    def is_built_in(self) -> bool:
        """Return whether this is the team's access to a built-in provider."""
        return self.owner_id is None

    @property
    def is_off(self) -> bool:
        """Return whether an admin has turned off a built-in provider."""
        return self.is_built_in and not self.is_shared

    @property
    def holder(self) -> str:
        """Who the key belongs to, as text."""
        return "the team" if self.owner is None else str(self.owner)

    @property
    def works(self) -> bool:
        """Return whether the last check accepted the key, and it isn't turned off."""
        return self.health in {self.Health.GOOD, self.Health.LIMITED} and not self.is_off

    def may(self, verb: str) -> bool:
        """Return whether the key may do ``verb``, as far as known; unknown counts as yes."""
        return self.works and self.abilities.get(verb) != "no"

    @property
    def ability_rows(self) -> list[tuple[str, str, str, str]]:
        """What the key can do: label, answer, mood, and icon for each verb."""
        missing = (f"Not offered by {self.info.label}", "open", "circle")
        said = {verb: _ANSWERS[self.abilities.get(verb, "unknown")] for verb in _VERBS}
        return [
            (label, *(said[verb] if self.info.offers(verb) else missing))
            for verb, label in _VERBS.items()
        ]

    @sensitive_variables()
    def seal_secrets(self, api_key: str) -> None:
        """Set the encrypted key and its last four characters; the caller saves the row."""
        self.sealed = sealing_ring().seal(api_key.encode(), self.seal_context())
        self.last_four, self.key_hash = shown_end(api_key), hash_key(api_key)

    @sensitive_variables()
    def secrets(self) -> Mapping[str, str]:
        """Return the decrypted key; raises CannotOpen. Only jobs and previews call this."""
        ring, record = key_ring(), bytes(self.sealed)
        if not ring.knows(record):
            # The master key was rotated after this row was read.
            kept = Credential.objects.filter(pk=self.pk).values_list("sealed", flat=True).first()
            record = bytes(kept or b"")
        return {"api_key": ring.open(record, self.seal_context()).decode()}

    def account_fallback_ref(self) -> str:
        """Return a keyed hash of the key, to identify accounts that the provider doesn't name."""
        return hash_key(self.secrets()["api_key"])

    def seal_context(self) -> bytes:
        """Return the context that the encrypted key of this row is bound to."""
        return bind_context("catalog_credential", self.pk, self.owner_id, self.provider, "api_key")


def shown_end(api_key: str) -> str:
    """Return the part of a key that may be shown: its end, if the key is long enough."""
    return api_key[-4:] if len(api_key) >= 16 else "****"


@sensitive_variables()
def hash_key(api_key: str) -> str:
    """Return a keyed hash of the key, which reveals nothing about it."""
    return hash_keys([api_key])[0]


@sensitive_variables()
def hash_keys(api_keys: Iterable[str]) -> list[str]:
    """Return a keyed hash for each key."""
    secret = bytes(Installation.objects.get().hash_key)
    digests = (hmac.new(secret, key.encode(), hashlib.sha256) for key in api_keys)
    return [f"key:{digest.hexdigest()}" for digest in digests]
