"""Collections with their voices, and the collections to which a user can add a voice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import Lower

from catalog import policies
from catalog.models import (
    BundledVoice,
    Collection,
    CollectionEntry,
    KeySet,
    Membership,
    Preference,
    ProviderAccount,
    Speaker,
    Team,
    User,
    Voice,
)
from catalog.models.collections import CollectionQuerySet
from catalog.queries.annotations import Marks, find_marks
from catalog.queries.speakers import find_speakers_of
from catalog.queries.voices.audience import HiddenVoices, find_closed_part

PAGE_SIZE = 48


@dataclass(frozen=True, slots=True)
class CollectionPage:
    """One collection with the entries that the user can see, and how many they can't.

    ``absent_count`` voices are gone or archived. ``closed`` describes the voices of a shared
    collection that some members can't see.
    """

    collection: Collection
    entries: list[CollectionEntry]
    count: int
    unseen_count: int
    absent_count: int
    closed: HiddenVoices | None
    page: int
    page_count: int
    marks: Marks
    may_change: bool


@dataclass(frozen=True, slots=True)
class CollectionChoice:
    """Where a voice is and could be added; ``last_used`` is 0 if there is none."""

    inside: list[Collection]
    outside: list[Collection]
    last_used: int


def find_collections(user: User) -> list[Collection]:
    """Return the user's and the team's collections by name, with their number of voices.

    ``size`` counts the voices that the user can see, ``absent`` those of them that are gone or
    archived, and ``unseen`` the rest.
    """
    accounts = list(ProviderAccount.objects.visible_to(user).values_list("pk", flat=True))
    hidden = list(KeySet.objects.hidden_from(user).values_list("pk", flat=True))
    is_seen = Q(entries__voice__account__in=accounts)
    if hidden:
        is_seen &= Q(entries__voice__key_set=None) | ~Q(entries__voice__key_set__in=hidden)
    is_absent = ~Q(entries__voice__remote_deleted_at=None) | ~Q(entries__voice__archived_at=None)
    rows = Collection.objects.visible_to(user).kept().select_related("owner")
    counted = rows.annotate(
        size=Count("entries", filter=is_seen, distinct=True),
        absent=Count("entries", filter=is_seen & is_absent, distinct=True),
        unseen=Count("entries", distinct=True) - F("size"),
    )
    return list(counted.order_by(Lower("name"), "pk"))


def find_changeable_collections(user: User) -> list[Collection]:
    """Return the collections that the user can add voices to, by name."""
    return list(_changeable(user).order_by(Lower("name"), "pk"))


def get_collection_page(user: User, collection_id: int, page: int = 1) -> CollectionPage:
    """Return one page of a collection, in order; raises Collection.DoesNotExist."""
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
        absent_count=seen.exclude(voice__remote_deleted_at=None, voice__archived_at=None).count(),
        closed=find_closed_of(user, collection) if collection.is_shared else None,
        page=page,
        page_count=page_count,
        marks=find_marks(user, [entry.voice_id for entry in entries]),
        may_change=policies.may_change_collection(user, collection),
    )


def find_team_of_collection(
    user: User, collection_id: int, own_teams: Sequence[Team]
) -> Team | None:
    """Return the one of the user's own teams in which they can open a collection."""
    rows = Collection.objects.kept().filter(pk=collection_id, team__in=own_teams)
    found = rows.filter(Q(owner=user) | Q(is_shared=True)).select_related("team").first()
    return found.team if found else None


def find_closed_of(user: User, collection: Collection) -> HiddenVoices:
    """Return which voices of a collection some members of its team can't see."""
    held = collection.entries.values("voice")
    return find_closed_part(collection.team, Voice.objects.visible_to(user).filter(pk__in=held))


def find_last_collection(user: User) -> int:
    """Return the id of the collection that the user used last, or 0."""
    habits = Preference.objects.filter(user=user).values_list("last_collection", flat=True)
    return habits.first() or 0


def find_collection_choice(user: User, voice: Voice) -> CollectionChoice:
    """Return the changeable collections with and without the voice, and the last one used."""
    held = set(voice.collection_entries.values_list("collection", flat=True))
    rows = find_changeable_collections(user)
    return CollectionChoice(
        inside=[row for row in rows if row.pk in held],
        outside=[row for row in rows if row.pk not in held],
        last_used=find_last_collection(user),
    )


def find_possible_maintainers(collection: Collection) -> list[Membership]:
    """Return the members who can become maintainers; the owner is one anyway."""
    rows = Membership.objects.filter(team=collection.team).exclude(user=collection.owner_id)
    return list(rows.select_related("user").order_by("user__email"))


def find_bundled_voices(collection: Collection) -> list[BundledVoice]:
    """Return the voices of an imported collection that the team's accounts don't have."""
    rows = collection.bundled_voices.select_related("batch__speaker")
    return list(rows.order_by("position", "pk"))


def find_seen_speakers(user: User, collection: Collection) -> set[int]:
    """Return the speakers of the collection's bundled voices whom the user can see."""
    rows = Speaker.objects.visible_to(user).filter(batches__bundled_voices__collection=collection)
    return set(rows.values_list("pk", flat=True))


def match_voices(user: User, team: Team, described: list[dict[str, Any]]) -> list[Voice | None]:
    """Return the voice here for each provider and remote id, None if no account has it.

    If several accounts have it, so that the bundle has it several times, each is used once.
    """
    keys = [(each["provider"], each["remote_id"]) for each in described]
    rows = Voice.objects.visible_to(user).present().filter(account__team=team)
    rows = rows.filter(
        provider__in={provider for provider, _ in keys}, remote_id__in={each for _, each in keys}
    )
    found: dict[tuple[str, str], list[Voice]] = {}
    for voice in rows.order_by(F("archived_at").asc(nulls_first=True), "pk"):
        found.setdefault((voice.provider, voice.remote_id), []).append(voice)
    matched: list[Voice | None] = []
    for key in keys:
        here = found.get(key, [])
        matched.append((here.pop(0) if len(here) > 1 else here[0]) if here else None)
    return matched


def find_new_speakers(user: User, team: Team, described: list[dict[str, Any]]) -> list[bool]:
    """Return for each speaker whether importing adds them.

    A speaker isn't added again if all their voices are here, and known to be cloned here.
    """
    matched = match_voices(user, team, described)
    known = find_speakers_of(voice for voice in matched if voice)
    is_new: dict[int, bool] = {}
    for each, voice in zip(described, matched, strict=True):
        if (place := each["speaker"]) is not None:
            is_here = voice is not None and voice.pk in known
            is_new[place] = is_new.get(place, False) or not is_here
    return [is_new[place] for place in sorted(is_new)]


def _changeable(user: User) -> CollectionQuerySet:
    may_be = policies.changeable_by(user).values("pk")
    return Collection.objects.visible_to(user).kept().filter(pk__in=may_be)
