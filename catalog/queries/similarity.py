"""Find the voices that sound most like a voice or a clip."""

import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Count, Max, Min
from numpy.typing import NDArray

from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.embeddings.nearest_neighbors import (
    ENCODER,
    SIZE,
    Packed,
    best_first,
    name_likeness,
    score_all,
    unpack_vectors,
)
from catalog.models import CatalogVersion, ProviderAccount, User, Voice, VoiceEmbedding
from catalog.queries.credentials import find_hidden_sets
from catalog.queries.searches.facets import FacetChoice, FilterChip
from catalog.queries.searches.filters import CLOSED_FACETS, FACETS, VoiceFilter, offered_infos
from catalog.queries.voices.search import list_chips, select_voices

SHOWN = 24
# How many of the closest voices to check against the filter before checking all.
_FIRST_LOOK = 400
# How many voices are compared with all others in one step, which bounds the memory.
_COMPARED_AT_ONCE = 50
# The rate is that of this time, if at least so many voices were analyzed in it.
_LATELY, _LEAST_MEASURED = timedelta(minutes=10), 5
_HOURS_FROM = 100  # minutes
_NARROWED = ("provider", "gender")


@dataclass(frozen=True, slots=True)
class SimilarVoice:
    """How similar a voice sounds; ``score`` is the cosine similarity."""

    score: float

    @property
    def words(self) -> str:
        """The score as text."""
        return name_likeness(self.score)


@dataclass(frozen=True, slots=True)
class AnalysisProgress:
    """How many of a user's voices are analyzed; ``seconds_left`` is None if it isn't known."""

    analyzed_count: int
    total_count: int
    without_count: int
    seconds_left: float | None = None

    @property
    def left_count(self) -> int:
        """How many voices have a preview that isn't analyzed yet."""
        return max(0, self.total_count - self.analyzed_count - self.without_count)

    @property
    def time_words(self) -> str:
        """The time left in words, "" if it isn't known."""
        if self.seconds_left is None:
            return ""
        minutes = max(1, round(self.seconds_left / 60))
        if minutes >= _HOURS_FROM:
            return f"about {round(minutes / 60)} hours left"
        return "about a minute left" if minutes == 1 else f"about {minutes} minutes left"


@dataclass(frozen=True, slots=True)
class SimilarPage:
    """The closest voices."""

    wanted: VoiceFilter
    voices: list[Voice]
    likenesses: dict[int, SimilarVoice]
    chips: list[FilterChip]

    @property
    def selects(self) -> list[tuple[str, str, list[FacetChoice]]]:
        """The facets that can be narrowed here, with their choices."""
        return [(name, FACETS[name], self._list_choices(name)) for name in _NARROWED]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The other active filters, which a change here keeps."""
        chosen = self.wanted.chosen.items()
        return [(name, each) for name, values in chosen for each in values if name not in _NARROWED]

    def _list_choices(self, name: str) -> list[FacetChoice]:
        on = self.wanted.chosen.get(name, ())
        choices = CLOSED_FACETS[name]
        if name == "provider":
            choices = {info.slug: info.label for info in offered_infos()}
        return [FacetChoice(key, label, 0, key in on) for key, label in choices.items()]


def get_vector(voice: Voice) -> bytes | None:
    """Return the voice's embedding: None if not analyzed yet, b"" if it has no speech."""
    rows = VoiceEmbedding.objects.filter(voice=voice, encoder=ENCODER)
    found = rows.values_list("vector", flat=True).first()
    return None if found is None else bytes(found)


def find_similar(
    user: User, wanted: VoiceFilter, target: Wave, *, besides: int | None = None
) -> SimilarPage:
    """Return the voices of the filter that sound most like the target; ``besides`` is left out."""
    known = _memory.refresh()
    scores = score_all(known.vectors, target)
    best = _keep_wanted(user, wanted, known, scores, besides)
    likenesses = {pk: SimilarVoice(float(scores[place])) for pk, place in best.items()}
    rows = Voice.objects.filter(pk__in=likenesses).select_related("account", "clip")
    loaded = {row.pk: row for row in rows.prefetch_related("labels")}
    return SimilarPage(
        wanted=wanted,
        voices=[loaded[pk] for pk in likenesses if pk in loaded],
        likenesses=likenesses,
        chips=list_chips(user, wanted),
    )


def score_against(
    voice_ids: Collection[int], others: NDArray[np.int64]
) -> Iterator[tuple[list[int], Wave]]:
    """Compare voices with all others, some at a time, and yield ids with a column for each.

    A row stands for each of ``others``, in their order; those that aren't analyzed have -1. Voices
    that aren't analyzed are left out.
    """
    known = _memory.refresh()
    order = np.argsort(known.voice_ids, kind="stable")
    sorted_ids = known.voice_ids[order]
    wanted = np.array(sorted(voice_ids), np.int64)
    places = _find_places(sorted_ids, order, wanted)
    mine, rows = wanted[places >= 0], places[places >= 0]
    among = _find_places(sorted_ids, order, others)
    vectors = known.vectors[among[among >= 0]]
    for start in range(0, mine.size, _COMPARED_AT_ONCE):
        targets = known.vectors[rows[start : start + _COMPARED_AT_ONCE]].astype(np.float32)
        scores = np.full((others.size, len(targets)), -1, np.float32)
        scores[among >= 0] = score_all(vectors, np.ascontiguousarray(targets.T))
        yield [int(pk) for pk in mine[start : start + _COMPARED_AT_ONCE]], scores


