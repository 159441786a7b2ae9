"""The Noiz sandbox: pages, clones, deleted voices that stay listed, and audio."""

import base64
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from catalog.sandbox.waveforms import decode_recording, median_pitch, to_mp3
from tests.sandbox.conftest import Connect, hum


@pytest.fixture
def sign_on(open_client) -> Connect:
    """Return a function that opens a Noiz client with one of the sandbox's keys."""

    def _sign_on(kind: str) -> httpx.Client:
        headers = {"Authorization": f"sandbox-noiz-{kind}"}
        return open_client("noiz", headers, timeout=60)

    return _sign_on


@pytest.fixture
def client(sign_on) -> httpx.Client:
    return sign_on("full")


@pytest.fixture
def limit(configure) -> Callable[..., None]:
    """Return a function that changes the account's limits."""
    return partial(configure, "noiz")


def listed(client: httpx.Client, **params: Any) -> dict[str, Any]:
    body = client.get("/voices", params=params).json()
    assert body["code"] == 0, body
    return body["data"]


def built_in(client: httpx.Client, **params: Any) -> list[dict[str, Any]]:
    return listed(client, voice_type="built-in", limit=100, **params)["voices"]


def clone(client: httpx.Client, sample: bytes | None = None, **fields: str) -> httpx.Response:
    content = hum(200, 14) if sample is None else sample
    return client.post("/voices", data=fields, files={"file": ("nora.wav", content)})


def failure(answer: httpx.Response) -> int:
    assert answer.json()["code"] == answer.status_code
    assert answer.json()["message"]
    return answer.status_code


def test_custom_voices_are_listed_by_default(client):
    custom, others = listed(client), built_in(client)

    assert (custom["total_count"], len(others)) == (4, 60)
    assert {voice["voice_type"] for voice in custom["voices"]} == {"custom"}
    assert {voice["voice_type"] for voice in others} == {"built-in"}


def test_skip_counts_pages(client):
    pages = [
        listed(client, voice_type="built-in", skip=skip, limit=25)["voices"] for skip in range(4)
    ]

    assert [len(page) for page in pages] == [25, 25, 10, 0]
    assert [v["voice_id"] for page in pages for v in page] == [
        v["voice_id"] for v in built_in(client)
    ]


def test_skip_counts_voices_if_the_account_is_set_so(client, limit):
    limit(skip_is_offset=True)

    page = listed(client, voice_type="built-in", skip=3, limit=5)["voices"]

    assert page == built_in(client)[3:8]


def test_ten_voices_are_returned_by_default(client):
    assert len(listed(client, voice_type="built-in")["voices"]) == 10


def test_a_voice_has_two_ids_and_its_labels_in_one_string(client):
    voices = built_in(client)

    assert all(isinstance(v["id"], int) and isinstance(v["voice_id"], str) for v in voices)
    assert len({v["id"] for v in voices}) == len({v["voice_id"] for v in voices}) == 60
    assert all(isinstance(v["labels"], str) for v in voices)
    assert "" in {v["labels"] for v in voices}


def test_the_keyword_searches_names_and_labels(client):
    voice = next(v for v in built_in(client) if "female" in v["labels"])

    by_label = built_in(client, keyword="FEMALE")
    by_name = built_in(client, keyword=voice["display_name"].upper())

    assert voice in by_label
    assert voice in by_name
    assert len(by_label) < 60


@pytest.mark.parametrize(
    "params", [{"voice_type": "all"}, {"skip": -1}, {"skip": "two"}, {"limit": 0}]
)
def test_an_invalid_list_request_is_refused(client, params):
    assert failure(client.get("/voices", params=params)) == 400


def test_a_page_has_at_most_100_voices(client):
    assert listed(client, voice_type="built-in", limit=1000) == listed(
        client, voice_type="built-in", limit=100
    )


def test_the_version_can_be_in_the_path(client):
    assert client.get("/v1/voices").json() == client.get("/voices").json()


def test_a_clone_uses_a_part_of_the_sample_that_the_server_selects(client):
    receipt = clone(client, display_name="Žofie", denoise="true", language="en").json()["data"]
    voice = client.get(f"/voices/{receipt['voice_id']}").json()["data"]

    assert (receipt["voice_display_name"], receipt["language"]) == ("Žofie", "en")
    assert (receipt["duration"], receipt["selected_start"], receipt["selected_end"]) == (14, 0, 10)
    assert listed(client)["voices"][0] == voice
    assert decode_recording(httpx.get(voice["sample"]).content).seconds == pytest.approx(10, abs=1)


def test_a_clone_can_be_made_from_a_url(client):
    address = next(v["url"] for v in built_in(client) if v["url"])

    made = client.post("/voices", files={"voice_url": (None, address)})
    refused = client.post("/voices", files={"voice_url": (None, "https://example.org/a.mp3")})

    assert made.json()["data"]["voice_id"]
    assert failure(refused) == 400


@pytest.mark.parametrize(
    "payload", [{"sample": b"no sound"}, {"sample": hum(200, 0.3)}, {"denoise": "perhaps"}]
)
def test_an_invalid_clone_is_refused(client, payload):
    assert failure(clone(client, **payload)) == 400
    assert listed(client)["total_count"] == 4


