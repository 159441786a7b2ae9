"""Cloning, changing, deleting, and previewing voices at Inworld."""

import base64
import json
from typing import Any

import pytest

from catalog.providers import errors
from catalog.providers.adapters.inworld.cloning import clone_body
from catalog.providers.languages import LANGUAGES
from catalog.providers.types import CloneParams, CloneResult, SampleFile
from tests.providers.conftest import KEY, load_fixture

SLUG = "inworld"
# https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/clone-voice
DOCUMENTED = {
    "AUTO", "EN_US", "ZH_CN", "KO_KR", "JA_JP", "RU_RU", "IT_IT", "ES_ES", "PT_BR", "DE_DE",
    "FR_FR", "AR_SA", "PL_PL", "NL_NL", "HI_IN", "HE_IL",
}  # fmt: skip
MARKER = "vb1:5eb0a7c1:0f8fad5bd9cb469fa16570867728950e"
SAMPLE = SampleFile("anna.wav", "audio/wav", b"RIFF....WAVE")
ANNA = "ws-acme__anna"
PARAMS = CloneParams("Anna", (SAMPLE,), MARKER)


def voice_with(**changes: Any) -> dict[str, Any]:
    return {**load_fixture(SLUG, "voice")["body"], **changes}


def test_clone_sends_the_documented_request(server):
    server.will_answer("clone")
    params = CloneParams(
        "Anna",
        (SAMPLE,),
        MARKER,
        "Our narrator.",
        labels={"style": "warm"},
        remove_background_noise=True,
        language="en-GB",
        gender="female",
        transcript="The quick brown fox.",
    )

    with server.connect() as adapter:
        result = adapter.clone(params)

    sent_instead = "Inworld has no setting for English (UK), so English (US) was used."
    assert result == CloneResult(ANNA, note=sent_instead)
    assert server.paths() == ["POST /voices/v1/voices:clone"]
    assert json.loads(server.requests[0].content) == {
        "displayName": "Anna",
        "description": f"Our narrator.\n\n{MARKER}",
        "langCode": "EN_US",
        "tags": ["warm"],
        "voiceSamples": [
            {
                "audioData": base64.b64encode(SAMPLE.content).decode(),
                "transcription": "The quick brown fox.",
            }
        ],
        "audioProcessingConfig": {"removeBackgroundNoise": True},
    }
    assert server.requests[0].headers["content-type"] == "application/json"


def test_a_plain_clone_sends_only_the_required_fields(server):
    server.will_answer("clone")

    with server.connect() as adapter:
        adapter.clone(PARAMS)

    sent = json.loads(server.requests[0].content)
    assert sorted(sent) == ["description", "displayName", "langCode", "voiceSamples"]
    assert sent["langCode"] == "AUTO"
    assert list(sent["voiceSamples"][0]) == ["audioData"]


def test_a_long_description_is_cut_to_fit_the_marker(server):
    server.will_answer("clone")

    with server.connect() as adapter:
        adapter.clone(CloneParams("Anna", (SAMPLE,), MARKER, "word " * 200))

    description = json.loads(server.requests[0].content)["description"]
    assert description.endswith(f"\n{MARKER}")
    assert len(description) <= adapter.info.marker_length


def test_a_lone_surrogate_in_a_name_is_sent(server):
    server.will_answer("clone")

    with server.connect() as adapter:
        adapter.clone(CloneParams("Anna \ud83d", (SAMPLE,), MARKER))

    assert b"Anna \\ud83d" in server.requests[0].content


def test_a_warning_becomes_a_note_on_the_clone(server):
    server.will_answer("clone_with_warning")

    with server.connect() as adapter:
        result = adapter.clone(PARAMS)

    assert result == CloneResult(ANNA, note="Background noise detected")


@pytest.mark.parametrize("voice", [None, {}, {"voiceId": ""}, {"voiceId": 7}, "no voice"])
def test_errors_in_a_200_response_without_a_voice_are_a_rejection(server, voice):
    server.will_answer("clone_refused", voice=voice)

    with server.connect() as adapter, pytest.raises(errors.RequestRejected) as caught:
        adapter.clone(PARAMS)

    assert caught.value.message == (
        "Inworld rejected the recording: Audio is too short: 1.2 s; No speech detected"
    )


def test_errors_in_a_200_response_can_be_plain_text(server):
    server.will_send(200, {"audioSamplesValidated": [{"errors": ["Too noisy"]}]})

    with server.connect() as adapter, pytest.raises(errors.RequestRejected, match="Too noisy"):
        adapter.clone(PARAMS)


DETECTED = "so it detected the language"


@pytest.mark.parametrize(
    ("asked", "sent", "words"),
    [
        ("", "AUTO", ""),
        ("en", "EN_US", ""),
        ("en-US", "EN_US", ""),
        ("zh", "ZH_CN", ""),
        ("pt", "PT_BR", ""),
        ("pt-BR", "PT_BR", ""),
        ("iw", "HE_IL", ""),
        ("en-GB", "EN_US", "no setting for English (UK), so English (US) was used"),
        ("pt-PT", "PT_BR", "no setting for Portuguese (Portugal), so Portuguese (Brazil) was used"),
        ("fr-CA", "FR_FR", "so French (France) was used"),
        ("zh-Hant-TW", "ZH_CN", "so Chinese (China) was used"),
        ("sv", "AUTO", f"no setting for Swedish, {DETECTED}"),
        ("yue-HK", "AUTO", DETECTED),
        ("fil", "AUTO", DETECTED),
    ],
)
def test_the_closest_documented_language_is_sent_and_any_difference_noted(
    server, asked, sent, words
):
    server.will_answer("clone")

    with server.connect() as adapter:
        made = adapter.clone(CloneParams("Anna", (SAMPLE,), MARKER, language=asked))

    sent_body = json.loads(server.requests[0].content)
    assert sent_body["langCode"] == sent
    assert "languageCode" not in sent_body
    assert words in made.note
    assert bool(words) == bool(made.note)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_in_the_form_maps_to_a_documented_code(language):
    body = clone_body(CloneParams("Anna", (SAMPLE,), MARKER, language=language), 500)

    assert body["langCode"] in DOCUMENTED


