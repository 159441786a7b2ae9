"""Check which account a key belongs to and what it may do."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from catalog.audit import record
from catalog.core.crypto import CannotOpen
from catalog.jobs.base.backoff import end_waits
from catalog.jobs.base.leases import Clock, RowId
from catalog.jobs.credentials.replacement import check_replacement
from catalog.jobs.notifications.syncs import notify_of_key
from catalog.models import Credential, CredentialReplacement, ProviderAccount
from catalog.models.credentials.key_sets import leave_key_sets
from catalog.models.voices.versions import raise_version, touch_owned_voices
from catalog.providers.errors import CredentialRejected, PermissionMissing, ProviderError
from catalog.providers.key_checks import CredentialCheck
from catalog.providers.session import open_provider
from catalog.providers.types import PermissionState

logger = logging.getLogger(__name__)

_ASK_AGAIN_AFTER = timedelta(minutes=5)
_VERDICT_LASTS = timedelta(days=1)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def check_credential(credential_id: RowId, clock: Clock) -> int | None:
    """Ask the provider about the key and store the result; return the id of its account.

    A pending replacement key is checked first.
    """
    check_replacement(credential_id, clock)
    credential = Credential.objects.select_related("team").filter(pk=credential_id).first()
    if credential is None:
        return None
    sealed = bytes(credential.sealed)
    base_url = settings.PROVIDER_BASE_URLS[credential.provider]
    try:
        with open_provider(credential.provider, credential.secrets(), base_url) as provider:
            found = provider.check()
        ref = found.account_ref or credential.account_fallback_ref()
        end_waits(credential.provider, clock())
    except CannotOpen:
        problem = "This key can't be decrypted. Replace it."
        _write(credential, sealed, health="rejected", problem=problem, checked_at=clock())
        return None
    except ProviderError as exc:
        health = "rejected" if isinstance(exc, CredentialRejected) else "unreachable"
        _write(credential, sealed, health=health, problem=exc.message[:500], checked_at=clock())
        return None
    return _keep_account(credential, sealed, found, ref, clock())


@transaction.atomic
def _keep_account(
    credential: Credential, sealed: bytes, found: CredentialCheck, ref: str, now: datetime
) -> int | None:
    rows = Credential.objects.select_for_update(no_key=True).filter(pk=credential.pk, sealed=sealed)
    before = rows.first()
    if before is None:
        return None  # the key was replaced or removed in the meantime
    account = _find_account(credential, ref[:200])
    _provide_owner(account, credential, now)
    answers = {
        "list": found.can_list,
        "preview": found.can_preview,
        "clone": _without_promise(found) if found.is_out_of_credit else found.can_clone,
        "delete": found.can_delete,
    }
    # Features that the provider doesn't offer at all don't count against the key.
    offers = credential.info.offers
    is_refused = any(
        answer is PermissionState.NO and offers(verb) for verb, answer in answers.items()
    )
    is_whole = not found.problem and not is_refused
    rows.update(
        account=account,
        health=Credential.Health.GOOD if is_whole else Credential.Health.LIMITED,
        problem=found.problem[:500],
        abilities={verb: answer.value for verb, answer in answers.items()},
        key_hash=credential.account_fallback_ref(),
        checked_at=now,
    )
    leave_key_sets(before, but_of=account)
    if _names_account(account, credential):
        account.label = found.account_label[:200]
    if found.slots is not None:
        account.slots_used, account.slots_limit = found.slots.used, found.slots.limit
        account.slots_read_at = now
    account.save(update_fields=["label", "slots_used", "slots_limit", "slots_read_at"])
    # The key may have moved here from another account.
    ProviderAccount.objects.filter(pk__in=[account.pk, before.account_id]).refresh_sharing()
    raise_version(credential.team_id)
    return account.pk


def _without_promise(found: CredentialCheck) -> PermissionState:
    """Return UNKNOWN instead of YES while the account has no credit: only use will show it."""
    return PermissionState.UNKNOWN if found.can_clone is PermissionState.YES else found.can_clone


def keep_refusal(credential: Credential, refusal: CredentialRejected, now: datetime) -> None:
    """Store that the provider rejected the key during a sync."""
    values: dict[str, Any] = {"health": Credential.Health.REJECTED}
    if isinstance(refusal, PermissionMissing):
        abilities = {**credential.abilities, "list": PermissionState.NO.value}
        values = {"health": Credential.Health.LIMITED, "abilities": abilities}
    problem = refusal.message[:500]
    _write(credential, bytes(credential.sealed), problem=problem, checked_at=now, **values)


def _find_account(credential: Credential, ref: str) -> ProviderAccount:
    """Return the account with this id; rename one that was only known by its key's hash."""
    rows = ProviderAccount.objects.filter(team=credential.team, provider=credential.provider)
    if not rows.filter(ref=ref).exists():
        rows.filter(ref=credential.account_fallback_ref()).update(ref=ref)
    account, _ = ProviderAccount.objects.get_or_create(
        team=credential.team,
        provider=credential.provider,
        ref=ref,
        defaults={"last_owner": credential.owner},
    )
    return account


def _provide_owner(account: ProviderAccount, credential: Credential, now: datetime) -> None:
    """Make the key's owner responsible for an account that has no owner yet.

    Checking a key never takes an account from its owner. Only an admin can do that, with a reason
    (services/accounts/owners.py).
    """
    unowned = ProviderAccount.objects.filter(pk=account.pk, last_owner=None)
    if credential.owner_id is None or not unowned.update(last_owner=credential.owner_id):
        return
    account.last_owner_id = credential.owner_id
    touch_owned_voices(pk=account.pk)
    team, after = credential.team, {"owner": str(credential.owner)}
    record(None, "account owner set", account, team=team, now=now, after=after)


def _names_account(account: ProviderAccount, credential: Credential) -> bool:
    """Return whether this key determines the account's label.

    Some providers name the account after the key's user, so keys of several people give several
    names. The key of the account's owner wins if there is one.
    """
    owners = account.credentials.values_list("owner", flat=True)
    return credential.owner_id == account.last_owner_id or account.last_owner_id not in owners


@transaction.atomic
def _write(credential: Credential, sealed: bytes, **values: Any) -> None:
    # If the key was replaced during the check, discard the result of the old one.
    rows = Credential.objects.filter(pk=credential.pk, sealed=sealed)
    with transaction.atomic():
        # The person who has just added a key sees its page.
        has_worked = rows.working().exclude(health=Credential.Health.UNCHECKED).exists()
        rows.update(**values)
        if has_worked and values.get("health") == Credential.Health.REJECTED:
            notify_of_key(credential, values["problem"], values["checked_at"])
        raise_version(credential.team_id)


def find_due_checks(now: datetime) -> list[RowId]:
    """Return keys that need a check, oldest first: requested, unreachable before, or a day old."""
    due = (
        Q(health=Credential.Health.UNCHECKED)
        | Q(check_asked_at__gt=Coalesce("checked_at", _NEVER))
        | Q(health=Credential.Health.UNREACHABLE, checked_at__lt=now - _ASK_AGAIN_AFTER)
        | Q(checked_at__lt=now - _VERDICT_LASTS)
        | Q(replacement__state=CredentialReplacement.State.CHECKING)
    )
    rows = Credential.objects.offered().filter(due)
    oldest_first = F("checked_at").asc(nulls_first=True)
    return list(rows.order_by(oldest_first).values_list("pk", flat=True)[:50])
