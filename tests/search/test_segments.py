"""Numbering, sorting, and paging of documents in a segment."""

from itertools import cycle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from catalog.search.index import sort_orders
from catalog.search.index.rows import IndexRow
from catalog.search.index.segments import build_segment
from catalog.search.index.sort_orders import SortOrder

COUNT = 60


def make_row(pk: int, **values: str) -> IndexRow:
    name = f"Voice {pk:02}"
    facets = tuple(sorted(values.items()))
    return IndexRow(pk, name, 0, "en", True, (name.lower(), "", "", "", ""), facets)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(sort_orders, "_FEW", 2)
    monkeypatch.setattr(sort_orders, "_BLOCK", 4)
    monkeypatch.setattr(sort_orders, "_PILE", 3)


@given(
    order=st.permutations(range(COUNT)),
    found=st.sets(st.integers(0, COUNT - 1)),
    start=st.integers(0, COUNT),
    size=st.integers(0, COUNT),
)
@pytest.mark.usefixtures("small_blocks")
def test_page_of_a_result_is_the_slice_of_the_sorted_result(order, found, start, size):
    wanted = [document for document in order if document in found]

    picked = SortOrder(np.array(order, dtype=np.uint32)).pick(BitMap(found), start, start + size)

    assert picked == wanted[start : start + size]


def test_documents_with_the_same_values_are_contiguous():
    kinds = zip(cycle("AB"), cycle(["en", "de", "fr"]), range(COUNT), strict=False)
    segment = build_segment(
        make_row(pk, account=account, main_language=language) for account, language, pk in kinds
    )

    for account in "AB":
        documents = list(segment.having("account", account))
        assert documents == list(range(documents[0], documents[0] + COUNT // 2))
        for language in segment.values_of("main_language").values():
            both = list(language & segment.having("account", account))
            assert both == list(range(both[0], both[0] + COUNT // 6))


@pytest.mark.parametrize("sort", ["name", "newest", "oldest", "language"])
def test_equal_documents_are_sorted_by_name(sort):
    segment = build_segment(make_row(pk, account=str(pk % 7)) for pk in range(COUNT))

    ordered = segment.order_by(sort).pick(BitMap(range(COUNT)), 0, COUNT)

    assert ordered != list(range(COUNT))
    assert segment.pks[ordered].tolist() == list(range(COUNT))
    assert [segment.names[document] for document in ordered[:2]] == [b"Voice 00", b"Voice 01"]
    assert list(segment.terms_in("name").exactly("33")) == [ordered[33]]


def test_most_common_value_is_counted_as_the_rest():
    values = ["female"] * 40 + ["male"] * 15 + ["unknown"] * 5
    segment = build_segment(make_row(pk, gender=value) for pk, value in enumerate(values))
    male = segment.having("gender", "male")

    assert segment.count_values("gender", BitMap(range(COUNT))) == {
        "female": 40, "male": 15, "unknown": 5,
    }  # fmt: skip
    assert segment.count_values("gender", male) == {"male": 15}
