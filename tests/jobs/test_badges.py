"""Badges follow from the provider's data, the date, and the account's keys."""

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
def test_badges_follow_the_provider_data(sync, values, expected):
    sync(remote_voice("r-1", **values))

    assert badges() == expected


def test_voice_gets_the_leaving_badge_when_its_end_date_is_near(cast, sync, clock):
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


def test_postponed_end_date_removes_the_leaving_badge(sync, clock):
    sync(remote_voice("r-1", ends_at=clock.now + timedelta(days=20)))

    sync(remote_voice("r-1", ends_at=clock.now + timedelta(days=200)))

    assert badges() == ["expires"]


@pytest.mark.parametrize(
    ("health", "expected"),
    [("good", []), ("unreachable", []), ("rejected", ["key_missing"])],
)
def test_voice_without_an_accepted_key_has_the_key_missing_badge(
    cast, sync, clock, health, expected
):
    sync(remote_voice("r-1"))
    Credential.objects.update(health=health)

    refresh_badges(clock.now, cast.account.pk)

    assert badges() == expected


def test_key_that_works_again_removes_the_key_missing_badge(cast, sync, clock):
    sync(remote_voice("r-1"))
    for health in ("rejected", "good"):
        Credential.objects.update(health=health)
        refresh_badges(clock.now, cast.account.pk)

    assert badges() == []


def test_sync_with_a_rejected_key_sets_the_key_missing_badge(cast, sync, stub, wakes):
    sync(remote_voice("r-1"))
    stub.fails["voices"] = [CredentialRejected("ElevenLabs rejected this key.")]

    tasks.sync_account_task(account_id=cast.account.pk)

    assert badges() == ["key_missing"]


def test_key_check_and_key_removal_enqueue_a_badge_refresh(
    cast, stub, wakes, django_capture_on_commit_callbacks
):
    stub.fails["check"] = [CredentialRejected("No.")]
    tasks.check_credential_task(credential_id=str(cast.credential.pk))
    with django_capture_on_commit_callbacks(execute=True):
        remove_credential(cast.ana, credential=cast.credential, now=NOW)

    assert wakes == [("catalog.refresh_badges", cast.account.pk)] * 2


def test_refresh_does_not_touch_other_accounts(cast, clock):
    theirs = factories.make_voice(cast.other_account, remote_id="r-1")
    Credential.objects.all().delete()

    refresh_badges(clock.now, cast.account.pk)

    assert not theirs.labels.filter(facet="badge").exists()


def test_badges_are_a_facet_with_counts(cast, sync):
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


def test_there_is_no_badge_facet_if_no_voice_has_a_badge(cast, sync):
    sync(remote_voice("r-1"))

    assert "badge" not in {facet.name for facet in find_voices(cast.ana, VoiceFilter()).facets}


def test_badges_are_not_part_of_the_search_words(cast, sync):
    sync(remote_voice("r-1", plan_note="a paid plan"))

    assert "plan" not in Voice.objects.get().label_words
    assert ProviderAccount.objects.get(pk=cast.account.pk).sync_error == ""


def test_clone_has_the_no_source_badge_until_a_clone_job_is_linked(cast, sync, clock):
    sync(remote_voice("r-1", kind=Kind.CLONE, is_owned=True), remote_voice("r-2"))
    refresh_badges(clock.now)
    assert (badges("r-1"), badges("r-2")) == (["clone", "no_source"], [])
    voice = Voice.objects.get(remote_id="r-1")
    wanted = VoiceFilter(chosen={"badge": ("no_source",)})
    assert [found.pk for found in find_voices(cast.ana, wanted).voices] == [voice.pk]

    factories.make_job(cast.ana, cast.credential, voice=voice)
    refresh_badges(clock.now)

    assert badges() == ["clone"]
