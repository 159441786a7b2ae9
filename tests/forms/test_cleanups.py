"""Selected voices."""

import pytest
from django.http import QueryDict

from catalog.forms.cleanups import SelectionForm


def select(*ids: str) -> SelectionForm:
    posted = QueryDict(mutable=True)
    posted.setlist("id", list(ids))
    return SelectionForm(posted)


def test_selected_ids_are_read_once_each_in_order():
    form = select("30", "4", "30")

    assert (form.voice_ids, form.error) == ([30, 4], "")


@pytest.mark.parametrize(
    "word", ["", "abc", "-1", "1.5", "٣", "²", "1e3", " 1", "0x1", "9" * 19, "9" * 10_000, "\x00"]
)
def test_invalid_ids_are_ignored(word):
    assert select(word).voice_ids == []
    assert select(word).error == "Select at least one voice."
    assert select(word, "7").voice_ids == [7]


def test_empty_selection_gives_an_error():
    assert select().error == "Select at least one voice."
