"""Track which keys of an account list which of its voices."""

import hashlib
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import transaction

from catalog.models import Credential, KeySet, ListingKey, ProviderAccount, Voice
from catalog.models.voices.versions import raise_version, touch_voices

# What each key may do with the voices.
Keys = Mapping[UUID, int]

ALL_RIGHTS = ListingKey.Rights.DELETE
_MOST_MOVED = 500


@transaction.atomic
def get_key_set(account: ProviderAccount, keys: Keys) -> int:
    """Return the id of the account's key set with exactly these keys; create it if needed."""
    # A set of one key needs no ranking, so its rights are stored as full rights.
    rights = dict.fromkeys(keys, int(ALL_RIGHTS)) if len(keys) == 1 else dict(keys)
    words = " ".join(sorted(f"{key.hex}:{right}" for key, right in rights.items()))
    signature = hashlib.sha256(words.encode()).hexdigest()
    found, is_new = KeySet.objects.get_or_create(
        account=account, signature=signature, defaults={"last_owner_id": _find_owner(rights)}
    )
    if is_new or found.entries.count() != len(rights):
        ListingKey.objects.bulk_create(
            [
                ListingKey(key_set=found, credential_id=key, rights=right)
                for key, right in rights.items()
            ],
            ignore_conflicts=True,
        )
    KeySet.objects.filter(pk=found.pk).refresh_sharing()
    raise_version(account.team_id)
    return found.pk


def read_key_sets(account: ProviderAccount) -> dict[int, dict[UUID, int]]:
    """Return each key set of the account as a mapping of key id to rights."""
    found: dict[int, dict[UUID, int]] = {
        pk: {} for pk in account.key_sets.values_list("pk", flat=True)
    }
    rows = ListingKey.objects.filter(key_set__account=account)
    for pk, key, right in rows.values_list("key_set", "credential", "rights"):
        found[pk][key] = right
    return found


def move_voices(account: ProviderAccount, key_set: int, remote_ids: Collection[str]) -> None:
    """Assign these voices to a key set."""
    ids = list(remote_ids)
    for start in range(0, len(ids), _MOST_MOVED):
        rows = Voice.objects.filter(account=account, remote_id__in=ids[start : start + _MOST_MOVED])
        with transaction.atomic():
            rows.update(key_set=key_set)
            touch_voices(rows.values_list("pk", flat=True))


def _find_owner(keys: Keys) -> int | None:
    """Return the owner of the key with the most rights, None without keys."""
    rows = Credential.objects.filter(pk__in=keys).order_by("created_at", "pk")
    owners = sorted(rows, key=lambda row: -keys[row.pk])
    return owners[0].owner_id if owners else None
