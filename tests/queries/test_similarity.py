"""Similar voices: ranked, filtered, and limited to what the user can see."""

from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Voice, VoiceEmbedding
from catalog.queries import similarity
from catalog.queries.searches.filters import VoiceFilter
from catalog.queries.similarity import find_analysis_progress, find_similar, get_vector
from tests import factories

NOW = factories.NOW
TARGET = factories.make_direction(1)
ALL = VoiceFilter()


@pytest.fixture(autouse=True)
def _empty_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "_memory", similarity._Memory())


def make_analyzed(account, name: str, *parts: float, **values) -> Voice:
    voice = factories.make_voice(account, name, **values)
    factories.make_embedding(voice, *parts)
    return voice


def names(page) -> list[str]:
    return [voice.name for voice in page.voices]


def test_most_similar_voice_comes_first_with_its_score(cast):
    make_analyzed(cast.account, "Far", 0, 1)
    make_analyzed(cast.account, "Near", 1, 0.1)
    make_analyzed(cast.account, "Between", 1, 1)

    page = find_similar(cast.mia, ALL, TARGET)

    assert names(page) == ["Near", "Between", "Far"]
    assert page.likenesses[page.voices[1].pk].score == pytest.approx(2**-0.5, abs=1e-3)
    assert page.likenesses[page.voices[0].pk].words == "Very similar"


def test_voice_is_not_similar_to_itself(cast):
    target_voice = make_analyzed(cast.account, "Itself", 1)
    make_analyzed(cast.account, "Other", 1, 1)

    assert names(find_similar(cast.mia, ALL, TARGET, besides=target_voice.pk)) == ["Other"]


def test_invisible_voices_are_not_compared(cast):
    make_analyzed(cast.other_account, "Theirs", 1)
    make_analyzed(cast.account, "Gone", 1, remote_deleted_at=factories.NOW)
    make_analyzed(cast.account, "Ours", 0, 1)

    assert names(find_similar(cast.mia, ALL, TARGET)) == ["Ours"]


def test_only_voices_that_match_the_filter_are_shown(cast):
    make_analyzed(cast.account, "Man", 1, gender="male")
    make_analyzed(cast.account, "Woman", 0, 1, gender="female")
    wanted = VoiceFilter(chosen={"gender": ("female",)})

    page = find_similar(cast.mia, wanted, TARGET)

    assert names(page) == ["Woman"]
    assert [chip.label for chip in page.chips] == ["Female"]


def test_filter_that_excludes_the_closest_voices_still_finds_the_others(cast, monkeypatch):
    monkeypatch.setattr(similarity, "_FIRST_LOOK", 2)
    for number in range(5):
        make_analyzed(cast.account, f"Man {number}", 1, gender="male")
    for number in range(3):
        make_analyzed(cast.account, f"Woman {number}", number, 1, gender="female")

    page = find_similar(cast.mia, VoiceFilter(chosen={"gender": ("female",)}), TARGET)

    assert names(page) == ["Woman 2", "Woman 1", "Woman 0"]


def test_newly_analyzed_voices_are_found(cast):
    make_analyzed(cast.account, "First", 1)
    find_similar(cast.mia, ALL, TARGET)

    again = make_analyzed(cast.account, "Second", 1, 0.1)
    assert names(find_similar(cast.mia, ALL, TARGET)) == ["First", "Second"]

    VoiceEmbedding.objects.filter(voice=again).delete()
    factories.make_embedding(again, 0, 1)
    page = find_similar(cast.mia, ALL, TARGET)
    assert names(page) == ["First", "Second"]
    assert page.likenesses[again.pk].score == pytest.approx(0, abs=1e-3)


def test_deleted_voice_is_no_longer_found(cast):
    make_analyzed(cast.account, "Stays", 1)
    leaves = make_analyzed(cast.account, "Leaves", 1)
    find_similar(cast.mia, ALL, TARGET)

    leaves.delete()

    assert names(find_similar(cast.mia, ALL, TARGET)) == ["Stays"]


def test_voice_with_a_silent_preview_is_counted_but_not_compared(cast):
    mute = make_analyzed(cast.account, "Mute", 1)
    VoiceEmbedding.objects.filter(voice=mute).update(vector=b"")
    factories.make_voice(cast.account, "Unheard")
    make_analyzed(cast.account, "Heard", 1)

    page = find_similar(cast.mia, ALL, TARGET)

    assert names(page) == ["Heard"]
    progress = find_analysis_progress(cast.mia, NOW)
    assert (progress.analyzed_count, progress.total_count, progress.without_count) == (2, 3, 1)
    assert get_vector(mute) == b""


@pytest.mark.parametrize(
    ("count", "left", "words"),
    [(4, 90, ""), (60, 60, "about 10 minutes left"), (60, 6, "about a minute left")],
)
def test_time_left_follows_from_the_rate_of_the_last_minutes(cast, count, left, words):
    for number in range(count):
        voice = make_analyzed(cast.account, f"Heard {number}", 1)
        made_at = NOW - timedelta(seconds=10 * number)
        VoiceEmbedding.objects.filter(voice=voice).update(made_at=made_at)
    for number in range(left):
        factories.make_voice(cast.account, f"Left {number}", preview_url="https://a.example/b.mp3")
    factories.make_voice(cast.account, "Without")

    progress = find_analysis_progress(cast.mia, NOW)

    assert progress.left_count == left
    assert progress.time_words == words


def test_embeddings_of_another_encoder_are_not_compared(cast):
    old = make_analyzed(cast.account, "Old", 1)
    VoiceEmbedding.objects.update(encoder="ge2e-0")

    assert names(find_similar(cast.mia, ALL, TARGET)) == []
    assert get_vector(old) is None


def test_more_voices_need_no_more_queries(cast):
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            find_similar(cast.mia, ALL, TARGET)
        return len(queries)

    make_analyzed(cast.account, "First", 1)
    count_queries()
    few = count_queries()
    for number in range(8):
        make_analyzed(cast.account, f"Voice {number}", *np.eye(9)[number])
    count_queries()

    assert count_queries() == few
