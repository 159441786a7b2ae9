"""Voices that sound alike: ranked, within the filters, over what the person may see."""

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Voice, VoiceEmbedding
from catalog.queries import similarity
from catalog.queries.searches.filters import VoiceFilter
from catalog.queries.similarity import count_unheard, find_alike, get_vector
from tests import factories

TARGET = factories.make_direction(1)
ALL = VoiceFilter()


@pytest.fixture(autouse=True)
def _empty_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "_memory", similarity._Memory())


def make_heard(account, name: str, *parts: float, **values) -> Voice:
    voice = factories.make_voice(account, name, **values)
    factories.make_embedding(voice, *parts)
    return voice


def names(page) -> list[str]:
    return [voice.name for voice in page.voices]


def test_the_most_alike_comes_first_with_its_score(cast):
    make_heard(cast.account, "Far", 0, 1)
    make_heard(cast.account, "Near", 1, 0.1)
    make_heard(cast.account, "Between", 1, 1)

    page = find_alike(cast.mia, ALL, TARGET)

    assert names(page) == ["Near", "Between", "Far"]
    assert page.likenesses[page.voices[1].pk].score == pytest.approx(2**-0.5, abs=1e-3)
    assert page.likenesses[page.voices[0].pk].words == "Very similar"


def test_the_voice_itself_is_left_out(cast):
    itself = make_heard(cast.account, "Itself", 1)
    make_heard(cast.account, "Other", 1, 1)

    assert names(find_alike(cast.mia, ALL, TARGET, besides=itself.pk)) == ["Other"]


def test_what_a_person_may_not_see_is_not_compared(cast):
    make_heard(cast.other_account, "Theirs", 1)
    make_heard(cast.account, "Gone", 1, remote_deleted_at=factories.NOW)
    make_heard(cast.account, "Ours", 0, 1)

    assert names(find_alike(cast.mia, ALL, TARGET)) == ["Ours"]


def test_only_voices_of_the_filter_are_shown(cast):
    make_heard(cast.account, "Man", 1, gender="male")
    make_heard(cast.account, "Woman", 0, 1, gender="female")
    wanted = VoiceFilter(chosen={"gender": ("female",)})

    page = find_alike(cast.mia, wanted, TARGET)

    assert names(page) == ["Woman"]
    assert [chip.label for chip in page.chips] == ["Female"]


def test_a_filter_that_leaves_none_of_the_best_still_finds_all_that_it_leaves(cast, monkeypatch):
    monkeypatch.setattr(similarity, "_FIRST_LOOK", 2)
    for number in range(5):
        make_heard(cast.account, f"Man {number}", 1, gender="male")
    for number in range(3):
        make_heard(cast.account, f"Woman {number}", number, 1, gender="female")

    page = find_alike(cast.mia, VoiceFilter(chosen={"gender": ("female",)}), TARGET)

    assert names(page) == ["Woman 2", "Woman 1", "Woman 0"]


def test_what_was_heard_since_the_last_look_is_found(cast):
    make_heard(cast.account, "First", 1)
    find_alike(cast.mia, ALL, TARGET)

    again = make_heard(cast.account, "Second", 1, 0.1)
    assert names(find_alike(cast.mia, ALL, TARGET)) == ["First", "Second"]

    VoiceEmbedding.objects.filter(voice=again).delete()
    factories.make_embedding(again, 0, 1)
    page = find_alike(cast.mia, ALL, TARGET)
    assert names(page) == ["First", "Second"]
    assert page.likenesses[again.pk].score == pytest.approx(0, abs=1e-3)


def test_a_deleted_voice_is_forgotten(cast):
    make_heard(cast.account, "Stays", 1)
    leaves = make_heard(cast.account, "Leaves", 1)
    find_alike(cast.mia, ALL, TARGET)

    leaves.delete()

    assert names(find_alike(cast.mia, ALL, TARGET)) == ["Stays"]


def test_a_voice_in_which_nothing_is_heard_is_not_compared_but_counted(cast):
    mute = make_heard(cast.account, "Mute", 1)
    VoiceEmbedding.objects.filter(voice=mute).update(vector=b"")
    factories.make_voice(cast.account, "Unheard")
    make_heard(cast.account, "Heard", 1)

    page = find_alike(cast.mia, ALL, TARGET)

    assert names(page) == ["Heard"]
    assert page.unheard_count == count_unheard(cast.mia) == 2
    assert get_vector(mute) == b""


def test_directions_of_another_encoder_are_not_compared(cast):
    old = make_heard(cast.account, "Old", 1)
    VoiceEmbedding.objects.update(encoder="ge2e-0")

    assert names(find_alike(cast.mia, ALL, TARGET)) == []
    assert get_vector(old) is None


def test_more_voices_mean_no_more_queries(cast):
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            find_alike(cast.mia, ALL, TARGET)
        return len(queries)

    make_heard(cast.account, "First", 1)
    count_queries()
    few = count_queries()
    for number in range(8):
        make_heard(cast.account, f"Voice {number}", *np.eye(9)[number])
    count_queries()

    assert count_queries() == few
