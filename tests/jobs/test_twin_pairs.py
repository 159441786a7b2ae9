"""Voices that are likely the same are found by ID, recordings, or sound, and merged."""

import pytest
from django.core.exceptions import PermissionDenied

from catalog.audio.embeddings.near_duplicates import find_same_sounds
from catalog.jobs import twins
from catalog.jobs.twins import find_team_twins
from catalog.models import (
    CleanupPlan,
    CloneJob,
    CollectionEntry,
    Note,
    Rating,
    Star,
    TagUse,
    TwinPair,
    Voice,
)
from catalog.services.twins import (
    AlreadyDecided,
    mark_different,
    merge_twins,
    reopen_pair,
    undo_merge,
)
from tests import factories
from tests.factories import NOW


def look(cast) -> list[tuple[str, str, bool, bool, float | None]]:
    find_team_twins(cast.aurora, NOW)
    rows = TwinPair.objects.select_related("first", "second").order_by("pk")
    return [(x.first.name, x.second.name, x.has_same_id, x.has_same_samples, x.score) for x in rows]


@pytest.fixture
def second(cast):
    return factories.make_account(cast.aurora, label="Marketing")


@pytest.fixture
def pair(cast, second) -> TwinPair:
    """Return a clone that two accounts list, with marks of several people on both rows."""
    one = factories.make_clone(cast.account, "Ada", remote_id="c-1")
    other = factories.make_clone(second, "Ada too", remote_id="c-1")
    Star.objects.create(user=cast.mia, voice=other, starred_at=NOW)
    factories.make_tag(cast.aurora, "warm", one, other)
    factories.make_tag(cast.aurora, "slow", other)
    factories.make_note(cast.mia, other, "For the trailer")
    Rating.objects.create(user=cast.mia, voice=one, value=2)
    Rating.objects.create(user=cast.mia, voice=other, value=5)
    Rating.objects.create(user=cast.ana, voice=other, value=4)
    factories.make_collection(cast.mia, cast.aurora, other, name="Only other")
    factories.make_collection(cast.mia, cast.aurora, other, one, name="Both")
    find_team_twins(cast.aurora, NOW)
    return TwinPair.objects.select_related("team", "first__account__team", "second__account").get()


def marks(voice: Voice) -> dict[str, object]:
    return {
        "stars": sorted(Star.objects.filter(voice=voice).values_list("user", flat=True)),
        "tags": sorted(TagUse.objects.filter(voice=voice).values_list("tag__name", flat=True)),
        "notes": list(Note.objects.filter(voice=voice).values_list("text", flat=True)),
        "ratings": sorted(Rating.objects.filter(voice=voice).values_list("user", "value")),
        "collections": sorted(
            CollectionEntry.objects.filter(voice=voice).values_list("collection__name", "position")
        ),
    }


def test_own_voices_with_one_id_in_two_accounts_are_a_pair(cast, pair):
    assert look(cast) == [("Ada", "Ada too", True, False, None)]


def test_library_voices_in_two_accounts_are_a_pair_only_if_people_marked_both(cast, second):
    for account in (cast.account, second):
        rachel = factories.make_voice(account, "Rachel", remote_id="r-1")
        factories.make_voice(account, "Drew", remote_id="r-2")
        factories.make_tag(cast.aurora, f"of {account.pk}", rachel)

    assert look(cast) == [("Rachel", "Rachel", True, False, None)]


def test_clones_of_the_same_recordings_are_a_pair_at_one_provider_only(cast):
    other = factories.make_account(cast.aurora, provider="telnyx")
    for account, name in ((cast.account, "One"), (cast.account, "Two"), (other, "Sibling")):
        voice = factories.make_clone(account, name)
        job = factories.make_job(
            cast.mia, factories.make_credential(cast.mia, account), voice=voice
        )
        recording = factories.make_sample(cast.mia, cast.aurora)
        job.batch.sources.update(sample=recording)
        factories.make_embedding(voice, 1, 0)
    CloneJob.objects.update(state="ready")

    assert [found[:2] for found in look(cast) if found[3]] == [("One", "Two")]
    # Siblings sound the same and are meant to.
    assert not TwinPair.objects.filter(second__name="Sibling").exists()