def _find_places(
    sorted_ids: NDArray[np.int64], order: NDArray[np.intp], wanted: NDArray[np.int64]
) -> NDArray[np.intp]:
    """Return the matrix row of each wanted voice, -1 if it has none."""
    if not sorted_ids.size:
        return np.full(wanted.size, -1, np.intp)
    at = np.minimum(np.searchsorted(sorted_ids, wanted), sorted_ids.size - 1)
    return np.where(sorted_ids[at] == wanted, order[at], -1)


def find_analysis_progress(user: User, now: datetime) -> AnalysisProgress:
    """Return how many of the user's voices are analyzed, and how long the others will take."""
    accounts = frozenset(ProviderAccount.objects.visible_to(user).values_list("pk", flat=True))
    numbers = CatalogVersion.objects.filter(team__provider_accounts__in=accounts).distinct()
    versions = tuple(numbers.order_by("pk").values_list("number", flat=True))
    known = _memory.refresh()
    hidden = find_hidden_sets(user)
    key = (accounts, hidden, versions, known.count, known.newest)
    # Recounted only after a change: among many voices it takes longer than the search itself.
    if key not in _counts:
        rows = Voice.objects.listed_in(accounts, hidden=hidden)
        listed = np.fromiter(rows.values_list("pk", flat=True), int)
        heard = np.concatenate([known.voice_ids, known.speechless_ids])
        without = rows.filter(
            preview_url="", preview_sample_id="", clip=None, embedding=None
        ).count()
        _counts.clear()
        _counts[key] = (int(np.isin(listed, heard).sum()), listed.size, without)
    analyzed, total, without = _counts[key]
    progress = AnalysisProgress(analyzed, total, without)
    if progress.left_count and (rate := _measure_rate(now)):
        return replace(progress, seconds_left=progress.left_count / rate)
    return progress


def _measure_rate(now: datetime) -> float:
    """Return how many voices were analyzed per second lately, 0 if that isn't known."""
    lately = VoiceEmbedding.objects.filter(made_at__gt=now - _LATELY)
    found = lately.aggregate(count=Count("pk"), first=Min("made_at"))
    if found["count"] < _LEAST_MEASURED:
        return 0.0
    # Until now, and not until the last one, so that a standstill lengthens the time left.
    passed = max((now - found["first"]).total_seconds(), 1.0)
    return float(found["count"] / passed)


_counts: dict[tuple[object, ...], tuple[int, int, int]] = {}


@dataclass(frozen=True, slots=True)
class _EmbeddingMatrix:
    """All embeddings as one matrix, and the voices whose preview has no speech."""

    voice_ids: NDArray[np.int64]
    vectors: Packed
    speechless_ids: NDArray[np.int64]
    count: int = 0
    newest: int = 0


_NOTHING = _EmbeddingMatrix(
    np.zeros(0, np.int64), np.zeros((0, SIZE), np.float16), np.zeros(0, np.int64)
)


class _Memory:
    """This process's copy of all embeddings, refreshed before each use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known = _NOTHING

    def refresh(self) -> _EmbeddingMatrix:
        with self._lock:
            # Over all rows, so the database can answer from its index alone.
            state = VoiceEmbedding.objects.aggregate(count=Count("pk"), newest=Max("pk"))
            count, newest = state["count"], state["newest"] or 0
            if (count, newest) != (self._known.count, self._known.newest):
                added = _load(self._known, newest)
                # Rows were deleted, or committed out of order: read all of them again.
                is_whole = added.count == count
                self._known = added if is_whole else _load(_NOTHING, newest)
            return self._known


def _load(known: _EmbeddingMatrix, newest: int) -> _EmbeddingMatrix:
    rows = VoiceEmbedding.objects.filter(pk__gt=known.newest, pk__lte=newest)
    found = list(rows.order_by("pk").values_list("voice_id", "vector", "encoder"))
    current = [(voice, bytes(vector)) for voice, vector, encoder in found if encoder == ENCODER]
    heard = [(voice, vector) for voice, vector in current if vector]
    speechless = np.array([voice for voice, vector in current if not vector], np.int64)
    return _EmbeddingMatrix(
        np.concatenate([known.voice_ids, np.array([voice for voice, _ in heard], np.int64)]),
        np.concatenate([known.vectors, unpack_vectors([vector for _, vector in heard])]),
        np.concatenate([known.speechless_ids, speechless]),
        known.count + len(found),
        newest,
    )


_memory = _Memory()


def _keep_wanted(
    user: User, wanted: VoiceFilter, known: _EmbeddingMatrix, scores: Wave, besides: int | None
) -> dict[int, int]:
    """Return the matrix rows by voice id, best first, of voices that match the filter."""
    found = select_voices(user, wanted)
    places = best_first(scores, _FIRST_LOOK)
    near = [int(pk) for pk in known.voice_ids[places]]
    shown = set(found.filter(pk__in=near).values_list("pk", flat=True)) - {besides}
    if len(shown) < SHOWN and len(places) < scores.size:
        # Few of the closest match the filter: check all voices that do.
        shown = set(found.values_list("pk", flat=True)) - {besides}
        allowed = np.flatnonzero(np.isin(known.voice_ids, np.array(sorted(shown), np.int64)))
        places = allowed[best_first(scores[allowed], SHOWN)]
    kept = [(int(known.voice_ids[place]), int(place)) for place in places]
    return dict([(pk, place) for pk, place in kept if pk in shown][:SHOWN])
