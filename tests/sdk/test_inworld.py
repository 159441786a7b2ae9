"""The official Inworld client works with the sandbox as it does with Inworld."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from catalog.sandbox import Sandbox, running_sandbox
from catalog.sandbox.waveforms import decode_recording
from tests.sandbox.conftest import hum

inworld_tts = pytest.importorskip("inworld_tts")
pytestmark = pytest.mark.sdk

EVERYTHING = 65


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with running_sandbox(voices=60) as sandbox:
        yield sandbox


@pytest.fixture
def sign_on(running: Sandbox) -> Callable[[str], Any]:
    """Return a function that opens the official client with a key of the sandbox."""
    running.reset()

    def _sign_on(kind: str) -> Any:
        return inworld_tts.InworldTTS(
            api_key=f"sandbox-inworld-{kind}", base_url=running.url("inworld")
        )

    return _sign_on


@pytest.fixture
def client(sign_on: Callable[[str], Any]) -> Any:
    return sign_on("full")


def test_the_list_is_complete_and_can_be_filtered(client):
    everything = client.list_voices()
    german = client.list_voices(lang="DE_DE")
    several = client.list_voices(lang=["DE_DE", "FR_FR"])

    assert len(everything) == EVERYTHING
    assert {voice["langCode"] for voice in german} == {"DE_DE"}
    assert {voice["langCode"] for voice in several} == {"DE_DE", "FR_FR"}


def test_a_clone_can_be_created_read_changed_and_deleted(client):
    made = client.clone_voice(
        [hum(200, 6)],
        display_name="Žofie",
        lang="EN_US",
        transcriptions=["Hello"],
        description="Marked",
        tags=["demo"],
        remove_background_noise=True,
    )
    voice_id = made["voice"]["voiceId"]

    assert made["audioSamplesValidated"][0]["transcription"] == "Hello"
    assert client.get_voice(voice_id)["displayName"] == "Žofie"
    changed = client.update_voice(voice_id, display_name="Zoë")
    assert (changed["displayName"], changed["description"]) == ("Zoë", "Marked")

    client.delete_voice(voice_id)
    with pytest.raises(inworld_tts.ApiError) as refused:
        client.get_voice(voice_id)
    assert (refused.value.code, refused.value.details["code"]) == (404, 5)


def test_a_voice_can_be_designed_played_and_published(client):
    prompt = "A calm and warm storyteller by the fire."

    made = client.design_voice(
        design_prompt=prompt, preview_text="Hello.", lang="DE_DE", number_of_samples=2
    )
    first, second = made["previewVoices"]
    kept = client.publish_voice(first["voiceId"], display_name="Teller", tags=["calm"])

    assert decode_recording(base64.b64decode(first["previewAudio"])).seconds > 0.2
    assert (kept["displayName"], kept["langCode"], kept["source"]) == ("Teller", "DE_DE", "IVC")
    listed = {voice["voiceId"] for voice in client.list_voices()}
    assert first["voiceId"] in listed
    assert second["voiceId"] not in listed


def test_an_unusable_sample_is_returned_with_errors(client):
    made = client.clone_voice([b"no sound"], display_name="Nora")

    assert made["voice"] is None
    assert made["audioSamplesValidated"][0]["errors"][0]["text"]


@pytest.mark.parametrize("encoding", ["MP3", "LINEAR16"])
def test_a_text_can_be_spoken(client, encoding):
    voice = client.list_voices()[0]["voiceId"]

    content = client.generate("Hello from the sandbox.", voice=voice, encoding=encoding)

    assert decode_recording(content).seconds > 1


def test_errors_are_passed_to_the_caller(sign_on):
    refusals = []
    for kind, act in (
        ("nobody", lambda client: client.list_voices()),
        ("readonly", lambda client: client.clone_voice([hum(200)], display_name="Nora")),
        ("broke", lambda client: client.clone_voice([hum(200)], display_name="Nora")),
    ):
        with pytest.raises(inworld_tts.ApiError) as refused:
            act(sign_on(kind))
        refusals.append((refused.value.code, refused.value.details["code"]))

    assert refusals == [(401, 16), (403, 7), (400, 9)]
