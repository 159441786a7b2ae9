"""Stars, tags, ratings, and notes on voices."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from catalog.models import Collection, Note, Rating, Tag, User, Voice

# Plain SQL: every page of voices runs these, and the ORM would take longer than the database.
_STARS = "SELECT voice_id FROM catalog_star WHERE user_id = %s AND voice_id IN ({})"
_TAGS = """
    SELECT u.voice_id, t.id, t.team_id, t.name, t.folded FROM catalog_tag t
    JOIN catalog_taguse u ON u.tag_id = t.id WHERE u.voice_id IN ({}) ORDER BY t.folded
"""
_SCORES = """
    SELECT voice_id, AVG(value), COUNT(*) FROM catalog_rating
    WHERE voice_id IN ({}) GROUP BY voice_id
"""


@dataclass(frozen=True, slots=True)
class RatingSummary:
    """The average of the team's ratings, and their number."""

    mean: float
    count: int


@dataclass(frozen=True, slots=True)
class Marks:
    """Annotations of the voices on a page, by voice id."""

    starred: set[int] = field(default_factory=set)
    tags: dict[int, list[Tag]] = field(default_factory=dict)
    scores: dict[int, RatingSummary] = field(default_factory=dict)


def find_marks(user: User, voice_ids: Iterable[int]) -> Marks:
    """Return the user's stars, and the team's tags and ratings, for these voices."""
    ids = list(voice_ids)
    if not ids:
        return Marks()
    tags: dict[int, list[Tag]] = defaultdict(list)
    with connection.cursor() as cursor:
        starred = {pk for (pk,) in _select(cursor, _STARS, ids, user.pk)}
        for pk, *values in _select(cursor, _TAGS, ids):
            tags[pk].append(Tag(*values))
        scores = {
            pk: RatingSummary(float(mean), n) for pk, mean, n in _select(cursor, _SCORES, ids)
        }
    return Marks(starred, dict(tags), scores)


def _select(cursor: Any, statement: str, ids: list[int], *values: int) -> list[tuple[Any, ...]]:
    cursor.execute(statement.format(", ".join(["%s"] * len(ids))), [*values, *ids])
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@dataclass(frozen=True, slots=True)
class VoiceMarks:
    """All annotations of one voice; ``own_rating`` is 0 if the user gave none."""

    is_starred: bool
    tags: list[Tag]
    score: RatingSummary | None
    own_rating: int
    notes: list[Note]
    collections: list[Collection]


def find_voice_marks(user: User, voice: Voice) -> VoiceMarks:
    """Return the annotations of one voice, with the newest note first."""
    marks = find_marks(user, [voice.pk])
    notes = Note.objects.visible_to(user).kept().filter(voice=voice).select_related("author")
    own = Rating.objects.filter(user=user, voice=voice).values_list("value", flat=True)
    collections = Collection.objects.visible_to(user).kept().filter(entries__voice=voice)
    return VoiceMarks(
        is_starred=voice.pk in marks.starred,
        tags=marks.tags.get(voice.pk, []),
        score=marks.scores.get(voice.pk),
        own_rating=own.first() or 0,
        notes=list(notes.order_by("-written_at", "-pk")),
        collections=list(collections.order_by("name", "pk")),
    )


def find_tag_names(user: User) -> list[str]:
    """Return the names of the team's tags, for autocompletion."""
    return list(Tag.objects.visible_to(user).order_by("folded").values_list("name", flat=True))
