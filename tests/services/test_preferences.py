"""What a person is used to, what is news to them, and the searches that they keep."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from catalog.models import AuditEntry, Membership, Selection
from catalog.queries.preferences import (
    count_news,
    find_habits,
    find_news,
    find_open_search,
    find_searches,
)
from catalog.queries.searches.filters import VoiceFilter
from catalog.services import searches as search_services
from catalog.services.preferences import clear_news, note_visit, remember_view
from catalog.services.searches import (
    TooManySelected,
    change_search,
    freeze_selection,
    save_search,
)
from tests import factories
from tests.factories import NOW
from tests.stubs import remote_voice

HOUR = timedelta(hours=1)


def names(voices) -> list[str]:
    return [voice.name for voice in voices]


def test_after_a_sync_that_adds_two_and_removes_one_exactly_those_three_are_news(cast, sync, clock):
    sync(remote_voice("r-1", "Ann"), remote_voice("r-2", "Bea"))
    clock.move(minutes=1)
    note_visit(cast.mia, now=clock.now)

    sync(
        *[remote_voice(f"r-{place}", name) for place, name in ((2, "Bea"), (3, "Cem"), (4, "Dan"))]
    )
    note_visit(cast.mia, now=clock.move(hours=9))

    news = find_news(cast.mia, find_habits(cast.mia).news_since)
    assert (names(news.added), news.changed, names(news.gone)) == (["Cem", "Dan"], [], ["Ann"])
    assert news.count == count_news(cast.mia, news.since) == 3
    sync(remote_voice("r-2", "Beate"), remote_voice("r-3", "Cem"), remote_voice("r-4", "Dan"))
    later = find_news(cast.mia, news.since)
    assert (names(later.changed), later.count) == (["Beate"], 4)


def test_a_visit_goes_on_until_somebody_was_away_and_then_the_news_begin_where_it_ended(cast):
    note_visit(cast.mia, now=NOW)
    for minutes in (10, 30, 55):
        note_visit(cast.mia, now=NOW + timedelta(minutes=minutes))
    assert find_habits(cast.mia).news_since == NOW

    note_visit(cast.mia, now=NOW + 9 * HOUR)

    assert find_habits(cast.mia).news_since == NOW + timedelta(minutes=55)
    assert find_habits(cast.ana).news_since == cast.ana.date_joined


def test_what_was_called_seen_is_no_news_any_more(cast):
    factories.make_voice(cast.account, added_at=NOW + HOUR, changed_at=NOW + HOUR)
    note_visit(cast.mia, now=NOW)
    assert count_news(cast.mia, find_habits(cast.mia).news_since) == 1

    clear_news(cast.mia, until=NOW + HOUR)

    assert count_news(cast.mia, find_habits(cast.mia).news_since) == 0


def test_news_are_of_voices_that_the_person_may_see(cast):
    hidden = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.ana)
    for account in (hidden, cast.other_account):
        factories.make_voice(account, added_at=NOW + HOUR, changed_at=NOW + HOUR)

    assert find_news(cast.mia, NOW).count == 0
    assert find_news(cast.ana, NOW).count == 1


def test_habits_are_one_person_s_and_what_is_not_told_stays(cast):
    remember_view(cast.mia, layout="table", columns=["gender", "length"])
    remember_view(cast.mia, sort="newest")

    habits = find_habits(cast.mia)
    assert (habits.layout, habits.sort, habits.columns) == ("table", "newest", ["gender", "length"])
    assert find_habits(cast.ana).layout == "cards"
    assert "accent" in find_habits(cast.ana).columns


def test_a_saved_search_is_changed_as_soon_as_its_filters_are_and_not_by_the_view(cast):
    wanted = VoiceFilter(words="warm", chosen={"gender": ("female", "male")})
    search = save_search(
        cast.mia,
        team=cast.aurora,
        name="Warm",
        query=wanted.search_query(),
        is_shared=True,
        now=NOW,
    )

    def is_changed(**values) -> bool:
        shown = VoiceFilter(**{"words": "warm", "chosen": wanted.chosen, **values}, saved=search.pk)
        opened = find_open_search(find_searches(cast.ana), shown)
        assert opened is not None
        return opened.is_changed

    assert not is_changed(chosen={"gender": ("male", "female")})
    assert not is_changed(layout="table")
    assert is_changed(words="calm")
    assert is_changed(sort="newest")


def test_searches_are_personal_or_the_team_s_and_changed_by_owner_and_admin(cast):
    own = factories.make_search(cast.mia, cast.aurora, name="Own")
    ours = factories.make_search(cast.mia, cast.aurora, name="Ours", is_shared=True)
    kim = factories.make_user("Kim", cast.aurora)
    vic = factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)

    assert find_searches(cast.mia) == [ours, own]
    assert find_searches(kim) == [ours]
    assert find_searches(cast.sam) == []
    change = {"name": "New", "query": "sort=best", "is_shared": True, "now": NOW}
    change_search(cast.ana, search=ours, **change)
    for person in (kim, vic, cast.sam):
        with pytest.raises(PermissionDenied):
            change_search(person, search=ours, **change)
    with pytest.raises(PermissionDenied):
        save_search(vic, team=cast.aurora, **change)


def test_a_personal_search_leaves_no_trace_in_the_log(cast):
    save_search(cast.mia, team=cast.aurora, name="x", query="q=x", is_shared=False, now=NOW)

    assert not AuditEntry.objects.exists()


def test_a_selection_keeps_its_ids_has_a_limit_and_old_ones_are_forgotten(cast, monkeypatch):
    old = freeze_selection(cast.mia, team=cast.aurora, voice_ids=[1], now=NOW)
    kept = freeze_selection(
        cast.mia, team=cast.aurora, voice_ids=[3, 2, 3], now=NOW + 8 * 24 * HOUR
    )

    assert list(Selection.objects.all()) == [kept] != [old]
    assert kept.voice_ids == [3, 2]
    monkeypatch.setattr(search_services, "MOST_SELECTED", 2)
    with pytest.raises(TooManySelected):
        freeze_selection(cast.mia, team=cast.aurora, voice_ids=[1, 2, 3], now=NOW)
