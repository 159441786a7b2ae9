"""View preferences, what is new to a user, and saved searches."""

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


def test_news_after_a_sync_are_the_added_and_removed_voices(cast, sync, clock):
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


def test_news_start_at_the_end_of_the_previous_visit(cast):
    note_visit(cast.mia, now=NOW)
    for minutes in (10, 30, 55):
        note_visit(cast.mia, now=NOW + timedelta(minutes=minutes))
    assert find_habits(cast.mia).news_since == NOW

    note_visit(cast.mia, now=NOW + 9 * HOUR)

    assert find_habits(cast.mia).news_since == NOW + timedelta(minutes=55)
    assert find_habits(cast.ana).news_since == cast.ana.date_joined


def test_cleared_news_are_no_longer_counted(cast):
    factories.make_voice(cast.account, added_at=NOW + HOUR, changed_at=NOW + HOUR)
    note_visit(cast.mia, now=NOW)
    assert count_news(cast.mia, find_habits(cast.mia).news_since) == 1

    clear_news(cast.mia, until=NOW + HOUR)

    assert count_news(cast.mia, find_habits(cast.mia).news_since) == 0


def test_news_include_only_visible_voices(cast):
    hidden = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.ana)
    for account in (hidden, cast.other_account):
        factories.make_voice(account, added_at=NOW + HOUR, changed_at=NOW + HOUR)

    assert find_news(cast.mia, NOW).count == 0
    assert find_news(cast.ana, NOW).count == 1


def test_view_preferences_are_personal_and_omitted_ones_are_kept(cast):
    remember_view(cast.mia, layout="table", columns=["gender", "length"])
    remember_view(cast.mia, sort="newest")

    habits = find_habits(cast.mia)
    assert (habits.layout, habits.sort, habits.columns) == ("table", "newest", ["gender", "length"])
    assert find_habits(cast.ana).layout == "cards"
    assert "accent" in find_habits(cast.ana).columns


def test_saved_search_counts_as_changed_if_its_filters_differ(cast):
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


def test_saved_searches_can_be_shared_and_changed_by_owner_and_admin(cast):
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


def test_personal_search_is_not_logged(cast):
    save_search(cast.mia, team=cast.aurora, name="x", query="q=x", is_shared=False, now=NOW)

    assert not AuditEntry.objects.exists()


def test_selection_has_a_limit_and_old_ones_are_deleted(cast, monkeypatch):
    old = freeze_selection(cast.mia, team=cast.aurora, voice_ids=[1], now=NOW)
    kept = freeze_selection(
        cast.mia, team=cast.aurora, voice_ids=[3, 2, 3], now=NOW + 8 * 24 * HOUR
    )

    assert list(Selection.objects.all()) == [kept] != [old]
    assert kept.voice_ids == [3, 2]
    monkeypatch.setattr(search_services, "MOST_SELECTED", 2)
    with pytest.raises(TooManySelected):
        freeze_selection(cast.mia, team=cast.aurora, voice_ids=[1, 2, 3], now=NOW)
