"""Inworld voices: clones, changes, keys, and audio."""

import base64

import httpx
import pytest

from catalog.sandbox.waveforms import decode_recording, median_pitch
from tests.sandbox.conftest import hum
from tests.sandbox.inworld.conftest import VOICES, clone, found, sample


def test_a_clone_can_be_created_read_changed_and_deleted(inworld):
    made = clone(inworld, "Žofie", description="Mine", tags=["demo"])
    voice_id = made["voice"]["voiceId"]
    path = f"{VOICES}/{voice_id}"

    assert made["voice"] == inworld.get(path).json()
    assert (made["voice"]["source"], made["voice"]["gender"]) == ("IVC", "")
    assert voice_id.startswith("sandbox-full__")
    assert made["voice"]["name"].startswith("workspaces/sandbox-full/voices/")
    assert base64.b64decode(made["audioSamplesValidated"][0]["audioData"]) == hum(200, 6)

    changed = inworld.patch(path, json={"displayName": "Zoë", "gender": "female"}).json()
    assert (changed["displayName"], changed["description"]) == ("Zoë", "Mine")
    assert inworld.get(path).json()["gender"] == "female"

    assert inworld.delete(path).json() == {}
    gone = inworld.get(path)
    assert (gone.status_code, gone.json()["code"]) == (404, 5)
    assert len(found(inworld)) == 65


@pytest.mark.parametrize("asked", [{}, {"langCode": "AUTO"}])
@pytest.mark.parametrize(
    ("name", "said", "code", "tag"),
    [
        ("Nora", "", "EN_US", "en-US"),
        ("Giulia", "", "IT_IT", "it-IT"),
        ("서연", "", "KO_KR", "ko-KR"),
        ("Nora", "Das ist die Stimme, und ich bin nicht müde.", "DE_DE", "de-DE"),
        ("Nora", "こんにちは、元気ですか", "JA_JP", "ja-JP"),
        ("Håkan", "", "AUTO", "sv-SE"),
    ],
)
def test_the_language_is_detected_from_the_sample_if_none_is_given(
    inworld, asked, name, said, code, tag
):
    spoken = sample(hum(200, 6), **({"transcription": said} if said else {}))
    body = {"displayName": name, "voiceSamples": [spoken], **asked}

    made = inworld.post(f"{VOICES}:clone", json=body).json()

    assert (made["voice"]["langCode"], made["voice"]["promptLanguages"]) == (code, [tag])
    assert made["audioSamplesValidated"][0]["langCode"] == code


def test_a_sample_that_is_not_audio_is_reported_in_a_200_response(inworld):
    made = clone(inworld, voiceSamples=[sample(b"no sound")])

    assert made["voice"] is None
    assert "cannot be decoded" in made["audioSamplesValidated"][0]["errors"][0]["text"]
    assert len(found(inworld)) == 65


def test_one_good_sample_of_two_is_enough_for_a_voice(inworld):
    samples = [sample(b"no sound"), sample(hum(150, 20), transcription="Hm")]

    made = clone(inworld, voiceSamples=samples)
    bad, good = made["audioSamplesValidated"]

    assert made["voice"]["displayName"] == "Nora"
    assert bad["errors"]
    assert not good["errors"]
    assert "trimmed" in good["warnings"][0]["text"]
    assert good["transcription"] == "Hm"


@pytest.mark.parametrize(
    "changes",
    [
        {"displayName": " "},
        {"voiceSamples": []},
        {"voiceSamples": [{"audioData": "%%%"}]},
        {"voiceSamples": [sample(bytes(4_000_001))]},
        {"langCode": "XX_XX"},
        {"languageCode": "en-US"},
    ],
)
def test_an_invalid_clone_is_refused(inworld, changes):
    body = {"displayName": "Nora", "langCode": "EN_US", "voiceSamples": [sample(hum(200))]}

    answer = inworld.post(f"{VOICES}:clone", json={**body, **changes})

    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert len(found(inworld)) == 65


def test_the_sixth_clone_within_a_minute_is_refused(inworld):
    for number in range(5):
        clone(inworld, f"Nora {number}")

    body = {"displayName": "Nora 6", "voiceSamples": [sample(hum(200))]}
    answer = inworld.post(f"{VOICES}:clone", json=body)

    assert (answer.status_code, answer.json()["code"]) == (429, 8)
    assert len(found(inworld)) == 70


