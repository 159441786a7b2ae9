"""A look at each document counts the same as a bitmap for each value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from catalog.search.index import segments, tallies
from catalog.search.index.rows import IndexRow
from catalog.search.index.segments import build_segment
from catalog.search.index.tallies import Tally, is_faster

COUNT = 40
documents = st.sets(st.integers(0, COUNT - 1)).map(BitMap)
# With up to eight values a document: more than there are columns for.
facets = st.dictionaries(st.text(min_size=1, max_size=3), documents, max_size=8)


@given(facets, documents)
def test_counts_are_those_of_the_bitmaps(values, found):
    expected = {value: len(having & found) for value, having in values.items() if having & found}

    assert Tally(values, COUNT).count(found) == expected


def test_more_values_than_a_byte_can_tell_apart_are_told_apart():
    values = {str(number): BitMap([number]) for number in range(300)}

    assert Tally(values, 300).count(BitMap([0, 255, 256, 299])) == {
        "0": 1, "255": 1, "256": 1, "299": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "found", "count", "expected"),
    [(39, 8_000, 1_000_000, True), (39, 80_000, 1_000_000, False), (5, 8_000, 1_000_000, False),
     (39, 8_000, 100_000, False)],
)  # fmt: skip
def test_each_document_is_looked_at_where_few_of_many_have_one_of_many_values(
    values, found, count, expected
):
    facet = {str(number): BitMap() for number in range(values)}

    assert is_faster(facet, BitMap(range(found)), count) is expected


def test_a_large_segment_counts_by_looking_at_each_document(monkeypatch):
    row = IndexRow(1, "Ada", 0, "en", True, ("ada", "", "", "", ""), (("language", "en"),))
    segment = build_segment([row])
    monkeypatch.setattr(segments, "is_faster", lambda *_: True)
    monkeypatch.setattr(tallies.Tally, "count", lambda self, found: {"looked at": len(found)})

    assert segment.count_values("language", BitMap([0])) == {"looked at": 1}
