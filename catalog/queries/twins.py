"""Pairs of voices that are likely the same, with what is on each."""

from collections import Counter
from dataclasses import dataclass

from catalog.models import CollectionEntry, Note, Rating, Star, TagUse, TwinPair, User, Voice
from catalog.models.twins import TwinPairQuerySet

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class ShownPair:
    """A pair, with the voice that carries more, and what each carries in words."""

    pair: TwinPair
    suggested: int
    marks: dict[int, str]


@dataclass(frozen=True, slots=True)
class TwinPage:
    """The undecided pairs, the first of them shown, and the latest decisions."""

    pairs: list[ShownPair]
    count: int
    decided: list[TwinPair]


def get_twin_page(user: User) -> TwinPage:
    """Return the pairs that the user can see: the surest first."""
    rows = _load(TwinPair.objects.visible_to(user))
    undecided = rows.open().order_by("-has_same_id", "-has_same_samples", "-score", "pk")
    decided = rows.exclude(state=TwinPair.State.OPEN).select_related("decided_by", "kept__account")
    shown = list(undecided[:_SHOWN])
    counts = _count_marks({voice.pk for pair in shown for voice in pair.voices})
    pairs = [
        ShownPair(
            pair,
            max(pair.voices, key=lambda voice: (counts[voice.pk].total(), -voice.pk)).pk,
            {voice.pk: _say(counts[voice.pk]) for voice in pair.voices},
        )
        for pair in shown
    ]
    return TwinPage(pairs, undecided.count(), list(decided.order_by("-decided_at", "-pk")[:20]))


def _load(rows: TwinPairQuerySet) -> TwinPairQuerySet:
    related = "team", "first__account__team", "second__account__team", "first__clip", "second__clip"
    return rows.select_related(*related)


def find_pair(user: User, pair_id: int) -> TwinPair | None:
    """Return a pair that the user can see, with its voices."""
    rows = _load(TwinPair.objects.visible_to(user)).select_related("kept__account")
    return rows.filter(pk=pair_id).first()


def find_pairs_of(user: User, voice: Voice) -> int:
    """Return how many undecided pairs the voice is in."""
    rows = TwinPair.objects.visible_to(user).open()
    return rows.filter(first=voice).count() + rows.filter(second=voice).count()


def _count_marks(voice_ids: set[int]) -> dict[int, Counter[str]]:
    kinds = {"star": Star, "tag": TagUse, "rating": Rating, "collection": CollectionEntry}
    counts: dict[int, Counter[str]] = {pk: Counter() for pk in voice_ids}
    for name, model in kinds.items():
        for pk in model._default_manager.filter(voice__in=voice_ids).values_list(
            "voice", flat=True
        ):
            counts[pk][name] += 1
    for pk in Note.objects.kept().filter(voice__in=voice_ids).values_list("voice", flat=True):
        counts[pk]["note"] += 1
    return counts


def _say(counts: Counter[str]) -> str:
    parts = [f"{number} {name}{'s' if number > 1 else ''}" for name, number in counts.items()]
    return ", ".join(parts) or "no tags, notes, or collections"
