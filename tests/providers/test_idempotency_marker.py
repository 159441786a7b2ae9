"""The short form of a marker, for providers that store nothing of ours except a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.providers.idempotency_marker import (
    SHORT_MARK_LENGTH,
    add_short_marker,
    has_short_marker,
    split_short_marker,
)

MARKER = "vb1:5eb0a7c1:0f8fad5bd9cb469fa16570867728950e"
OTHER = "vb1:5eb0a7c1:1f8fad5bd9cb469fa16570867728950e"


def test_a_marked_name_is_found_by_its_own_marker_only():
    name = add_short_marker("Anna", MARKER, 100)

    assert has_short_marker(name, MARKER)
    assert not has_short_marker(name, OTHER)
    assert not has_short_marker("Anna", MARKER)


def test_the_marker_can_be_split_off_a_name():
    name = add_short_marker("Anna of the north", MARKER, 100)

    assert len(name) == len("Anna of the north") + SHORT_MARK_LENGTH
    assert split_short_marker(name)[0] == "Anna of the north"


def test_a_long_name_is_cut_to_fit_the_marker():
    name = add_short_marker("word " * 100, MARKER, 60)

    assert len(name) <= 60
    assert has_short_marker(name, MARKER)


def test_a_copied_name_gets_the_marker_of_its_own_job():
    copied = add_short_marker("Anna", MARKER, 100)

    name = add_short_marker(copied, OTHER, 100)

    assert split_short_marker(name)[0] == "Anna"
    assert has_short_marker(name, OTHER)


def test_without_a_marker_a_name_is_only_cut():
    assert add_short_marker(" Anna ", "", 3) == "Ann"
    assert not has_short_marker("Anna", "")


@pytest.mark.parametrize(
    "name", ["Anna ·storyteller", "Anna ·narratorab", "Anna ·abcdefgh22", "·", "", "Anna · Ben"]
)
def test_text_that_a_person_wrote_is_not_mistaken_for_a_marker(name):
    assert split_short_marker(name) == (name, "")


@given(st.text(max_size=200), st.text(min_size=1, max_size=80), st.integers(20, 120))
def test_the_marker_fits_and_survives_in_any_name(name, marker, limit):
    marked = add_short_marker(name, marker, limit)

    assert len(marked) <= limit
    assert has_short_marker(marked, marker)
    assert not split_short_marker(marked)[0].endswith(" ")
