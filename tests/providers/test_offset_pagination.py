"""A list is read completely, whether ``skip`` counts rows or pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.providers.offset_pagination import OffsetWalk

MOST_STEPS = 300


def walk_through(rows, *, counts_rows, cap, total):
    """Return the rows that a walk finds on a server that returns at most ``cap`` rows at once."""
    walk, found = OffsetWalk(limit=10), []
    for _ in range(MOST_STEPS):
        size = min(walk.limit, cap)
        # The server counts pages of the requested length, even if it returns fewer rows of each.
        start = walk.skip if counts_rows else walk.skip * walk.limit
        page = rows[start : start + size]
        walk.take(page, total)
        found += [row for row in page if row not in found]
        if walk.is_over or walk.is_stuck:
            return found, walk
    raise AssertionError("The walk doesn't end.")


@given(
    count=st.integers(0, 60),
    counts_rows=st.booleans(),
    cap=st.integers(1, 12),
    tells_total=st.booleans(),
)
def test_every_row_is_found_whether_skip_counts_rows_or_pages(count, counts_rows, cap, tells_total):
    rows = [f"v{number}" for number in range(count)]

    found, walk = walk_through(
        rows, counts_rows=counts_rows, cap=cap, total=count if tells_total else None
    )

    assert found == rows
    assert not walk.is_stuck


@given(offset_cap=st.integers(3, 10), counts_rows=st.booleans(), hidden=st.sets(st.integers(0, 39)))
def test_the_walk_ends_although_some_counted_rows_are_not_returned(offset_cap, counts_rows, hidden):
    rows = [f"v{number}" for number in range(40) if number not in hidden]

    found, walk = walk_through(rows, counts_rows=counts_rows, cap=offset_cap, total=40)

    assert found == rows
    assert not walk.is_stuck


@pytest.mark.parametrize("counts_rows", [True, False])
def test_the_walk_ends_once_the_total_is_reached(counts_rows):
    walk = OffsetWalk(limit=10)

    walk.take([f"v{number}" for number in range(10)], 10)

    assert walk.is_over


def test_rows_without_an_id_are_passed_over():
    walk = OffsetWalk(limit=3)

    walk.take(["", "v1", ""], 5)
    walk.take(["", ""], 5)

    assert walk.is_over
    assert not walk.is_stuck


def test_a_server_that_repeats_the_first_page_is_detected():
    walk = OffsetWalk(limit=3)

    walk.take(["v0", "v1", "v2"], 9)
    walk.take(["v0", "v1", "v2"], 9)

    assert walk.is_stuck
    assert not walk.is_over


def test_a_page_without_new_rows_is_the_last():
    walk = OffsetWalk(limit=3)

    walk.take(["v0", "v1", "v2"], None)
    walk.take(["v3", "v4", "v5"], None)
    walk.take(["v3", "v5", "v4"], None)

    assert walk.is_over


def test_a_row_removed_meanwhile_does_not_hide_that_skip_counts_rows():
    walk = OffsetWalk(limit=4)

    walk.take(["v0", "v1", "v2", "v3"], 9)
    walk.take(["v2", "v3", "v4", "v5"], 8)

    assert walk.skip == 4
