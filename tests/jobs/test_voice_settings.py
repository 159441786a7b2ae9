"""A worker reads a voice's settings, sends changes, and stores the outcome."""

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
    """Run the worker once, and return the row."""

    def _tune() -> VoiceSettings:
        tune_voice(voice.pk, clock)
        return VoiceSettings.objects.get(voice=voice)

    return _tune


def test_settings_are_read_with_the_provider_defaults(cast, voice, stub, clock, tune):
    stub.tuned[voice.remote_id] = {"speed": 1.1}
    read_settings_again(cast.mia, voice=voice, now=clock.now)

    row = tune()

    assert (row.state, row.read_at, row.message) == ("ready", clock.now, "")
    assert row.values == {"stability": 0.5, "speed": 1.1, "use_speaker_boost": True}
    assert row.defaults == stub.defaults


def test_change_is_sent_and_then_read_back(cast, voice, stub, clock, tune):
    change_settings(cast.mia, voice=voice, values={"speed": 0.9}, now=clock.now)

    row = tune()

    calls = [call[0] for call in stub.asked]
    assert calls == ["edit_settings", "settings", "default_settings"]
    assert (row.state, row.values["speed"], row.wanted) == ("saved", 0.9, {})


def test_reset_restores_the_provider_defaults(cast, voice, stub, clock, tune):
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
def test_rejected_change_keeps_the_message_and_the_requested_values(
    cast, voice, stub, clock, tune, refusal, words
):
    stub.fails["edit_settings"] = [refusal]
    change_settings(cast.mia, voice=voice, values={"speed": 0.9}, now=clock.now)

    row = tune()

    assert (row.state, row.message, row.wanted) == ("failed", words, {"speed": 0.9})
    tune_voice(voice.pk, clock)
    assert len(stub.asked) == 1


def test_busy_provider_is_retried_a_limited_number_of_times(cast, voice, stub, clock, tune):
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


def test_request_whose_message_was_lost_is_found_by_the_sweep(cast, voice, stub, clock):
    read_settings_again(cast.mia, voice=voice, now=clock.now)

    assert find_due_settings(clock.now) == []
    clock.move(seconds=31)
    assert find_due_settings(clock.now) == [voice.pk]
    assert find_due_settings(clock.now) == []


def test_change_requested_while_another_is_saved_runs_next(cast, voice, stub, clock, tune):
    def change_again() -> None:
        stub.while_tuning = lambda: None
        later = clock.now + timedelta(seconds=1)
        change_settings(cast.mia, voice=voice, values={"speed": 1.2}, now=later)

    stub.while_tuning = change_again
    change_settings(cast.mia, voice=voice, values={"speed": 0.9}, now=clock.now)

    first, second = tune(), tune()

    assert (first.state, first.wanted) == ("saving", {"speed": 1.2})
    assert (second.state, second.values["speed"]) == ("saved", 1.2)


def test_key_without_write_permission_is_not_used_for_changes(cast, voice, stub, clock, tune):
    Credential.objects.update(abilities={"clone": "no"})
    change_settings(cast.mia, voice=voice, values={"speed": 0.9}, now=clock.now)

    row = tune()

    assert (row.state, row.message) == ("failed", "No working key can change these settings.")
    assert stub.asked == []


def test_key_that_cannot_be_decrypted_gives_a_message(cast, voice, stub, clock, tune):
    Credential.objects.update(sealed=b"corrupted")
    read_settings_again(cast.mia, voice=voice, now=clock.now)

    assert tune().message == "The key can't be decrypted. Replace it."
