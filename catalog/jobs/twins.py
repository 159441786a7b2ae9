"""Look for pairs of voices that are likely the same; calls no provider."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

import numpy as np
from django.db import transaction
from django.db.models import Count, Max

from catalog.audio.embeddings.near_duplicates import find_same_sounds
from catalog.audio.embeddings.nearest_neighbors import ENCODER, unpack_vectors
from catalog.models import (
    CloneJob,
    CloneSource,
    CollectionEntry,
    Note,
    Rating,
    Star,
    TagUse,
    Team,
    TwinPair,
    TwinSearch,
    Voice,
    VoiceEmbedding,
)
from catalog.models.voices.voices import VoiceQuerySet

# The most alike come first, if there are more.
_MOST_PAIRS = 2_000
_MOST_OF_ONE = 20
_MARKS = (Star, TagUse, Note, Rating, CollectionEntry)

Pair = tuple[int, int]


@dataclass(slots=True)
class _Evidence:
    """Why two voices are likely the same."""

    has_same_id: bool = False
    has_same_samples: bool = False
    score: float | None = None


def find_all_twins(now: datetime) -> None:
    """Look for pairs in all teams."""
    for team in Team.objects.order_by("pk"):
        find_team_twins(team, now)


def find_team_twins(team: Team, now: datetime) -> None:
    """Store the team's pairs: new ones are added, and undecided ones without evidence removed.

    Decided pairs stay as they are.
    """
    voices = Voice.objects.filter(account__team=team).present().shown()
    found: dict[Pair, _Evidence] = defaultdict(_Evidence)
    for pair in _find_same_ids(voices):
        found[pair].has_same_id = True
    same, siblings = _find_same_samples(team, voices)
    for pair in same:
        found[pair].has_same_samples = True
    search, _ = TwinSearch.objects.get_or_create(team=team)
    newest = VoiceEmbedding.objects.aggregate(newest=Max("pk"))["newest"] or 0
    for pair, score in _find_same_sounds(team, voices, search.newest_embedding).items():
        # Clones of one speaker at several providers are meant to sound the same.
        if pair not in siblings:
            found[pair].score = score
    _store(team, _keep_best(found), now)
    # One that was committed late is compared when its voice is analyzed again.
    TwinSearch.objects.filter(pk=search.pk).update(newest_embedding=newest)


def _find_same_ids(voices: VoiceQuerySet) -> set[Pair]:
    """Return voices with the same ID at the same provider, in several accounts.

    A library voice of several accounts is one card already. It only counts if people have put
    something on more than one of its rows, which can be brought together.
    """
    rows = voices.order_by().values("provider", "remote_id").annotate(count=Count("pk"))
    several = rows.filter(count__gt=1).values("remote_id")
    marked = set[int]()
    for model in _MARKS:
        used = model._default_manager.filter(voice__in=voices.filter(remote_id__in=several))
        marked |= set(used.values_list("voice", flat=True))
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    listed = voices.filter(remote_id__in=several).order_by("pk")
    for pk, provider, remote_id, is_owned in listed.values_list(
        "pk", "provider", "remote_id", "is_owned"
    ):
        if is_owned or pk in marked:
            groups[provider, remote_id].append(pk)
    return _pair_all(groups.values())


def _find_same_samples(team: Team, voices: VoiceQuerySet) -> tuple[set[Pair], set[Pair]]:
    """Return clones of the same recordings at one provider, and those at different ones."""
    jobs = CloneJob.objects.filter(team=team, voice__in=voices)
    batches: dict[object, list[tuple[object, ...]]] = defaultdict(list)
    sources = CloneSource.objects.filter(batch__in=jobs.values("batch")).order_by("position")
    for batch, *part in sources.values_list(
        "batch", "sample__sha256", "start_seconds", "end_seconds"
    ):
        batches[batch].append(tuple(part))
    groups: dict[object, dict[int, str]] = defaultdict(dict)
    for batch, pk, provider in jobs.values_list("batch", "voice", "voice__provider"):
        if batches[batch]:
            groups[tuple(batches[batch])][pk] = provider
    same, siblings = set[Pair](), set[Pair]()
    for clones in groups.values():
        for low, high in _pair_all([sorted(clones)]):
            (same if clones[low] == clones[high] else siblings).add((low, high))
    return same, siblings


def _find_same_sounds(team: Team, voices: VoiceQuerySet, newest: int) -> dict[Pair, float]:
    """Return pairs that sound the same: those known, and those of newly analyzed voices.

    Only these are compared with all others, so a search costs little once the first is done.
    """
    rows = VoiceEmbedding.objects.filter(voice__in=voices, encoder=ENCODER).order_by("voice")
    found = rows.values_list("pk", "voice", "vector")
    heard = [(key, pk, bytes(vector)) for key, pk, vector in found if vector]
    ids = [pk for _, pk, _ in heard]
    fresh = np.flatnonzero(np.array([key > newest for key, _, _ in heard], bool))
    known = TwinPair.objects.open().filter(team=team).exclude(score=None)
    old = set(ids) - {ids[row] for row in fresh}
    scores = {
        (low, high): score
        for low, high, score in known.values_list("first", "second", "score")
        if score is not None and {low, high} <= old
    }
    vectors = unpack_vectors([vector for _, _, vector in heard])
    for (low, high), score in find_same_sounds(vectors, fresh).items():
        scores[ids[low], ids[high]] = round(score, 3)
    return _leave_out_known_twins(scores)


def _leave_out_known_twins(scores: dict[Pair, float]) -> dict[Pair, float]:
    # The same preview in several accounts says nothing new.
    rows = Voice.objects.filter(pk__in={pk for pair in scores for pk in pair})
    origins = {
        pk: (provider, remote_id)
        for pk, provider, remote_id in rows.values_list("pk", "provider", "remote_id")
    }
    return {pair: score for pair, score in scores.items() if len({origins[pk] for pk in pair}) > 1}


def _pair_all(groups: Iterable[list[int]]) -> set[Pair]:
    return {pair for each in groups for pair in combinations(sorted(each)[:_MOST_OF_ONE], 2)}


def _keep_best(found: dict[Pair, _Evidence]) -> dict[Pair, _Evidence]:
    def rank(pair: Pair) -> tuple[bool, float]:
        each = found[pair]
        return each.has_same_id or each.has_same_samples, each.score or 0

    return {pair: found[pair] for pair in sorted(found, key=rank, reverse=True)[:_MOST_PAIRS]}


@transaction.atomic
def _store(team: Team, found: dict[Pair, _Evidence], now: datetime) -> None:
    known = {(pair.first_id, pair.second_id): pair for pair in TwinPair.objects.filter(team=team)}
    open_pairs = {at: pair for at, pair in known.items() if pair.state == TwinPair.State.OPEN}
    stale = [pair.pk for at, pair in open_pairs.items() if at not in found]
    TwinPair.objects.open().filter(pk__in=stale).delete()
    changed = []
    for at, pair in open_pairs.items():
        if at in found and _apply(pair, found[at]):
            changed.append(pair)
    TwinPair.objects.bulk_update(changed, ["has_same_id", "has_same_samples", "score"])
    rows = [
        TwinPair(
            team=team,
            first_id=low,
            second_id=high,
            has_same_id=each.has_same_id,
            has_same_samples=each.has_same_samples,
            score=each.score,
            found_at=now,
        )
        for (low, high), each in found.items()
        if (low, high) not in known
    ]
    TwinPair.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)


def _apply(pair: TwinPair, found: _Evidence) -> bool:
    """Put the evidence into the row; return whether it changed."""
    wanted = found.has_same_id, found.has_same_samples, found.score
    if (pair.has_same_id, pair.has_same_samples, pair.score) == wanted:
        return False
    pair.has_same_id, pair.has_same_samples, pair.score = wanted
    return True
