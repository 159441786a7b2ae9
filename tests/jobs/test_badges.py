"""What sets a voice apart: from what its provider says, from the date, and from the keys."""

from datetime import timedelta

import pytest

from catalog import tasks
from catalog.jobs.voices.badges import refresh_badges
from catalog.models import Credential, ProviderAccount, Voice
from catalog.models.voices.versions import CatalogVersion
from catalog.providers.errors import CredentialRejected
from catalog.providers.types import Kind
from catalog.queries.searches.filters import VoiceFilter
from catalog.queries.voices.search import find_voices
from catalog.services.credentials.keys import remove_credential
from tests import factories
from tests.factories import NOW
from tests.stubs import remote_voice


def badges(remote_id: str = "r-1") -> list[str]:
    voice = Voice.objects.get(remote_id=remote_id)
    return sorted(voice.values_of("badge"))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"kind": Kind.CLONE, "is_owned": True}, ["clone"]),
        ({"kind": Kind.PROFESSIONAL, "is_owned": True, "is_verified": True}, ["clone", "verified"]),
        ({"kind": Kind.PROFESSIONAL}, []),
        ({"plan_note": "a paid plan"}, ["needs_plan"]),
        ({"end_note": "the voice is deprecated."}, ["expires"]),
    ],
)
def test_badges_follow_from_what_the_provider_says(sync, values, expected):
    sync(remote_voice("r-1", **values))

    assert badges() == expected


def test_a_voice_leaves_soon_when_its_end_comes_near(cast, sync, clock):
    sync(remote_voice("r-1", ends_at=clock.now + timedelta(days=70)))
    assert badges() == ["expires"]
    before = CatalogVersion.objects.get().number

    clock.move(minutes=11 * 24 * 60)
    refresh_badges(clock.now)

    assert badges() == ["expires", "leaving"]
    assert CatalogVersion.objects.get().number > before
    after = CatalogVersion.objects.get().number
    refresh_badges(clock.now)
    assert CatalogVersion.objects.get().number == after


def test_an_end_that_was_put_off_takes_the_badge_away(sync, clock):
    sync(remote_voice("r-1", ends_at=clock.now + timedelta(days=20)))

    sync(remote_voice("r-1", ends_at=clock.now + timedelta(days=200)))

    assert badges() == ["expires"]


@pytest.mark.parametrize(
    ("health", "expected"),
    [("good", []), ("unreachable", []), ("rejected", ["key_missing"])],
)
def test_a_voice_without_an_accepted_key_says_so(cast, sync, clock, health, expected):
    sync(remote_voice("r-1"))
    Credential.objects.update(health=health)

    refresh_badges(clock.now, cast.account.pk)

    assert badges() == expected


def test_a_key_that_works_again_takes_the_badge_away(cast, sync, clock):
    sync(remote_voice("r-1"))
    for health in ("rejected", "good"):
        Credential.objects.update(health=health)
        refresh_badges(clock.now, cast.account.pk)

    assert badges() == []


def test_a_sync_whose_key_is_refused_marks_the_voices_at_once(cast, sync, stub, wakes):
    sync(remote_voice("r-1"))
    stub.fails["voices"] = [CredentialRejected("ElevenLabs rejected this key.")]

    tasks.sync_account_task(account_id=cast.account.pk)

    assert badges() == ["key_missing"]


def test_a_check_and_the_removal_of_a_key_are_followed_by_a_look_at_the_badges(
    cast, stub, wakes, django_capture_on_commit_callbacks
):
    stub.fails["check"] = [CredentialRejected("No.")]
    tasks.check_credential_task(credential_id=str(cast.credential.pk))
    with django_capture_on_commit_callbacks(execute=True):
        remove_credential(cast.ana, credential=cast.credential, now=NOW)

    assert wakes == [("catalog.refresh_badges", cast.account.pk)] * 2


def test_other_accounts_are_left_alone(cast, clock):
    theirs = factories.make_voice(cast.other_account, remote_id="r-1")
    Credential.objects.all().delete()

    refresh_badges(clock.now, cast.account.pk)

    assert not theirs.labels.filter(facet="badge").exists()


def test_badges_are_a_group_of_filters_with_counts(cast, sync):
    remotes = [
        remote_voice("r-1", ends_at=NOW + timedelta(days=9), end_note="its owner takes it."),
        remote_voice("r-2", kind=Kind.CLONE, is_owned=True),
        remote_voice("r-3"),
    ]
    sync(*remotes)

    page = find_voices(cast.ana, VoiceFilter(chosen={"badge": ("leaving",)}))

    assert [voice.remote_id for voice in page.voices] == ["r-1"]
    (facet,) = [each for each in page.facets if each.name == "badge"]
    counts = {choice.value: choice.count for choice in facet.choices}
    assert counts == {"leaving": 1, "expires": 1, "clone": 1}


def test_without_any_badge_there_is_no_such_group(cast, sync):
    sync(remote_voice("r-1"))

    assert "badge" not in {facet.name for facet in find_voices(cast.ana, VoiceFilter()).facets}


def test_a_changed_account_keeps_its_badges_apart_from_its_words(cast, sync):
    sync(remote_voice("r-1", plan_note="a paid plan"))

    assert "plan" not in Voice.objects.get().label_words
    assert ProviderAccount.objects.get(pk=cast.account.pk).sync_error == ""


def test_a_clone_of_elsewhere_has_no_source_here_until_a_job_of_ours_is_known_to_have_made_it(
    cast, sync, clock
):
    sync(remote_voice("r-1", kind=Kind.CLONE, is_owned=True), remote_voice("r-2"))
    refresh_badges(clock.now)
    assert (badges("r-1"), badges("r-2")) == (["clone", "no_source"], [])
    voice = Voice.objects.get(remote_id="r-1")
    wanted = VoiceFilter(chosen={"badge": ("no_source",)})
    assert [found.pk for found in find_voices(cast.ana, wanted).voices] == [voice.pk]

    factories.make_job(cast.ana, cast.credential, voice=voice)
    refresh_badges(clock.now)

    assert badges() == ["clone"]
