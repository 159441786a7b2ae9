"""The official Telnyx client works with the sandbox as it does with Telnyx."""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from catalog.sandbox import Sandbox, running_sandbox
from catalog.sandbox.waveforms import decode_recording
from tests.sandbox.conftest import hum

telnyx = pytest.importorskip("telnyx")
pytestmark = pytest.mark.sdk


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with running_sandbox(voices=60) as sandbox:
        yield sandbox


@pytest.fixture
def sign_on(running: Sandbox) -> Iterator[Callable[[str], Any]]:
    """Return a function that opens the official client with a key of the sandbox."""
    running.reset()
    with ExitStack() as clients:

        def _sign_on(kind: str) -> Any:
            client = telnyx.Telnyx(
                api_key=f"sandbox-telnyx-{kind}", base_url=running.url("telnyx"), max_retries=0
            )
            return clients.enter_context(client)

        yield _sign_on


@pytest.fixture
def client(sign_on: Callable[[str], Any]) -> Any:
    return sign_on("full")


def upload(client: Any, name: str = "Nora", **more: Any) -> Any:
    payload = {
        "audio_file": ("nora.wav", hum(200, 6), "audio/wav"),
        "name": name,
        "language": "en",
        "gender": "female",
        "provider": "telnyx",
        **more,
    }
    return client.voice_clones.create_from_upload(voice_clone_upload_request=payload).data


def test_list_pages_through_all_clones(client):
    clones = list(client.voice_clones.list(page_size=2))

    assert len({clone.id for clone in clones}) == len(clones) == 5


def test_list_accepts_filters_and_an_order(client):
    upload(client, "Zoë")

    named = list(client.voice_clones.list(filter_name="zO"))
    minimax = list(client.voice_clones.list(filter_provider="minimax"))
    ordered = [clone.name for clone in client.voice_clones.list(sort="name")]

    assert [clone.name for clone in named] == ["Zoë"]
    assert {clone.provider for clone in minimax} == {"Minimax"}
    assert ordered == sorted(ordered, key=str.casefold)


def test_a_clone_can_be_created_changed_played_and_deleted(client):
    made = upload(client)

    changed = client.voice_clones.update(made.id, name="Norah", gender="neutral").data
    sample = client.voice_clones.download_sample(made.id).read()
    client.voice_clones.delete(made.id)

    assert (made.status, made.api_model_id, made.provider_voice_id) == (
        "active",
        "Qwen3TTS",
        made.id,
    )
    assert (changed.name, changed.gender, changed.language) == ("Norah", "neutral", "en")
    assert sample == hum(200, 6)
    assert made.id not in [clone.id for clone in client.voice_clones.list()]


def test_a_clone_can_be_made_from_a_voice_design(client):
    [designed] = [clone for clone in client.voice_clones.list() if clone.source_voice_design_id]
    payload = {
        "name": "Teller",
        "language": "en",
        "gender": "neutral",
        "voice_design_id": designed.source_voice_design_id,
    }

    made = client.voice_clones.create(voice_clone_request=payload).data

    assert (made.name, made.provider, made.label) == ("Teller", "telnyx", designed.label)
    assert made.source_voice_design_id == designed.source_voice_design_id
    with pytest.raises(telnyx.NotFoundError, match="Voice design not found"):
        client.voice_clones.create(voice_clone_request={**payload, "voice_design_id": "none"})


def test_an_ultra_clone_is_pending_and_then_active(running, client):
    limits = {"provider": "telnyx", "account": "full", "values": {"ultra_seconds": 0.2}}
    httpx.post(f"{running.address}/_control/accounts", json=limits).raise_for_status()

    made = upload(client, model_id="Ultra")
    while (now := client.voice_clones.list().data[0]).status == "pending":
        time.sleep(0.05)

    assert made.status == "pending"
    assert (now.id, now.status) == (made.id, "active")


def test_voices_of_many_vendors_are_listed(client):
    everything = client.text_to_speech.list_voices().voices
    house = client.text_to_speech.list_voices(provider="telnyx").voices

    assert {"telnyx", "aws", "azure", "minimax", "xai"} == {v.provider for v in everything}
    assert len(house) == 60
    assert all(voice.voice_id.startswith("Telnyx.") for voice in house)


def test_a_text_can_be_spoken(client):
    voice = client.text_to_speech.list_voices(provider="telnyx").voices[0]

    answer = client.text_to_speech.generate_speech(
        text="Hello from the sandbox.", voice=voice.voice_id, output_type="base64_output"
    )

    assert decode_recording(base64.b64decode(answer.base64_audio)).seconds > 1


def test_the_balance_is_parsed(client):
    assert client.balance.retrieve().data.currency == "USD"


def test_errors_are_passed_to_the_caller(sign_on):
    full, readonly, broke = sign_on("full"), sign_on("readonly"), sign_on("broke")

    refusals = []
    for act in (
        lambda: list(sign_on("nobody").voice_clones.list()),
        lambda: upload(readonly),
        lambda: upload(broke),
        lambda: full.voice_clones.delete("nothing"),
        lambda: upload(full, provider="minimax"),
        lambda: upload(full, audio_file=("nora.wav", b"no sound", "audio/wav")),
    ):
        with pytest.raises(telnyx.APIStatusError) as refused:
            act()
        [error] = refused.value.body["errors"]
        refusals.append((refused.value.status_code, error["code"]))

    assert refusals == [
        (401, "10009"),
        (403, "10010"),
        (403, "20100"),
        (404, "10005"),
        (422, "10038"),
        (400, "10015"),
    ]
