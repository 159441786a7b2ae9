"""A worker reads a voice's settings and carries changes; the outcome stands in the row."""

from datetime import timedelta

import pytest

from catalog.jobs.voices.settings import find_due_settings, tune_voice
from catalog.models import Credential, VoiceSettings
from catalog.providers.errors import NotFound, PermissionMissing, RequestRejected, TryLater
from catalog.services.voices.settings import change_settings, read_settings_again, reset_settings
from tests import factories

BUSY = TryLater("ElevenLabs asked us to slow down.")


@pytest.fixture
def voice(cast):
    return factories.make_voice(cast.account)


@pytest.fixture
def tune(voice, stub, clock):
    """Let the worker take its turn, and return the row."""

    def _tune() -> VoiceSettings:
        tune_voice(voice.pk, clock)
        return VoiceSettings.objects.get(voice=voice)

    return _tune


def test_settings_are_read_with_what_the_provider_starts_with(cast, voice, stub, clock, tune):
    stub.tuned[voice.remote_id] = {"speed": 1.1}
    read_settings_again(cast.mia, voice=voice, now=clock.now)

    row = tune()

    assert (row.state, row.read_at, row.message) == ("ready", clock.now, "")
    assert row.values == {"stability": 0.5, "speed": 1.1, "use_speaker_boost": True}
    assert row.defaults == stub.defaults


def test_a_change_is_carried_and_then_read_back(cast, voice, stub, clock, tune):
    change_settings(cast.mia, voice=voice, values={"speed": 0.9}, now=clock.now)

    row = tune()

    calls = [call[0] for call in stub.asked]
    assert calls == ["edit_settings", "settings", "default_settings"]
    assert (row.state, row.values["speed"], row.wanted) == ("saved", 0.9, {})


def test_a_reset_sets_what_the_provider_said_that_it_starts_with(cast, voice, stub, clock, tune):
    stub.tuned[voice.remote_id] = {"stability": 0.1}
    read_settings_again(cast.mia, voice=voice, now=clock.now)
    tune()

    reset_settings(cast.mia, voice=voice, now=clock.now)

    assert tune().values["stability"] == stub.defaults["stability"]


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (RequestRejected("Speed is out of range."), "Speed is out of range."),
        (PermissionMissing("It needs voices_write."), "It needs voices_write."),
        (NotFound("No such voice."), "ElevenLabs no longer has this voice."),
    ],
)
def test_a_refusal_stays_in_the_row_with_what_was_wished_for(
    cast, voice, stub, clock, tune, refusal, words
):
    stub.fails["edit_settings"] = [refusal]
    change_settings(cast.mia, voice=voice, values={"speed": 0.9}, now=clock.now)

    row = tune()

    assert (row.state, row.message, row.wanted) == ("failed", words, {"speed": 0.9})
    tune_voice(voice.pk, clock)
    assert len(stub.asked) == 1


def test_a_provider_that_is_busy_is_asked_again_later_and_not_for_ever(
    cast, voice, stub, clock, tune
):
    stub.fails["edit_settings"] = [BUSY] * 20
    change_settings(cast.mia, voice=voice, values={"speed": 0.9}, now=clock.now)

    row = tune()

    assert (row.is_waiting, row.message) == (True, BUSY.message)
    assert find_due_settings(clock.now) == []
    clock.move(seconds=3)
    assert find_due_settings(clock.now) == [voice.pk]
    for _ in range(10):
        row = tune()
    assert (row.state, len(stub.asked)) == ("failed", 6)


def test_a_wish_whose_message_got_lost_is_found_by_the_sweep(cast, voice, stub, clock):
    read_settings_again(cast.mia, voice=voice, now=clock.now)

    assert find_due_settings(clock.now) == []
    clock.move(seconds=31)
    assert find_due_settings(clock.now) == [voice.pk]
    assert find_due_settings(clock.now) == []


def test_a_wish_that_comes_while_a_worker_is_at_it_has_its_own_turn(cast, voice, stub, clock, tune):
    def wish_anew() -> None:
        stub.while_tuning = lambda: None
        later = clock.now + timedelta(seconds=1)
        change_settings(cast.mia, voice=voice, values={"speed": 1.2}, now=later)

    stub.while_tuning = wish_anew
    change_settings(cast.mia, voice=voice, values={"speed": 0.9}, now=clock.now)

    first, second = tune(), tune()

    assert (first.state, first.wanted) == ("saving", {"speed": 1.2})
    assert (second.state, second.values["speed"]) == ("saved", 1.2)


def test_a_key_that_may_not_write_is_not_used_to_change(cast, voice, stub, clock, tune):
    Credential.objects.update(abilities={"clone": "no"})
    change_settings(cast.mia, voice=voice, values={"speed": 0.9}, now=clock.now)

    row = tune()

    assert (row.state, row.message) == ("failed", "No working key can change these settings.")
    assert stub.asked == []


def test_a_key_that_cannot_be_opened_is_said(cast, voice, stub, clock, tune):
    Credential.objects.update(sealed=b"spoilt")
    read_settings_again(cast.mia, voice=voice, now=clock.now)

    assert tune().message == "The key can't be decrypted. Replace it."
