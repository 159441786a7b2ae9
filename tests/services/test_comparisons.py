"""Comparisons: costs are confirmed first, one vote per person, names shown after the last vote."""

import dataclasses

import pytest
from django.core.exceptions import PermissionDenied

from catalog.jobs.syntheses import run_speech
from catalog.models import Comparison, Synthesis, Voice, Vote
from catalog.models.comparisons import MOST_TEXTS, MOST_VOICES
from catalog.queries.comparisons import (
    find_comparisons,
    find_gain,
    find_voice_rounds,
    get_comparison_page,
    get_round,
)
from catalog.services.comparisons import (
    CannotCompare,
    ComparisonRequest,
    CostChanged,
    cancel_comparison,
    cast_vote,
    close_votes,
    request_comparison,
)
from tests import factories

NOW = factories.NOW
TEXT = "Hello there."


@pytest.fixture
def voices(cast) -> list[Voice]:
    return [factories.make_voice(cast.account, name) for name in ("Ann", "Bea", "Cem")]


def make_request(voices: list[Voice], **changes) -> ComparisonRequest:
    request = ComparisonRequest(voices, [TEXT], is_blind=False, votes_wanted=1, agreed=1000)
    return dataclasses.replace(request, **changes)


@pytest.fixture
def compare(cast, voices, wakes):
    def _compare(**changes) -> Comparison:
        return request_comparison(cast.mia, params=make_request(voices, **changes), now=NOW)

    return _compare


def test_each_voice_speaks_once_and_a_repeat_uses_the_cache(compare, stub, clock):
    for _ in range(2):
        made = compare()
        for speech in Synthesis.objects.filter(comparisons__comparison=made):
            run_speech(speech.pk, clock)

    assert [call[0] for call in stub.asked] == ["speak"] * 3
    rounds = Comparison.objects.order_by("pk").prefetch_related("entries__speech")
    cached = {made.pk: [entry.speech.is_cached for entry in made.entries.all()] for made in rounds}
    assert sorted(cached.values()) == [[False] * 3, [True] * 3]


def test_comparison_that_costs_more_than_agreed_is_rejected(compare):
    with pytest.raises(CostChanged):
        compare(agreed=3 * len(TEXT) - 1)

    assert not Synthesis.objects.exists()
    assert compare(agreed=3 * len(TEXT))


def test_comparison_with_a_voice_that_cannot_speak_is_rejected(compare, voices):
    Voice.objects.filter(pk=voices[2].pk).update(remote_deleted_at=NOW)
    voices[2].refresh_from_db()

    with pytest.raises(CannotCompare, match="Cem"):
        compare()

    assert not Synthesis.objects.exists()
    assert not Comparison.objects.exists()


@pytest.mark.parametrize("count", [0, 1, MOST_VOICES + 1])
def test_comparison_needs_two_to_eight_voices(cast, wakes, count):
    voices = [factories.make_voice(cast.account) for _ in range(count)]

    with pytest.raises(CannotCompare, match="2 to 8"):
        request_comparison(cast.mia, params=make_request(voices), now=NOW)


def test_same_voice_twice_counts_as_one(cast, wakes, voices):
    with pytest.raises(CannotCompare, match="2 to 8"):
        request_comparison(cast.mia, params=make_request([voices[0], voices[0]]), now=NOW)


def test_cancel_stops_syntheses_that_were_not_sent(cast, compare):
    made = compare()
    first = Synthesis.objects.order_by("pk").first()
    Synthesis.objects.filter(pk=first.pk).update(state="running", step="sent")

    assert cancel_comparison(cast.mia, comparison=made, now=NOW) == 2
    assert sorted(Synthesis.objects.values_list("state", flat=True)) == [
        "cancelled",
        "cancelled",
        "running",
    ]


def test_person_has_one_vote_and_can_change_it(cast, compare):
    made = compare(votes_wanted=2)

    cast_vote(cast.mia, comparison=made, place=0, now=NOW)
    cast_vote(cast.mia, comparison=made, place=2, now=NOW)

    assert Vote.objects.get().entry.place == 2
    made.refresh_from_db()
    assert made.takes_votes


def test_last_vote_reveals_the_names_and_ends_voting(cast, compare):
    made = compare(is_blind=True, votes_wanted=2)
    cast_vote(cast.mia, comparison=made, place=1, now=NOW)
    assert {line.name for line in get_round(cast.ana, made.pk).lines} == {
        "Voice A",
        "Voice B",
        "Voice C",
    }

    cast_vote(cast.ana, comparison=made, place=1, now=NOW)

    found = get_round(cast.ana, made.pk)
    assert {line.name for line in found.lines} == {"Ann", "Bea", "Cem"}
    assert [(line.votes, line.is_winner) for line in found.lines] == [
        (0, False),
        (2, True),
        (0, False),
    ]
    with pytest.raises(CannotCompare, match="Voting has ended"):
        cast_vote(cast.mia, comparison=made, place=0, now=NOW)


