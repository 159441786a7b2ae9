"""ElevenLabs keys: which are accepted, and what each can do."""

import httpx
import pytest

from tests.sandbox.conftest import clone, hum, own_names


@pytest.mark.parametrize(
    "key",
    [
        "sandbox-elevenlabs-nobody",
        "sandbox-inworld-full",
        "sandbox-elevenlabs-full-",
        "sandbox-elevenlabs-full-two",
        "sk_0123456789abcdef",
    ],
)
def test_an_unknown_key_is_refused(sandbox, key):
    answer = httpx.get(sandbox.url("elevenlabs", "/v2/voices"), headers={"xi-api-key": key})

    assert answer.status_code == 401
    assert answer.json()["detail"]["status"] == "invalid_api_key"
    assert key not in answer.text


def test_a_request_without_a_key_is_refused(sandbox):
    answer = httpx.get(sandbox.url("elevenlabs", "/v2/voices"))

    assert answer.status_code == 401
    assert answer.json()["detail"]["status"] == "needs_authorization"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/voices/add"),
        ("POST", "/v1/voices/{id}/edit"),
        ("DELETE", "/v1/voices/{id}"),
        ("DELETE", "/v1/voices/{id}/samples/{sample}"),
        ("POST", "/v1/voices/{id}/settings/edit"),
    ],
)
def test_a_readonly_key_cannot_write_even_with_invalid_data(connect, method, path):
    client = connect("readonly")
    voice = client.get("/v2/voices", params={"voice_type": "personal"}).json()["voices"][0]
    sample = voice["samples"][0]["sample_id"]

    answer = client.request(method, path.format(id=voice["voice_id"], sample=sample))

    assert answer.status_code == 401
    detail = answer.json()["detail"]
    assert detail["status"] == "missing_permissions"
    assert detail["message"] == (
        "The API key you used is missing the permission voices_write to execute this operation."
    )
    assert detail["request_id"] == answer.headers["request-id"]
    assert len(own_names(client)) == 2


@pytest.mark.parametrize(
    "path",
    ["/v2/voices", "/v1/voices", "/v1/voices/settings/default", "/v1/user", "/v1/models"],
)
def test_a_readonly_key_can_read(connect, path):
    assert connect("readonly").get(path).status_code == 200


def test_every_response_has_a_unique_request_id(full):
    ids = {full.get(path).headers["request-id"] for path in ("/v1/user", "/v1/user", "/nothing")}

    assert len(ids) == 3


def test_a_readonly_key_can_play_its_samples(connect):
    client = connect("readonly")
    voice = client.get("/v2/voices", params={"voice_type": "personal"}).json()["voices"][0]

    path = f"/v1/voices/{voice['voice_id']}/samples/{voice['samples'][0]['sample_id']}/audio"

    assert client.get(path).status_code == 200


def test_a_full_key_can_create_and_delete_voices(full):
    voice_id = clone(full)

    assert full.delete(f"/v1/voices/{voice_id}").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v3/voices", 404), ("PUT", "/v2/voices", 405), ("GET", "/", 404)],
)
def test_unknown_paths_and_methods_get_a_plain_message(full, method, path, status):
    answer = full.request(method, path)

    assert answer.status_code == status
    assert isinstance(answer.json()["detail"], str)


def test_a_broke_account_has_neither_slots_nor_credit(connect):
    client = connect("broke")
    usage = client.get("/v1/user/subscription").json()

    assert usage["voice_slots_used"] == usage["voice_limit"]
    assert usage["character_count"] == usage["character_limit"]


def test_a_broke_account_cannot_clone(connect):
    files = [("files", ("a.wav", hum(150), "audio/wav"))]

    answer = connect("broke").post("/v1/voices/add", data={"name": "One more"}, files=files)

    assert answer.status_code == 400
    assert answer.json()["detail"] == {
        "status": "voice_limit_reached",
        "message": "You have reached your maximum amount of custom voices (3 / 3). You can upgrade"
        " your subscription to increase your custom voice limit.",
    }


def test_a_broke_account_can_clone_again_when_a_slot_is_free(connect):
    client = connect("broke")
    voice = client.get("/v2/voices", params={"voice_type": "personal"}).json()["voices"][0]

    client.delete(f"/v1/voices/{voice['voice_id']}").raise_for_status()

    assert clone(client, "After all")


def test_a_broke_account_cannot_speak(connect):
    client = connect("broke")
    voice_id = client.get("/v2/voices").json()["voices"][0]["voice_id"]

    answer = client.post(f"/v1/text-to-speech/{voice_id}", json={"text": "Hello"})

    assert answer.status_code == 401
    assert answer.json()["detail"]["status"] == "quota_exceeded"
