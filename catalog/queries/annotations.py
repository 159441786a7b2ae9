"""What people laid over some voices: stars, tags, ratings, and the notes on one."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Avg, Count

from catalog.models import Collection, Note, Rating, Star, Tag, TagUse, User, Voice


@dataclass(frozen=True, slots=True)
class Score:
    """The mean of the team's ratings and how many there are."""

    mean: float
    count: int


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands on the voices of one page, by the voice's id."""

    starred: set[int] = field(default_factory=set)
    tags: dict[int, list[Tag]] = field(default_factory=dict)
    scores: dict[int, Score] = field(default_factory=dict)


def find_marks(user: User, voice_ids: Iterable[int]) -> Marks:
    """Return the person's stars and the team's tags and ratings of these voices."""
    ids = list(voice_ids)
    starred = Star.objects.filter(user=user, voice__in=ids).values_list("voice", flat=True)
    tags: dict[int, list[Tag]] = defaultdict(list)
    for use in TagUse.objects.filter(voice__in=ids).select_related("tag").order_by("tag__folded"):
        tags[use.voice_id].append(use.tag)
    ratings = Rating.objects.filter(voice__in=ids).order_by().values_list("voice")
    scores = {
        pk: Score(mean, count) for pk, mean, count in ratings.annotate(Avg("value"), Count("pk"))
    }
    return Marks(set(starred), dict(tags), scores)


@dataclass(frozen=True, slots=True)
class VoiceMarks:
    """All that people laid over one voice; ``own_rating`` is 0 where the person gave none."""

    is_starred: bool
    tags: list[Tag]
    score: Score | None
    own_rating: int
    notes: list[Note]
    collections: list[Collection]


def find_voice_marks(user: User, voice: Voice) -> VoiceMarks:
    """Return what stands on one voice, the newest note first."""
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
    """Return the words that the person's teams have for voices, to be completed from."""
    return list(Tag.objects.visible_to(user).order_by("folded").values_list("name", flat=True))
