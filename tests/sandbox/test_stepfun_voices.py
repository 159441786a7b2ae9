"""The StepFun sandbox: cursors, two-step clones, voices without names, and speech."""

import base64
from typing import Any

import httpx
import pytest

from catalog.sandbox.waveforms import decode_recording, median_pitch
from tests.sandbox.conftest import Connect, hum

Json = dict[str, Any]


@pytest.fixture
def sign_on(open_client) -> Connect:
    """Return a function that opens a StepFun client with one of the sandbox's keys."""

    def _sign_on(kind: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer sandbox-stepfun-{kind}"}
        return open_client("stepfun", headers, timeout=60)

    return _sign_on


@pytest.fixture
def client(sign_on) -> httpx.Client:
    return sign_on("full")


def upload(client: httpx.Client, content: bytes | None = None, **fields: str) -> httpx.Response:
    data = {"purpose": "storage", **fields}
    sample = hum(200, 6) if content is None else content
    return client.post("/files", data=data, files={"file": ("nora.wav", sample)})


def clone(client: httpx.Client, content: bytes | None = None, **more: Any) -> httpx.Response:
    payload = {"model": "step-tts-2", "file_id": upload(client, content).json()["id"]}
    return client.post("/audio/voices", json={**payload, **more})


def listed(client: httpx.Client, **params: Any) -> Json:
    answer = client.get("/audio/voices", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def system(client: httpx.Client) -> Json:
    return client.get("/audio/system_voices", params={"model": "step-tts-2"}).json()


def balance(client: httpx.Client) -> float:
    return client.get("/accounts").json()["balance"]


def failure(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["message"]
    return answer.status_code, error["type"]


def ids(page: Json) -> list[str]:
    return [voice["id"] for voice in page["data"]]


def test_own_voices_have_only_ids_and_a_date(client):
    page = listed(client)

    assert (page["object"], len(page["data"]), page["has_more"]) == ("list", 4, False)
    assert all(list(voice) == ["id", "file_id", "created_at"] for voice in page["data"])
    assert (page["first_id"], page["last_id"]) == (ids(page)[0], ids(page)[-1])


def test_the_newest_voice_comes_first_by_default(client):
    made = clone(client).json()["id"]

    newest, oldest = ids(listed(client)), ids(listed(client, order="asc"))

    assert newest[0] == made
    assert newest == oldest[::-1]


def test_the_cursor_leads_to_the_end_of_the_list(client):
    found, after = [], ""
    while True:
        page = listed(client, limit="3", after=after)
        found += ids(page)
        after = page["last_id"]
        if not page["has_more"]:
            break

    assert found == ids(listed(client))


def test_the_cursor_can_go_backward(client):
    whole = ids(listed(client))

    page = listed(client, before=whole[3], limit=2)

    assert (ids(page), page["has_more"]) == (whole[1:3], True)
    assert not listed(client, before=whole[2], limit=2)["has_more"]


def test_the_list_after_the_last_voice_is_empty(client):
    last = listed(client)["last_id"]

    page = listed(client, after=last)

    assert (page["data"], page["has_more"], page["first_id"]) == ([], False, "")


@pytest.mark.parametrize(
    "params", [{"limit": 0}, {"limit": 101}, {"limit": "all"}, {"order": "up"}, {"after": "no"}]
)
def test_an_invalid_list_request_is_refused(client, params):
    answer = client.get("/audio/voices", params=params)

    assert failure(answer) == (400, "request_params_invalid")


def test_system_voices_are_described_in_chinese(client):
    body = system(client)
    details = body["voices-details"]

    assert list(body) == ["voices", "voices-details"]
    assert len(body["voices"]) == len(set(body["voices"])) == 60
    assert list(details) == body["voices"]
    assert {detail["voice-description"][0] for detail in details.values()} > {"男", "女"}
    assert "" in {detail["voice-name"] for detail in details.values()}
    assert any("、" in detail["recommended_scene"] for detail in details.values())


@pytest.mark.parametrize("params", [{}, {"model": "step-1"}])
def test_system_voices_of_an_unknown_model_are_refused(client, params):
    assert failure(client.get("/audio/system_voices", params=params))[0] == 400


def test_a_file_is_stored_under_its_name(client):
    stored = upload(client).json()

    assert (stored["object"], stored["filename"]) == ("file", "nora.wav")
    assert stored["bytes"] == len(hum(200, 6))


@pytest.mark.parametrize(
    "fields",
    [{"name": "Nora"}, {"purpose": "storage"}, {"purpose": "storage", "url": "https://a.org/b"}],
)
def test_an_invalid_upload_is_refused(client, fields):
    answer = client.post("/files", files={name: (None, text) for name, text in fields.items()})

    assert failure(answer)[0] == 400


def test_cloning_the_same_file_again_returns_the_same_voice_for_free(client):
    before = balance(client)
    payload = {"model": "step-tts-2", "file_id": upload(client).json()["id"], "text": "As spoken"}

    first = client.post("/audio/voices", json=payload).json()
    again = client.post("/audio/voices", json=payload).json()

    assert first == {"id": first["id"], "object": "audio.voice"}
    assert again == {**first, "duplicated": True}
    assert balance(client) == pytest.approx(before - 1.5)
    assert listed(client)["data"][0]["file_id"] == payload["file_id"]
    assert len(listed(client)["data"]) == 5


@pytest.mark.parametrize(
    "more",
    [
        {"model": "stepaudio-3-tts"},
        {"model": None},
        {"file_id": "file-nothing"},
        {"file_id": None},
        {"text": 5},
        {"content": b"no sound"},
        {"content": hum(200, 2)},
        {"content": hum(200, 12)},
    ],
)
def test_an_invalid_clone_is_refused_and_costs_nothing(client, more):
    before = balance(client)

    assert failure(clone(client, **more)) == (400, "request_params_invalid")
    assert len(listed(client)["data"]) == 4
    assert balance(client) == before


def test_files_are_listed_with_their_names(client):
    stored = upload(client).json()

    assert client.get("/files").json() == {"data": [stored], "object": "list"}


def test_deleting_a_file_keeps_its_voice(client):
    file_id = upload(client).json()["id"]
    client.post("/audio/voices", json={"model": "step-tts-2", "file_id": file_id})

    deleted = client.delete(f"/files/{file_id}").json()

    assert deleted == {"id": file_id, "object": "file", "deleted": True}
    assert listed(client)["data"][0]["file_id"] == file_id


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "POST", "DELETE"])
def test_a_single_voice_has_no_address(client, method):
    voice_id = ids(listed(client))[0]

    answer = client.request(method, f"/audio/voices/{voice_id}")

    assert failure(answer)[0] == 404
    assert len(listed(client)["data"]) == 4


def test_a_clone_can_be_previewed_before_it_is_created(client):
    payload = {
        "model": "step-tts-2",
        "file_id": upload(client).json()["id"],
        "sample_text": "Hello",
    }

    body = client.post("/audio/voices/preview", json=payload).json()

    assert body["sample_text"] == "Hello"
    assert decode_recording(base64.b64decode(body["sample_audio"])).seconds > 0.3
    assert len(listed(client)["data"]) == 4
    assert (
        failure(client.post("/audio/voices/preview", json={**payload, "sample_text": ""}))[0] == 400
    )


def speech(client: httpx.Client, **more: Any) -> httpx.Response:
    payload = {"model": "step-tts-2", "input": "Hello from the sandbox.", **more}
    return client.post("/audio/speech", json=payload)


def test_clones_speak_at_the_pitch_of_their_samples(client):
    pitches = []
    for pitch in (100, 230):
        answer = speech(client, voice=clone(client, hum(pitch, 6)).json()["id"])
        assert answer.headers["content-type"] == "audio/mpeg"
        pitches.append(median_pitch(decode_recording(answer.content)))

    deep, high = pitches
    assert deep * 1.4 < high


def test_the_newest_model_ignores_the_voice_of_a_clone(client):
    own, first = clone(client).json()["id"], system(client)["voices"][0]

    cloned, builtin = (
        speech(client, voice=voice, model="stepaudio-3-tts", response_format="wav").content
        for voice in (own, first)
    )

    assert cloned == builtin


def test_speech_can_be_fetched_from_a_url(client):
    voice = system(client)["voices"][1]

    body = speech(client, voice=voice, return_url=True).json()
    fetched = httpx.get(body["data"]["url"])

    assert body["created"]
    assert fetched.headers["content-type"] == "audio/mpeg"
    assert fetched.content == speech(client, voice=voice).content
    assert httpx.get(body["data"]["url"].replace("_files/", "_files/a")).status_code == 404


@pytest.mark.parametrize(
    "more",
    [{"model": "gpt"}, {"input": ""}, {"input": "a" * 1001}, {"voice": "nobody"}, {"voice": 5},
     {"response_format": "midi"}, {"speed": 3}, {"volume": "loud"}, {"instruction": "a" * 201}],
)  # fmt: skip
def test_an_invalid_speech_request_is_refused(client, more):
    answer = speech(client, **{"voice": system(client)["voices"][0], **more})

    assert failure(answer) == (400, "request_params_invalid")


@pytest.mark.parametrize("header", ["", "sandbox-stepfun-full", "Bearer sandbox-noiz-full"])
def test_a_wrong_key_or_scheme_is_refused(sandbox, header):
    url = sandbox.url("stepfun", "/audio/voices")

    assert failure(httpx.get(url, headers={"Authorization": header})) == (401, "invalid_api_key")


def test_accounts_without_permission_or_money_cannot_clone(sign_on):
    readonly, broke = sign_on("readonly"), sign_on("broke")

    assert failure(upload(readonly))[0] == 403
    assert failure(readonly.post("/audio/voices", json={}))[0] == 403
    assert failure(clone(broke)) == (402, "quota_exceeded")
    assert failure(speech(broke, voice=system(broke)["voices"][0]))[0] == 402
    assert len(listed(broke)["data"]) == 4


def test_faults_have_the_format_of_stepfun(client, spoil):
    spoil("rate_limit", provider="stepfun")
    spoil("error_before", provider="stepfun", status=503)
    spoil("error_before", provider="stepfun", status=451)

    kinds = [failure(client.get("/audio/voices"))[1] for _ in range(3)]

    assert kinds == ["rate_limited", "engine_overloaded", "censorship_blocked"]