def test_a_clone_without_audio_is_refused(client):
    answer = client.post("/voices", files={"display_name": (None, "Nora")})

    assert failure(answer) == 400


def test_a_deleted_voice_is_still_listed_with_its_deletion_time(client):
    voice_id = clone(client, display_name="Nora").json()["data"]["voice_id"]

    answer = client.delete(f"/voices/{voice_id}").json()

    assert list(answer["data"]) == ["voice_id", "display_name", "delete_time"]
    assert listed(client)["voices"][0]["delete_time"] == answer["data"]["delete_time"]
    assert client.get(f"/voices/{voice_id}").json()["data"]["delete_time"]
    assert failure(client.delete(f"/voices/{voice_id}")) == 404
    assert sum("delete_time" in voice for voice in listed(client)["voices"]) == 2


def test_deleted_voices_can_be_hidden(client, limit):
    limit(hides_deleted=True)
    voice_id = clone(client).json()["data"]["voice_id"]

    client.delete(f"/voices/{voice_id}")

    assert listed(client)["total_count"] == 3
    assert failure(client.get(f"/voices/{voice_id}")) == 404


def test_a_built_in_voice_cannot_be_deleted(client):
    voice_id = built_in(client)[0]["voice_id"]

    assert failure(client.delete(f"/voices/{voice_id}")) == 404


def test_audio_links_work_without_a_key(client):
    voices = built_in(client)[:8]
    links = [link for voice in voices for link in (voice["url"], voice["sample"]) if link]

    sounds = {httpx.get(link).content for link in links}

    assert len(sounds) == len(links)
    assert all(1 < decode_recording(sound).seconds < 12 for sound in sounds)
    assert {voice["sample"] for voice in voices} > {None}
    assert "" in {voice["url"] for voice in voices}


def test_an_audio_link_of_no_voice_is_not_found(client):
    voice = next(v for v in built_in(client) if v["sample"] is None)

    answer = httpx.get(voice["url"].replace(".mp3", ".wav"))

    assert failure(answer) == 404


def test_clones_speak_at_the_pitch_of_their_samples(client):
    pitches = []
    for pitch in (100, 230):
        voice_id = clone(client, hum(pitch, 6)).json()["data"]["voice_id"]
        fields = {"text": "Hello from the sandbox.", "voice_id": voice_id, "output_format": "mp3"}
        answer = client.post("/text-to-speech", files={k: (None, v) for k, v in fields.items()})
        sound = decode_recording(answer.content)
        assert float(answer.headers["x-audio-duration"]) == pytest.approx(sound.seconds, abs=0.2)
        pitches.append(median_pitch(sound))

    deep, high = pitches
    assert deep * 1.4 < high


def test_speech_can_use_an_uploaded_sample(client):
    sample = to_mp3(decode_recording(hum(150, 4)))

    answer = client.post(
        "/text-to-speech", data={"text": "Hello"}, files={"file": ("a.mp3", sample)}
    )

    assert (answer.headers["content-type"], answer.content[:4]) == ("audio/wav", b"RIFF")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"text": " "}, 400),
        ({"text": "a" * 5001}, 400),
        ({"output_format": "flac"}, 400),
        ({"speed": "fast"}, 400),
        ({"speed": "9"}, 400),
        ({"voice_id": ""}, 400),
        ({"voice_id": "nobody"}, 404),
    ],
)
def test_an_invalid_speech_request_is_refused(client, changes, status):
    fields = {"text": "Hello", "voice_id": built_in(client)[0]["voice_id"], **changes}

    answer = client.post("/text-to-speech", files={k: (None, v) for k, v in fields.items()})

    assert failure(answer) == status


@pytest.mark.parametrize("header", ["", "Bearer sandbox-noiz-full", "sandbox-noiz-nobody",
                                    "sandbox-stepfun-full"])  # fmt: skip
def test_a_wrong_or_prefixed_key_is_refused(sandbox, header):
    answer = httpx.get(sandbox.url("noiz", "/voices"), headers={"Authorization": header})

    assert failure(answer) == 401


def test_a_base64_key_opens_the_same_account(client):
    key = base64.b64encode(b"sandbox-noiz-full").decode()

    answer = client.get("/voices", headers={"Authorization": key})

    assert answer.json()["data"] == listed(client)


def test_accounts_without_permission_or_credit_cannot_clone(sign_on):
    readonly, broke = sign_on("readonly"), sign_on("broke")
    voice_id = listed(readonly)["voices"][0]["voice_id"]

    assert failure(clone(readonly)) == 403
    assert failure(readonly.delete(f"/voices/{voice_id}")) == 403
    assert failure(clone(broke)) == 402
    assert (listed(readonly)["total_count"], listed(broke)["total_count"]) == (2, 4)


def test_faults_have_the_format_of_noiz(client, spoil):
    spoil("rate_limit", provider="noiz")
    spoil("error_after", provider="noiz")

    assert [failure(client.get("/voices")) for _ in range(2)] == [429, 500]
