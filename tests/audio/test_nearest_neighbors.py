"""Exact search over packed vectors."""

import numpy as np
import pytest

from catalog.audio.embeddings.nearest_neighbors import (
    SIZE,
    best_first,
    name_likeness,
    pack_vector,
    score_all,
    unpack_vector,
    unpack_vectors,
)


def make_directions(count: int) -> np.ndarray:
    found = np.random.default_rng(3).standard_normal((count, SIZE)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_packing_changes_a_score_by_less_than_0_001():
    directions = make_directions(300)
    rows = unpack_vectors([pack_vector(each) for each in directions])

    scores = score_all(rows, directions[7])

    assert scores == pytest.approx(directions @ directions[7], abs=1e-3)
    assert unpack_vector(pack_vector(directions[7])) == pytest.approx(directions[7], abs=1e-3)


def test_every_half_precision_value_is_unpacked_exactly():
    finite = np.arange(2**16, dtype=np.uint16).view(np.float16)
    finite = finite[np.isfinite(finite)]
    rows = np.zeros((finite.size, SIZE), np.float16)
    rows[:, 5] = finite
    axis = np.zeros(SIZE, np.float32)
    axis[5] = 1

    assert np.array_equal(score_all(rows, axis), finite.astype(np.float32))


def test_scores_computed_in_chunks_match_those_of_each_row(monkeypatch):
    monkeypatch.setattr("catalog.audio.embeddings.nearest_neighbors._CHUNK", 7)
    rows = make_directions(30).astype(np.float16)

    assert score_all(rows, np.ones(SIZE, np.float32)) == pytest.approx(
        rows.astype(np.float32).sum(axis=1), abs=1e-4
    )


def test_an_empty_list_has_no_scores():
    assert score_all(unpack_vectors([]), np.ones(SIZE, np.float32)).size == 0


@pytest.mark.parametrize("count", [1, 3, 6, 9])
def test_the_best_come_first_and_ties_keep_their_order(count):
    scores = np.array([0.1, 0.9, 0.5, 0.9, -1, 0.2], np.float32)

    assert best_first(scores, count).tolist() == [1, 3, 2, 5, 0, 4][:count]


def test_a_score_is_described_in_words():
    named = [name_likeness(score) for score in (0.95, 0.75, 0.7, 0.3)]

    assert named == ["Very similar", "Similar", "Somewhat similar", "Not similar"]