def test_a_system_voice_can_be_neither_changed_nor_deleted(inworld):
    [voice, *_] = found(inworld, filter='source="SYSTEM"')
    path = f"{VOICES}/{voice['voiceId']}"

    answers = [inworld.delete(path), inworld.patch(path, json={"displayName": "Mine"})]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, 7)] * 2


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "sandbox-inworld-full"},
        {"Authorization": "Bearer sandbox-inworld-full"},
        {"Authorization": "Basic sandbox-inworld-nobody"},
        {"Authorization": "Basic sandbox-telnyx-full"},
    ],
)
def test_a_wrong_key_or_scheme_is_refused(sandbox, headers):
    answer = httpx.get(sandbox.url("inworld", VOICES), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, 16)


def test_a_key_without_write_permission_can_only_read(sign_on):
    readonly = sign_on("readonly")
    own = found(readonly, filter='source="IVC"')[0]["voiceId"]

    answers = [
        readonly.post(f"{VOICES}:clone", json={}),
        readonly.patch(f"{VOICES}/{own}", json={"displayName": "New"}),
        readonly.delete(f"{VOICES}/{own}"),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, 7)] * 3
    assert readonly.get("/tts/v1/voice:preview", params={"voice_id": own}).status_code == 200


def test_an_account_without_credit_can_still_play_previews(sign_on):
    broke = sign_on("broke")
    body = {"displayName": "Nora", "voiceSamples": [sample(hum(200))]}
    voice_id = found(broke)[0]["voiceId"]

    refused = broke.post(f"{VOICES}:clone", json=body)

    assert refused.status_code == 400
    assert "credits" in refused.json()["message"]
    assert broke.get("/tts/v1/voice:preview", params={"voice_id": voice_id}).status_code == 200


def test_each_voice_has_its_own_spoken_preview(inworld):
    ids = [voice["voiceId"] for voice in found(inworld)[:4]]

    answers = [inworld.get("/tts/v1/voice:preview", params={"voice_id": i}) for i in ids]
    contents = {base64.b64decode(answer.json()["audioContent"]) for answer in answers}

    assert len(contents) == 4
    assert all(1 < decode_recording(content).seconds < 10 for content in contents)


def test_the_preview_can_be_nested_as_the_real_service_did_once(inworld, configure):
    configure("inworld", nests_preview=True)
    voice_id = found(inworld)[0]["voiceId"]

    answer = inworld.get("/tts/v1/voice:preview", params={"voice_id": voice_id})

    assert list(answer.json()) == ["result"]


def test_clones_speak_at_the_pitch_of_their_samples(inworld):
    pitches = []
    for pitch in (100, 230):
        voice = clone(inworld, voiceSamples=[sample(hum(pitch, 6))])["voice"]["voiceId"]
        body = {"text": "Hello from the sandbox.", "voiceId": voice, "modelId": "inworld-tts-2"}
        config = {"audioEncoding": "LINEAR16", "sampleRateHertz": 24_000}
        answer = inworld.post("/tts/v1/voice", json={**body, "audioConfig": config})
        content = base64.b64decode(answer.json()["audioContent"])
        assert content[:4] == b"RIFF"
        pitches.append(median_pitch(decode_recording(content)))

    deep, high = pitches
    assert deep * 1.4 < high


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"text": ""}, 3),
        ({"text": "a" * 2001}, 3),
        ({"modelId": "another"}, 3),
        ({"modelId": ["x"]}, 3),
        ({"audioConfig": "loud"}, 3),
        ({"audioConfig": {"audioEncoding": "8TRACK"}}, 3),
        ({"voiceId": "Nobody"}, 5),
    ],
)
def test_an_invalid_speech_request_is_refused(inworld, changes, code):
    voice_id = found(inworld)[0]["voiceId"]
    body = {"text": "Hello", "voiceId": voice_id, "modelId": "inworld-tts-2"}

    answer = inworld.post("/tts/v1/voice", json={**body, **changes})

    assert answer.json()["code"] == code


def test_the_slots_count_professional_clones(inworld):
    limits = inworld.get("/voices/v1/pvcVoices:resolveUploadLimits").json()

    assert limits == {"usedPvcVoiceSlots": 1, "maxPvcVoiceSlots": 2}


def test_faults_have_the_google_rpc_format(inworld, spoil):
    spoil("rate_limit", provider="inworld", retry_after=3)
    spoil("error_before", provider="inworld", status=503)

    busy, down = inworld.get(VOICES), inworld.get(VOICES)

    assert (busy.status_code, busy.json()["code"], busy.headers["retry-after"]) == (429, 8, "3")
    assert (down.status_code, down.json()["code"]) == (503, 14)


def test_an_unknown_address_is_not_found(inworld):
    answer = inworld.post("/voices/v1/nothing")

    assert (answer.status_code, answer.json()["code"]) == (404, 5)