def test_previews_that_sound_the_same_are_a_pair(cast):
    for name, direction in (("Ada", (1, 0)), ("Bo", (1, 0.05)), ("Cy", (0, 1))):
        factories.make_embedding(factories.make_voice(cast.account, name), *direction)

    assert look(cast) == [("Ada", "Bo", False, False, 0.999)]
    # Without evidence, an undecided pair ends.
    Voice.objects.filter(name="Bo").update(archived_at=NOW)
    assert look(cast) == []


def test_only_newly_analyzed_voices_are_compared_and_known_pairs_stay(cast, monkeypatch):
    compared = []

    def count(vectors, fresh):
        compared.append((len(vectors), fresh.size))
        return find_same_sounds(vectors, fresh)

    monkeypatch.setattr(twins, "find_same_sounds", count)
    for name in ("Ada", "Bo"):
        factories.make_embedding(factories.make_voice(cast.account, name), 1)
    look(cast)
    factories.make_embedding(factories.make_voice(cast.account, "Cy"), 1)

    assert [found[:2] for found in look(cast)] == [("Ada", "Bo"), ("Ada", "Cy"), ("Bo", "Cy")]
    assert compared == [(2, 2), (3, 1)]


@pytest.mark.parametrize("by", ["mia", "ana"])
def test_different_stays_after_later_searches_until_it_is_taken_back(cast, pair, by):
    mark_different(getattr(cast, by), pair=pair, now=NOW)
    look(cast)

    pair.refresh_from_db()
    assert pair.state == TwinPair.State.DIFFERENT
    with pytest.raises(AlreadyDecided):
        merge_twins(cast.ana, pair=pair, kept=pair.first, is_planned=False, now=NOW)
    reopen_pair(cast.mia, pair=pair, now=NOW)
    assert TwinPair.objects.open().count() == 1


def test_merging_keeps_what_people_put_on_both_and_undo_takes_it_back(cast, pair):
    before = [marks(voice) for voice in pair.voices]

    merge_twins(cast.ana, pair=pair, kept=pair.first, is_planned=False, now=NOW)

    assert marks(pair.first) == {
        "stars": [cast.mia.pk],
        "tags": ["slow", "warm"],
        "notes": ["For the trailer"],
        # Mia had rated both: what she gave the voice that stays counts.
        "ratings": sorted([(cast.mia.pk, 2), (cast.ana.pk, 4)]),
        "collections": [("Both", 2), ("Only other", 1)],
    }
    assert Voice.objects.get(pk=pair.second_id).is_archived
    assert not CollectionEntry.objects.filter(voice=pair.second).exists()
    look(cast)
    pair = TwinPair.objects.select_related("team", "first__account", "second__account").get()

    undo_merge(cast.ana, pair=pair, now=NOW)

    assert [marks(voice) for voice in pair.voices] == before
    assert not Voice.objects.get(pk=pair.second_id).is_archived
    assert TwinPair.objects.open().exists()


def test_a_plan_is_drawn_up_for_the_other_voice_if_asked(cast, pair):
    with pytest.raises(PermissionDenied):
        merge_twins(cast.mia, pair=pair, kept=pair.second, is_planned=True, now=NOW)

    plan = merge_twins(cast.ana, pair=pair, kept=pair.second, is_planned=True, now=NOW)

    assert [line.voice for line in CleanupPlan.objects.get(pk=plan).lines.all()] == [pair.first]
    assert not CleanupPlan.objects.get().is_approved


def test_the_page_lists_pairs_with_reasons_and_merges_them(cast, pair, sign_in):
    ana, vic = sign_in(cast.ana), sign_in(factories.make_user("Vic", cast.aurora, "viewer"))
    text = ana.get("/cleanup/duplicates/").content.decode()

    assert "Both have the same ID at the provider" in text
    assert "Carries 1 star, 2 tags, 2 ratings, 2 collections, 1 note." in text
    address = f"/cleanup/duplicates/{pair.pk}"
    assert vic.post(f"{address}/different/").status_code == 403
    ana.post(f"{address}/merge/", {"kept": pair.second_id})
    assert TwinPair.objects.get().kept_id == pair.second_id
    assert "stays." in ana.get("/cleanup/duplicates/").content.decode()
    ana.post(f"{address}/undo/")
    assert TwinPair.objects.open().exists()