def test_votes_count_for_a_voice_only_after_voting_ends(cast, compare, voices):
    made = compare(is_blind=True, votes_wanted=5)
    place = made.entries.get(voice=voices[0]).place
    cast_vote(cast.mia, comparison=made, place=place, now=NOW)
    assert find_voice_rounds(cast.ana, voices[0]).cast == 0

    close_votes(cast.mia, comparison=made, now=NOW)

    found = find_voice_rounds(cast.ana, voices[0])
    assert (found.votes, found.cast, found.voted_count) == (1, 1, 1)
    assert find_voice_rounds(cast.ana, voices[1]).votes == 0


def test_only_the_creator_and_admins_can_end_voting(cast, compare):
    made = compare(is_blind=True)
    kim = factories.make_user("Kim", cast.aurora)

    for person in (kim, cast.sam):
        with pytest.raises(PermissionDenied):
            close_votes(person, comparison=made, now=NOW)


def test_other_teams_cannot_see_or_vote(cast, compare):
    made = compare()

    assert not Comparison.objects.visible_to(cast.sam).exists()
    with pytest.raises(PermissionDenied):
        cast_vote(cast.sam, comparison=made, place=0, now=NOW)


def test_comparison_with_a_private_voice_is_visible_to_its_owner_only(cast, compare, voices):
    made = compare()
    private = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.mia)
    Voice.objects.filter(pk=voices[0].pk).update(account=private)

    assert not Comparison.objects.visible_to(cast.ana).exists()
    assert Comparison.objects.visible_to(cast.mia).get() == made


def test_clips_are_turned_down_to_the_quietest_one():
    assert find_gain(-20.0, -26.0) == pytest.approx(0.501, abs=0.001)
    assert find_gain(-26.0, -26.0) == 1.0
    assert find_gain(None, -26.0) == 1.0


def test_each_text_is_a_round_in_which_all_voices_say_it(cast, compare, voices):
    made = compare(texts=["One.", "Two."], agreed=24)

    page = get_comparison_page(cast.mia, made.other_rounds.get().pk)

    assert page.comparison == made
    assert page.texts == ["One.", "Two."]
    for found, text in zip(page.rounds, page.texts, strict=True):
        assert {line.entry.voice for line in found.lines} == set(voices)
        assert {line.speech.text for line in found.lines} == {text}
    (listed,) = find_comparisons(cast.mia)
    assert (listed.comparison, listed.text_count, listed.voice_count) == (made, 2, 3)


def test_all_texts_count_toward_the_cost_and_there_are_at_most_three(compare):
    with pytest.raises(CostChanged):
        compare(texts=["One.", "Two."], agreed=23)
    for texts in ([], ["One."] * (MOST_TEXTS + 1)):
        with pytest.raises(CannotCompare, match="1 to 3 texts"):
            compare(texts=texts)

    assert not Comparison.objects.exists()


def test_the_most_voices_and_texts_stay_below_what_one_person_may_generate(settings):
    assert MOST_VOICES * MOST_TEXTS <= settings.SPEECHES_PER_MINUTE


def test_voting_ends_in_all_rounds_once_the_last_one_has_its_votes(cast, compare, voices):
    made = compare(texts=["One.", "Two."], is_blind=True)
    other = made.other_rounds.get()

    cast_vote(cast.mia, comparison=other, place=0, now=NOW)
    between = get_comparison_page(cast.ana, made.pk)
    assert find_comparisons(cast.mia)[0].awaits_vote
    assert between.comparison.takes_votes
    assert all(line.is_hidden for each in between.rounds for line in each.lines)
    assert find_voice_rounds(cast.ana, voices[0]).rounds == []
    cast_vote(cast.mia, comparison=made, place=0, now=NOW)

    after = get_comparison_page(cast.ana, made.pk)
    assert not find_comparisons(cast.ana)[0].awaits_vote
    assert not any(line.is_hidden for each in after.rounds for line in each.lines)
    with pytest.raises(CannotCompare, match="Voting has ended"):
        cast_vote(cast.ana, comparison=other, place=0, now=NOW)
    found = find_voice_rounds(cast.ana, voices[0])
    assert (len(found.rounds), found.cast, found.voted_count) == (2, 2, 1)
    assert between.totals == [(voice, 0) for voice, _ in between.totals]
    assert sum(votes for _, votes in after.totals) == 2
    assert after.totals[0][1] == max(votes for _, votes in after.totals)


def test_closing_or_canceling_any_round_closes_or_cancels_all(cast, compare):
    made = compare(texts=["One.", "Two."], votes_wanted=9)
    other = made.other_rounds.get()

    assert cancel_comparison(cast.mia, comparison=other, now=NOW) == 6
    close_votes(cast.mia, comparison=other, now=NOW)

    assert not Comparison.objects.filter(revealed_at=None).exists()
