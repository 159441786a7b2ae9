"""Collections with what is in them, and those that a voice may be put into."""

from dataclasses import dataclass

from django.db.models import Count
from django.db.models.functions import Lower

from catalog import policies
from catalog.models import Collection, CollectionEntry, Membership, Preference, User, Voice
from catalog.models.collections import CollectionQuerySet
from catalog.queries.annotations import Marks, find_marks

PAGE_SIZE = 48


@dataclass(frozen=True, slots=True)
class CollectionPage:
    """One collection with the entries that the person may see, and how many they may not."""

    collection: Collection
    entries: list[CollectionEntry]
    count: int
    unseen_count: int
    page: int
    page_count: int
    marks: Marks
    may_change: bool


@dataclass(frozen=True, slots=True)
class CollectionChoice:
    """Where a voice is and could be put; ``last_used`` is 0 before the first time."""

    inside: list[Collection]
    outside: list[Collection]
    last_used: int


def find_collections(user: User) -> list[Collection]:
    """Return the person's and the team's collections by name, with how many voices each has."""
    rows = Collection.objects.visible_to(user).kept().select_related("owner")
    return list(rows.annotate(size=Count("entries", distinct=True)).order_by(Lower("name"), "pk"))


def find_changeable_collections(user: User) -> list[Collection]:
    """Return the collections that the person may put voices into, by name."""
    return list(_changeable(user).order_by(Lower("name"), "pk"))


def get_collection_page(user: User, collection_id: int, page: int = 1) -> CollectionPage:
    """Return one page of a collection in its order; raises Collection.DoesNotExist."""
    rows = Collection.objects.visible_to(user).kept().select_related("owner", "team")
    collection = rows.get(pk=collection_id)
    seen = collection.entries.filter(voice__in=Voice.objects.visible_to(user))
    count = seen.count()
    page_count = max(1, -(-count // PAGE_SIZE))
    page = min(max(1, page), page_count)
    entries = list(
        seen.select_related("voice__account", "voice__clip")
        .prefetch_related("voice__labels")
        .order_by("position", "pk")[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    )
    return CollectionPage(
        collection=collection,
        entries=entries,
        count=count,
        unseen_count=collection.entries.count() - count,
        page=page,
        page_count=page_count,
        marks=find_marks(user, [entry.voice_id for entry in entries]),
        may_change=policies.may_change_collection(user, collection),
    )


def find_last_collection(user: User) -> int:
    """Return the collection that the person used last, 0 before the first time."""
    habits = Preference.objects.filter(user=user).values_list("last_collection", flat=True)
    return habits.first() or 0


def find_collection_choice(user: User, voice: Voice) -> CollectionChoice:
    """Return which changeable collections hold the voice, which do not, and the last one used."""
    held = set(voice.collection_entries.values_list("collection", flat=True))
    rows = find_changeable_collections(user)
    return CollectionChoice(
        inside=[row for row in rows if row.pk in held],
        outside=[row for row in rows if row.pk not in held],
        last_used=find_last_collection(user),
    )


def find_possible_maintainers(collection: Collection) -> list[Membership]:
    """Return the team's people but for the owner, who maintains it anyway."""
    rows = Membership.objects.filter(team=collection.team).exclude(user=collection.owner_id)
    return list(rows.select_related("user").order_by("user__email"))


def _changeable(user: User) -> CollectionQuerySet:
    may_be = policies.changeable_by(user).values("pk")
    return Collection.objects.visible_to(user).kept().filter(pk__in=may_be)