def test_a_rejection_in_a_200_response_does_not_show_the_key(server):
    samples = [{"errors": [{"text": f"Bad key {KEY}"}]}]
    server.will_send(200, {"audioSamplesValidated": samples})

    with server.connect() as adapter, pytest.raises(errors.RequestRejected) as caught:
        adapter.clone(PARAMS)

    assert KEY not in caught.value.message


@pytest.mark.parametrize(
    "samples", [None, [], "none", [None, 7], [{"errors": None}], [{"errors": [{"text": ""}]}]]
)
def test_a_200_response_without_a_voice_or_a_reason_is_unknown(server, samples):
    server.will_send(200, {"voice": {}, "audioSamplesValidated": samples})

    with server.connect() as adapter, pytest.raises(errors.OutcomeUnknown):
        adapter.clone(PARAMS)


@pytest.mark.parametrize(("headers", "wait"), [({}, 60), ({"retry-after": "12"}, 12)])
def test_too_many_clones_wait_a_minute_unless_the_response_says_otherwise(server, headers, wait):
    answer = load_fixture(SLUG, "error_rate")
    server.will_send(answer["status"], answer["body"], headers)

    with server.connect() as adapter, pytest.raises(errors.TryLater) as caught:
        adapter.clone(PARAMS)

    assert caught.value.retry_after == wait


def test_rename_resends_the_description_and_the_tags(server):
    server.will_answer("voice").will_answer("voice")

    with server.connect() as adapter:
        adapter.rename(ANNA, "Annette")

    path = f"/voices/v1/voices/{ANNA}"
    assert server.paths() == [f"GET {path}", f"PATCH {path}"]
    assert json.loads(server.requests[1].content) == {
        "displayName": "Annette",
        "description": f"Our narrator.\n\n{MARKER}",
        "tags": ["warm", "british"],
    }


@pytest.mark.parametrize(("given", "sent"), [("Another.", f"Another.\n\n{MARKER}"), ("", MARKER)])
def test_a_changed_description_keeps_the_marker(server, given, sent):
    server.will_answer("voice").will_answer("voice")

    with server.connect() as adapter:
        adapter.rename(ANNA, "Annette", given)

    assert json.loads(server.requests[1].content)["description"] == sent


def test_rename_of_a_voice_with_odd_fields_sends_what_is_valid(server):
    server.will_answer("voice", description=["x"], tags=[1, "warm"]).will_answer("voice")

    with server.connect() as adapter:
        adapter.rename(ANNA, "Annette")

    sent = json.loads(server.requests[1].content)
    assert (sent["description"], sent["tags"]) == ("", ["warm"])


def test_a_rename_whose_response_was_lost_can_be_repeated(server):
    server.will_answer("voice").will_answer("error_server")

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.rename(ANNA, "Annette")


def test_delete_sends_one_request(server):
    server.will_answer("deleted")

    with server.connect() as adapter:
        adapter.delete(ANNA)

    assert server.paths() == [f"DELETE /voices/v1/voices/{ANNA}"]


@pytest.mark.parametrize("remote_id", ["", ".", ".."])
def test_an_id_that_would_change_the_path_is_not_sent(server, remote_id):
    with server.connect() as adapter, pytest.raises(errors.NotFound):
        adapter.delete(remote_id)


@pytest.mark.parametrize("is_nested", [False, True])
def test_preview_requests_the_voice_by_id_and_decodes_the_audio(server, is_nested):
    body = load_fixture(SLUG, "preview")["body"]
    server.will_send(200, {"result": body} if is_nested else body)

    with server.connect() as adapter:
        clip = adapter.preview("a&b=c")

    assert (clip.content[:3], clip.content_type) == (b"ID3", "audio/mpeg")
    assert server.paths() == ["GET /tts/v1/voice:preview"]
    assert dict(server.requests[0].url.params) == {
        "voice_id": "a&b=c",
        "model_id": "inworld-tts-1.5-max",
    }


@pytest.mark.parametrize(
    "body",
    [{}, {"audioContent": ""}, {"audioContent": "no base64!"}, {"audioContent": 7},
     {"audioContent": "é"}, {"result": {}}, {"result": None}, {"audioContent": "AAA"}],
)  # fmt: skip
def test_a_response_that_is_not_audio_is_not_a_preview(server, body):
    server.will_send(200, body)

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.preview("Alex")


def test_a_preview_of_9_mb_is_accepted(server):
    sound = b"ID3" + bytes(9 * 1024 * 1024)
    server.will_send(200, {"audioContent": base64.b64encode(sound).decode()})

    with server.connect() as adapter:
        assert len(adapter.preview("Alex").content) == len(sound)
