"""Speech at Telnyx: voices of many vendors, and clones."""

import base64

import pytest

from catalog.sandbox.waveforms import decode_recording, median_pitch
from tests.sandbox.conftest import hum
from tests.sandbox.telnyx.conftest import clones, upload


def test_voices_are_listed_without_a_wrapper_and_from_other_vendors_too(client):
    body = client.get("/text-to-speech/voices").json()
    house = client.get("/text-to-speech/voices", params={"provider": "telnyx"}).json()["voices"]

    assert list(body) == ["voices"]
    assert len(house) == 60
    assert {voice["provider"] for voice in body["voices"]} > {"telnyx", "aws", "azure"}
    assert all(voice["hosted"] == (voice["provider"] == "telnyx") for voice in body["voices"])


def test_voices_can_be_listed_in_the_format_seen_at_the_real_service(client, limit):
    limit(voices_as_seen=True)

    voice = client.get("/text-to-speech/voices").json()["voices"][0]

    assert "voice_id" not in voice
    assert voice["id"].startswith(f"Telnyx.{voice['model_id']}.")


def test_clones_speak_at_the_pitch_of_their_samples(client):
    pitches = []
    for pitch in (100, 230):
        made = upload(client, hum(pitch, 6)).json()["data"]
        voice = f"Telnyx.{made['model_id']}.{made['provider_voice_id']}"
        payload = {"voice": voice, "text": "Hello again, this is the same old sentence."}
        answer = client.post("/text-to-speech/speech", json=payload)
        assert answer.headers["content-type"] == "audio/mpeg"
        pitches.append(median_pitch(decode_recording(answer.content)))

    deep, high = pitches
    assert deep * 1.4 < high


def test_voices_sound_different_and_audio_can_be_base64(client):
    voices = client.get("/text-to-speech/voices").json()["voices"][:3]
    payload = {"text": "Hello", "output_type": "base64_output"}

    spoken = {
        client.post("/text-to-speech/speech", json={**payload, "voice": v["voice_id"]}).json()[
            "base64_audio"
        ]
        for v in voices
    }

    assert len({base64.b64decode(text) for text in spoken}) == 3


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"text": "Hello"}, "voice"),
        ({"text": "Hello", "voice": "Telnyx.NaturalHD.nobody"}, "voice"),
        ({"voice": "any"}, "text"),
        ({"voice": "any", "text": "a" * 5001}, "text"),
    ],
)
def test_an_invalid_speech_request_is_refused_with_errors_by_field(client, payload, field):
    answer = client.post("/text-to-speech/speech", json=payload)

    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]


def test_an_expired_clone_does_not_speak(client):
    [clone] = [clone for clone in clones(client) if clone.get("status") == "expired"]
    payload = {"voice": f"Telnyx.Ultra.{clone['provider_voice_id']}", "text": "Hello"}

    answer = client.post("/text-to-speech/speech", json=payload)

    assert answer.json()["errors"] == {"voice": ["is expired"]}
