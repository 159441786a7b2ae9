"""Create and change collections, add and order their voices, and share them with the team."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max

from catalog import policies
from catalog.audit import record
from catalog.models import Collection, CollectionEntry, Preference, Team, User, Voice
from catalog.models.voices.versions import raise_own_version

_BATCH = 500


@transaction.atomic
def make_collection(
    user: User, *, team: Team, name: str, description: str, is_shared: bool, now: datetime
) -> Collection:
    """Create an empty collection, personal or shared."""
    if not policies.may_make_collection(user, team, is_shared=is_shared):
        raise PermissionDenied
    collection = Collection.objects.create(
        team=team,
        owner=user,
        name=name,
        description=description,
        is_shared=is_shared,
        created_at=now,
    )
    _record(user, "collection created", collection, now)
    return collection


@transaction.atomic
def change_collection(
    user: User,
    *,
    collection: Collection,
    name: str,
    description: str,
    is_shared: bool,
    maintainers: Iterable[User],
    now: datetime,
) -> None:
    """Change the collection's name, description, sharing, and maintainers."""
    _check(user, collection)
    if is_shared and not policies.may_share_with_team(user, collection.team):
        raise PermissionDenied
    # The log also records that a shared collection became personal.
    was_shared = collection.is_shared
    collection.name, collection.description = name, description
    collection.is_shared = is_shared
    collection.save(update_fields=["name", "description", "is_shared"])
    people = [person for person in maintainers if policies.role_in(person, collection.team)]
    collection.maintainers.set(people)
    if was_shared or is_shared:
        facts: dict[str, Any] = {"maintainers": len(people), "is_shared": is_shared}
        team = collection.team
        record(user, "collection changed", collection, team=team, now=now, **facts)
    else:
        raise_own_version(collection.owner_id)


@transaction.atomic
def remove_collection(user: User, *, collection: Collection, now: datetime) -> None:
    """Remove the collection; it can be restored. Its voices are not affected."""
    _check(user, collection)
    collection.removed_at = collection.removed_at or now
    collection.save(update_fields=["removed_at"])
    _record(user, "collection removed", collection, now)


@transaction.atomic
def restore_collection(user: User, *, collection: Collection, now: datetime) -> None:
    """Restore a removed collection."""
    _check(user, collection)
    collection.removed_at = None
    collection.save(update_fields=["removed_at"])
    _record(user, "collection restored", collection, now)


@transaction.atomic
def collect_voices(
    user: User, *, collection: Collection, voices: Iterable[Voice], now: datetime, note: str = ""
) -> int:
    """Add the voices to the end of the collection; return how many were not in it before."""
    _check(user, collection)
    ids = [voice.pk for voice in voices]
    present = set(collection.entries.values_list("voice", flat=True))
    added = [pk for pk in dict.fromkeys(ids) if pk not in present]
    last = collection.entries.aggregate(last=Max("position"))["last"] or 0
    CollectionEntry.objects.bulk_create(
        (
            CollectionEntry(
                collection=collection, voice_id=pk, position=place, note=note, added_at=now
            )
            for place, pk in enumerate(added, start=last + 1)
        ),
        ignore_conflicts=True,
        batch_size=_BATCH,
    )
    if note:
        collection.entries.filter(voice__in=set(ids) & present).update(note=note)
    Preference.objects.update_or_create(user=user, defaults={"last_collection": collection})
    _record(user, "voices added to collection", collection, now, voices=len(added))
    return len(added)


@transaction.atomic
def drop_voice(user: User, *, collection: Collection, voice: Voice, now: datetime) -> None:
    """Remove the voice from the collection."""
    _check(user, collection)
    collection.entries.filter(voice=voice).delete()
    _record(user, "voice removed from collection", collection, now, voice=voice.shown_name)


@transaction.atomic
def move_entry(user: User, *, entry: CollectionEntry, by: int, now: datetime) -> None:
    """Move an entry one place up (-1) or down (1)."""
    _check(user, entry.collection)
    order = list(entry.collection.entries.order_by("position", "pk"))
    place = next(at for at, other in enumerate(order) if other.pk == entry.pk)
    target = max(0, min(len(order) - 1, place + by))
    order.insert(target, order.pop(place))
    for position, other in enumerate(order, start=1):
        other.position = position
    CollectionEntry.objects.bulk_update(order, ["position"], batch_size=_BATCH)
    _record(user, "collection reordered", entry.collection, now)


@transaction.atomic
def note_entry(user: User, *, entry: CollectionEntry, note: str, now: datetime) -> None:
    """Set the entry's note: what the voice is in the collection for."""
    _check(user, entry.collection)
    entry.note = note
    entry.save(update_fields=["note"])
    _record(user, "collection note changed", entry.collection, now, voice=entry.voice.shown_name)


def _check(user: User, collection: Collection) -> None:
    if not policies.may_change_collection(user, collection):
        raise PermissionDenied


def _record(user: User, action: str, collection: Collection, now: datetime, **facts: Any) -> None:
    # The team's log doesn't record personal collections.
    if collection.is_shared:
        record(user, action, collection, team=collection.team, now=now, **facts)
    else:
        raise_own_version(collection.owner_id)
