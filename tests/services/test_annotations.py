"""Stars, tags, notes, and ratings: permissions, finding voices by them, and surviving a sync."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from catalog.models import Membership, Rating, Star, Tag, Voice
from catalog.queries.annotations import RatingSummary, find_marks, find_voice_marks
from catalog.queries.searches.filters import VoiceFilter
from catalog.queries.voices.search import find_voices
from catalog.services.annotations import (
    change_note,
    rate_voice,
    remove_note,
    restore_note,
    star_voice,
    tag_voices,
    untag_voices,
    write_note,
)
from tests import factories
from tests.factories import NOW
from tests.stubs import remote_voice


def find_names(user, words: str = "", **chosen: str) -> list[str]:
    wanted = VoiceFilter(words=words, chosen={name: (value,) for name, value in chosen.items()})
    return [voice.name for voice in find_voices(user, wanted).voices]


@pytest.fixture
def rachel(cast) -> Voice:
    factories.make_voice(cast.account, "Other")
    return factories.make_voice(cast.account, "Rachel")


def test_star_is_personal_and_starring_twice_adds_one_star(cast, rachel):
    for _ in range(2):
        star_voice(cast.mia, voice=rachel, is_on=True, now=NOW)

    assert Star.objects.count() == 1
    assert find_names(cast.mia, starred="yes") == ["Rachel"]
    assert find_names(cast.ana, starred="yes") == []
    assert find_marks(cast.ana, [rachel.pk]).starred == set()
    star_voice(cast.mia, voice=rachel, is_on=False, now=NOW)
    assert find_names(cast.mia, starred="yes") == []


def test_tags_that_differ_in_accents_are_one_tag_that_finds_the_voice(cast, rachel):
    tag_voices(cast.mia, team=cast.aurora, voices=[rachel], names=["Wärm", "calm"], now=NOW)
    tag_voices(cast.ana, team=cast.aurora, voices=[rachel], names=["warm"], now=NOW)

    assert [tag.name for tag in find_voice_marks(cast.ana, rachel).tags] == ["calm", "Wärm"]
    assert find_names(cast.ana, tag="Wärm") == ["Rachel"]
    assert find_names(cast.ana, "warm calm") == ["Rachel"]


def test_tag_is_deleted_with_its_last_voice(cast, rachel):
    tag_voices(cast.mia, team=cast.aurora, voices=[rachel], names=["calm"], now=NOW)

    untag_voices(cast.mia, voices=[rachel], tag=Tag.objects.get(), now=NOW)

    assert not Tag.objects.exists()
    assert find_names(cast.mia, "calm") == []


def test_note_can_be_found_changed_removed_and_restored(cast, rachel):
    note = write_note(cast.mia, voice=rachel, text="Good for Ümlauts", now=NOW)
    assert find_names(cast.ana, "umlauts") == ["Rachel"]

    change_note(cast.mia, note=note, text="Good for trailers", now=NOW)
    assert (find_names(cast.ana, "umlauts"), find_names(cast.ana, "trailers")) == ([], ["Rachel"])
    remove_note(cast.mia, note=note, now=NOW)
    assert (find_names(cast.ana, "trailers"), find_voice_marks(cast.ana, rachel).notes) == ([], [])
    restore_note(cast.mia, note=note, now=NOW)

    assert find_names(cast.ana, "trailers") == ["Rachel"]
    assert find_voice_marks(cast.ana, rachel).notes == [note]


def test_only_the_author_and_admins_can_change_a_note(cast, rachel):
    kim = factories.make_user("Kim", cast.aurora)
    note = factories.make_note(cast.mia, rachel)

    for act in (remove_note, restore_note):
        act(cast.ana, note=note, now=NOW)
        with pytest.raises(PermissionDenied):
            act(kim, note=note, now=NOW)
        with pytest.raises(PermissionDenied):
            act(cast.sam, note=note, now=NOW)


def test_each_person_has_one_rating_and_the_mean_is_shown(cast, rachel):
    rate_voice(cast.mia, voice=rachel, value=2, now=NOW)
    rate_voice(cast.mia, voice=rachel, value=5, now=NOW)
    rate_voice(cast.ana, voice=rachel, value=4, now=NOW)

    marks = find_voice_marks(cast.ana, rachel)
    assert (marks.score, marks.own_rating) == (RatingSummary(4.5, 2), 4)
    rate_voice(cast.mia, voice=rachel, value=None, now=NOW)
    assert find_voice_marks(cast.mia, rachel).score == RatingSummary(4, 1)


@pytest.mark.parametrize("value", [0, 6])
def test_database_rejects_ratings_outside_the_scale(cast, rachel, value):
    with pytest.raises(IntegrityError), transaction.atomic():
        Rating.objects.create(user=cast.mia, voice=rachel, value=value)


def test_viewer_can_star_but_not_tag_note_or_rate(cast, rachel):
    vic = factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)
    star_voice(vic, voice=rachel, is_on=True, now=NOW)

    with pytest.raises(PermissionDenied):
        tag_voices(vic, team=cast.aurora, voices=[rachel], names=["calm"], now=NOW)
    with pytest.raises(PermissionDenied):
        write_note(vic, voice=rachel, text="Calm.", now=NOW)
    with pytest.raises(PermissionDenied):
        rate_voice(vic, voice=rachel, value=3, now=NOW)


def test_annotations_survive_a_voice_being_renamed_lost_and_restored(cast, sync):
    sync(remote_voice("r-1", "Zoe"), remote_voice("r-2"))
    voice = Voice.objects.get(remote_id="r-1")
    star_voice(cast.mia, voice=voice, is_on=True, now=NOW)
    tag_voices(cast.mia, team=cast.aurora, voices=[voice], names=["narrator"], now=NOW)
    write_note(cast.mia, voice=voice, text="Ask for trailers", now=NOW)
    rate_voice(cast.mia, voice=voice, value=5, now=NOW)
    collection = factories.make_collection(cast.mia, cast.aurora, voice)

    sync(remote_voice("r-1", "Another name"), remote_voice("r-2"))
    sync(remote_voice("r-2"))
    assert find_names(cast.mia, starred="yes") == []
    sync(remote_voice("r-1", "Another name"), remote_voice("r-2"))

    marks = find_voice_marks(cast.mia, voice)
    assert (marks.is_starred, marks.own_rating, marks.score) == (True, 5, RatingSummary(5, 1))
    assert [tag.name for tag in marks.tags] == ["narrator"]
    assert [note.text for note in marks.notes] == ["Ask for trailers"]
    assert marks.collections == [collection]
    for filters in ({"starred": "yes"}, {"tag": "narrator"}, {"collection": str(collection.pk)}):
        assert find_names(cast.mia, **filters) == ["Another name"]
    assert find_names(cast.mia, "trailers narrator") == ["Another name"]


def test_counts_of_personal_filters_match_what_the_user_can_see(cast, rachel):
    star_voice(cast.mia, voice=rachel, is_on=True, now=NOW)
    factories.make_tag(cast.aurora, "calm", rachel)
    mine = factories.make_collection(cast.mia, cast.aurora, rachel, name="Mine")
    factories.make_collection(cast.ana, cast.aurora, rachel, name="Not for Mia")
    factories.make_voice(cast.account, "Away", archived_at=NOW)

    page = find_voices(cast.mia, VoiceFilter())

    flags = {flag.value: flag.count for flag in page.flags}
    ours = {
        facet.name: facet.choices for facet in page.facets if facet.name in {"tag", "collection"}
    }
    assert flags == {"starred": 1, "archived": 1}
    assert [(each.label, each.count) for each in ours["tag"]] == [("calm", 1)]
    assert [(each.value, each.label, each.count) for each in ours["collection"]] == [
        (str(mine.pk), "Mine", 1)
    ]
