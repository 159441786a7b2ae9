"""Usage outside Voiceboard is read from the provider."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from catalog.jobs import usage
from catalog.jobs.cleanups.run import run_deletion
from catalog.jobs.syncs.run import sync_account
from catalog.jobs.usage import find_due_histories, read_uses
from catalog.models import PlannedDeletion, ProviderAccount, Voice, VoiceUsage
from catalog.providers.adapters.elevenlabs.history import walk_history
from catalog.providers.errors import PermissionMissing, TryLater
from catalog.providers.session import open_provider
from catalog.providers.types import SpeechParams
from tests import factories
from tests.conftest import Clock

KEY = "sandbox-elevenlabs-full-8"
State = PlannedDeletion.State


@pytest.fixture
def account(cast: Any, sandbox_server: Any, settings: Any) -> ProviderAccount:
    """Return an account at the sandbox that holds the demo's own voices."""
    sandbox_server.reset()
    settings.PROVIDER_BASE_URLS = {"elevenlabs": sandbox_server.url("elevenlabs")}
    made = factories.make_account(cast.aurora)
    factories.make_credential(cast.ana, made, api_key=KEY)
    sync_account(made.pk, Clock(datetime.now(UTC)))
    return made


def speak_elsewhere(voice: Voice, address: str) -> None:
    with open_provider("elevenlabs", {"api_key": KEY}, address) as provider:
        provider.speak(SpeechParams(voice.remote_id, "Good morning."))


def test_use_outside_voiceboard_is_read_with_the_start_of_the_history(account, settings):
    clock = Clock(datetime.now(UTC))
    voice, silent = Voice.objects.filter(account=account).deletable().order_by("pk")[:2]
    speak_elsewhere(voice, settings.PROVIDER_BASE_URLS["elevenlabs"])

    clock.move(minutes=1)
    assert read_uses(account.pk, clock)

    account.refresh_from_db()
    use = VoiceUsage.objects.get()
    assert (use.voice, use.last_at, use.speech_count) == (voice, None, 0)
    assert use.provider_used_at is not None
    assert abs(use.provider_used_at - clock.now) < timedelta(minutes=5)
    assert (account.uses_read_at, account.uses_from) == (clock.now, use.provider_used_at)
    assert not VoiceUsage.objects.filter(voice=silent).exists()


def test_the_sentence_that_a_new_clone_speaks_by_itself_is_no_use(cast, account, settings):
    clock = Clock(datetime.now(UTC))
    voice = Voice.objects.filter(account=account).deletable().order_by("pk")[0]
    address = settings.PROVIDER_BASE_URLS["elevenlabs"]
    speech = factories.make_speech(cast.ana, voice)
    key = account.credentials.get()
    factories.make_job(
        cast.ana,
        key,
        factories.make_sample(cast.ana, cast.aurora),
        voice=voice,
        first_speech=speech,
    )
    factories.make_charge(
        cast.ana,
        voice,
        work=speech.pk,
        account=account,
        remote_id=voice.remote_id,
        charged_at=clock.now,
    )
    speak_elsewhere(voice, address)
    read_uses(account.pk, clock)
    assert not VoiceUsage.objects.filter(voice=voice).exists()

    speak_elsewhere(voice, address)
    read_uses(account.pk, clock)
    assert VoiceUsage.objects.get(voice=voice).provider_used_at is not None


def test_deletion_skips_a_voice_used_outside_voiceboard_meanwhile(cast, account, settings):
    clock = Clock(datetime.now(UTC))
    read_uses(account.pk, clock)
    voice = Voice.objects.filter(account=account).deletable().order_by("pk")[0]
    begun = clock.now + timedelta(seconds=1)
    plan = factories.make_plan(
        cast.ana,
        cast.aurora,
        [],
        drawn_up_at=clock.now - timedelta(days=8),
        approved_by=cast.ana,
        approved_at=begun,
    )
    line = factories.make_line(plan, voice, state=State.QUEUED)
    speak_elsewhere(voice, settings.PROVIDER_BASE_URLS["elevenlabs"])

    clock.move(minutes=1)
    run_deletion(line.pk, clock)

    line.refresh_from_db()
    assert line.state == State.SKIPPED
    assert line.message.startswith("It was used at ElevenLabs on")


def test_deletion_waits_and_fails_if_the_history_can_no_longer_be_read(
    cast, stub, clock, monkeypatch
):
    voice = factories.make_clone(cast.account)
    ProviderAccount.objects.update(uses_read_at=clock.now - timedelta(days=1))
    plan = factories.make_plan(
        cast.ana, cast.aurora, [], approved_by=cast.ana, approved_at=clock.now
    )
    line = factories.make_line(plan, voice, state=State.QUEUED)
    monkeypatch.setattr(usage, "open_provider", stub.open)

    for _ in range(8):
        run_deletion(line.pk, clock)
        clock.move(hours=1)

    line.refresh_from_db()
    assert (line.state, line.voice.is_gone) == (State.FAILED, False)
    assert line.message == "ElevenLabs doesn't report the voice's usage right now."
    assert [call for call in stub.asked if call[0] == "delete"] == []


def test_history_is_due_only_at_providers_that_have_one(cast, clock):
    other = factories.make_account(cast.aurora, provider="noiz")
    factories.make_credential(cast.ana, other)

    first, again = find_due_histories(clock.now), find_due_histories(clock.now)

    assert (first, again) == ([cast.account.pk, cast.other_account.pk], [])
    assert find_due_histories(clock.now + timedelta(hours=2)) == first


@pytest.mark.parametrize("problem", [PermissionMissing("No."), TryLater("Not now.")])
def test_failed_history_read_leaves_the_usage_unknown(cast, stub, clock, monkeypatch, problem):
    def refuse(*_: Any) -> Any:
        raise problem

    monkeypatch.setattr(usage, "open_provider", refuse)

    assert not read_uses(cast.account.pk, clock)

    cast.account.refresh_from_db()
    assert cast.account.uses_read_at is None


def item(number: int, at: int) -> dict[str, Any]:
    return {"history_item_id": str(number), "voice_id": f"v{number}", "date_unix": at}


def test_history_is_read_page_by_page_until_known_entries():
    pages = {
        None: {
            "history": [item(1, 1_700_000_900), {"odd": 1}],
            "has_more": True,
            "last_history_item_id": "1",
        },
        "1": {
            "history": [item(2, 1_700_000_500), item(3, 1_700_000_100)],
            "has_more": True,
            "last_history_item_id": "3",
        },
    }
    since = datetime.fromtimestamp(1_700_000_300, UTC)

    found = walk_history(lambda params: pages[params.get("start_after_history_item_id")], since)

    assert [use.remote_id for use in found] == ["v1", "v2"]
