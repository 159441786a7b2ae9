"""People hear of voices that matter to them, of keys that break, and of syncs that keep failing."""

import pytest

from catalog.jobs.credentials.check import check_credential
from catalog.models import Credential, Notification, Star, Voice
from catalog.providers.errors import CredentialRejected, TryLater
from catalog.providers.types import RemoteVoice
from tests import factories
from tests.factories import NOW

ADA, BO, CY = (RemoteVoice(name.lower(), name) for name in ("Ada", "Bo", "Cy"))


def star(person, *names: str) -> None:
    for voice in Voice.objects.filter(name__in=names):
        Star.objects.create(user=person, voice=voice, starred_at=NOW)


def texts_of(person, event: str) -> list[str]:
    rows = Notification.objects.filter(user=person, event=event).order_by("pk")
    return [notice.words for notice in rows]


def test_lost_and_changed_voices_are_told_once_to_those_who_use_them(cast, sync):
    vic = factories.make_user("Vic", cast.aurora)
    sync(ADA, BO, CY)
    star(cast.mia, "Ada", "Bo", "Cy")
    factories.make_collection(vic, cast.aurora, Voice.objects.get(name="Ada"))
    assert not Notification.objects.exists()

    sync(RemoteVoice("cy", "Cy", description="Warm"))
    sync(RemoteVoice("cy", "Cy", description="Warm"))

    label = cast.account.info.label
    assert texts_of(cast.mia, "voice") == [
        f"2 voices. No longer listed by {label}: Ada and Bo.",
        f"Changed at {label}: Cy.",
    ]
    assert texts_of(vic, "voice") == [f"No longer listed by {label}: Ada."]
    assert texts_of(cast.ana, "voice") == []
    one = Notification.objects.get(user=vic)
    assert (one.page, one.about) == ("voice", str(Voice.objects.get(name="Ada").pk))


def test_who_can_not_see_a_voice_is_told_nothing(cast, sync):
    sync(ADA, BO)
    star(cast.mia, "Ada")
    Credential.objects.update(is_shared=False)
    type(cast.account).objects.refresh_sharing()

    sync(BO)

    assert not Notification.objects.filter(user=cast.mia).exists()


def test_the_third_failure_in_a_row_is_told_once(cast, sync, stub):
    sync(ADA)
    star(cast.mia, "Ada")
    stub.fails["voices"] = [TryLater("Down.") for _ in range(5)]
    for _ in range(2):
        sync(ADA)
    assert not Notification.objects.exists()

    for _ in range(3):
        sync(ADA)

    (words,) = texts_of(cast.ana, "sync")
    assert "couldn't be synced 3 times in a row." in words
    assert texts_of(cast.mia, "sync") == []


@pytest.mark.parametrize(("health", "count"), [("good", 1), ("unchecked", 0), ("rejected", 0)])
def test_the_owner_is_told_once_of_a_key_that_breaks(cast, stub, clock, health, count):
    Credential.objects.filter(pk=cast.credential.pk).update(health=health)
    stub.fails["check"] = [CredentialRejected("Wrong key.") for _ in range(2)]
    for _ in range(2):
        check_credential(cast.credential.pk, clock)

    assert len(texts_of(cast.ana, "key")) == count
    assert all("doesn't work anymore. Wrong key." in words for words in texts_of(cast.ana, "key"))
