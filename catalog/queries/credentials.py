"""API keys with their accounts, and the state of each account's sync."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, OuterRef, prefetch_related_objects

from catalog.models import (
    Credential,
    CredentialReplacement,
    KeySet,
    ProviderAccount,
    SyncRun,
    User,
    Voice,
)
from catalog.models.credentials.keys import hash_keys
from catalog.models.voices.voices import VoiceQuerySet

_SHOWN = ("account", "owner", "team", "replacement")
_HASHES_AT_ONCE = 500


def find_credentials(user: User) -> list[Credential]:
    """Return the user's own keys and shared ones, own keys first."""
    rows = Credential.objects.visible_to(user).select_related(
        "account", "owner", "team", "replacement"
    )
    return sorted(rows, key=lambda row: (row.owner_id != user.pk, row.created_at))


def get_credential(user: User, credential_id: uuid.UUID) -> Credential:
    """Return one key that the user may use; raises Credential.DoesNotExist."""
    rows = Credential.objects.visible_to(user).select_related(
        "account", "owner", "team", "replacement"
    )
    return rows.get(pk=credential_id)


def is_stored_key(words: set[str]) -> bool:
    """Return whether one of the words is a stored key, of any team."""
    if not words:
        return False
    hashes = hash_keys(words)
    return any(
        model._base_manager.filter(key_hash__in=hashes[start : start + _HASHES_AT_ONCE]).exists()
        for model in (Credential, CredentialReplacement)
        for start in range(0, len(hashes), _HASHES_AT_ONCE)
    )


def find_accounts(user: User) -> list[ProviderAccount]:
    """Return the provider accounts that the user can see."""
    keys = Credential.objects.unrefused().filter(account=OuterRef("pk"))
    rows = ProviderAccount.objects.visible_to(user).annotate(has_key=Exists(keys))
    return list(rows.order_by("provider", "pk"))


def find_hidden_sets(user: User) -> frozenset[int]:
    """Return the key sets in the user's accounts whose voices the user can't see."""
    rows = KeySet.objects.hidden_from(user).filter(
        account__in=ProviderAccount.objects.visible_to(user).values("pk")
    )
    return frozenset(rows.values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """A provider account with its number of voices and its last sync.

    ``listed_count`` excludes archived voices, which have their own count.
    """

    account: ProviderAccount
    last_run: SyncRun | None
    is_running: bool
    listed_count: int
    archived_count: int

    @property
    def warning(self) -> str:
        """What the last sync could not fetch although it completed."""
        return self.last_run.warning if self.last_run else ""


def find_account_statuses(user: User, now: datetime) -> list[AccountStatus]:
    """Return the user's accounts, each with its last sync and whether one is running or due."""
    accounts = find_accounts(user)
    prefetch_related_objects(accounts, "last_owner")
    newest = SyncRun.objects.filter(pk__in=_newest_run_ids(accounts))
    runs = {run.account_id: run for run in newest}
    # Two indexed counts: even among a million voices, few are archived.
    voices = Voice.objects.filter(account__in=accounts).present()
    if hidden := find_hidden_sets(user):
        voices = voices.exclude(key_set__in=hidden)
    present, archived = _count_by_account(voices), _count_by_account(voices.archived())
    return [
        AccountStatus(
            account=account,
            last_run=runs.get(account.pk),
            is_running=_is_running(account, now),
            listed_count=present.get(account.pk, 0) - archived.get(account.pk, 0),
            archived_count=archived.get(account.pk, 0),
        )
        for account in accounts
    ]


def _count_by_account(voices: VoiceQuerySet) -> dict[int, int]:
    rows = voices.order_by().values_list("account").annotate(number=Count("pk"))
    return dict(rows)


def _newest_run_ids(accounts: list[ProviderAccount]) -> list[int]:
    rows = SyncRun.objects.filter(account__in=accounts).order_by().values("account")
    return [row["newest"] for row in rows.annotate(newest=Max("pk"))]


def _is_running(account: ProviderAccount, now: datetime) -> bool:
    held = account.sync_lease_until is not None and account.sync_lease_until > now
    return held or (account.sync_due_at is not None and account.sync_due_at <= now)


def usable_credential(user: User, voice: Voice, verb: str) -> Credential | None:
    """Return a key that lists the voice, that the user may use, and that may do ``verb``.

    The user's own key comes before a shared one.
    """
    rows = Credential.objects.visible_to(user).listing(voice).working()
    fitting = [row for row in rows if row.may(verb)]
    return min(fitting, key=lambda row: row.owner_id != user.pk, default=None)
