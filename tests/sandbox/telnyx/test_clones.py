"""Telnyx clones: lists, uploads for several models, changes, and keys."""

import re

import httpx
import pytest

from catalog.sandbox.waveforms import decode_recording
from tests.sandbox.conftest import hum
from tests.sandbox.telnyx.conftest import clones, refusal, upload


def test_pages_are_numbered_and_counted(client):
    pages = [
        client.get("/voice_clones", params={"page[number]": n, "page[size]": 2}).json()
        for n in (1, 2, 3, 4)
    ]

    assert [len(page["data"]) for page in pages] == [2, 2, 1, 0]
    assert pages[1]["meta"] == {
        "page_number": 2,
        "page_size": 2,
        "total_results": 5,
        "total_pages": 3,
    }
    assert len({clone["id"] for page in pages for clone in page["data"]}) == 5


def test_the_newest_clone_comes_first_by_default(client):
    upload(client, name="Aaron")

    dates = [clone["created_at"] for clone in clones(client)]
    names = [clone["name"] for clone in clones(client, sort="-name")]

    assert clones(client)[0]["name"] == "Aaron"
    assert dates == sorted(dates, reverse=True)
    assert names == sorted(names, key=str.casefold, reverse=True)


def test_filters_are_case_insensitive(client):
    upload(client, name="Zoë on the phone")

    named = clones(client, **{"filter[name]": "ON THE"})
    house = clones(client, **{"filter[provider]": "TELNYX"})

    assert [clone["name"] for clone in named] == ["Zoë on the phone"]
    assert {clone["provider"] for clone in house} == {"telnyx", "Telnyx"}
    assert {c["provider"] for c in clones(client, **{"filter[provider]": "minimax"})} == {"Minimax"}


def test_the_initial_clones_vary_as_in_the_documentation(client):
    found = clones(client)

    assert sum("model_id" not in clone and "status" not in clone for clone in found) == 1
    assert [clone["status"] for clone in found if clone.get("model_id") == "Ultra"] == ["expired"]
    assert sum(clone["source_voice_design_id"] is not None for clone in found) == 1
    assert all(re.fullmatch(r"[0-9a-f-]{36}", clone["id"]) for clone in found)


@pytest.mark.parametrize(
    "params",
    [{"page[size]": 251}, {"page[size]": 0}, {"page[number]": 0}, {"page[number]": "one"},
     {"sort": "age"}, {"filter[provider]": "aws"}],
)  # fmt: skip
def test_an_invalid_list_request_is_refused(client, params):
    answer = client.get("/voice_clones", params=params)

    assert refusal(answer)[:2] == (422, "10027")


def test_a_clone_can_be_created_renamed_played_and_deleted(client):
    made = upload(client, label="warm").json()["data"]
    path = f"/voice_clones/{made['id']}"

    changed = client.patch(path, json={"name": "Norah", "language": "de"}).json()["data"]
    heard = client.get(f"{path}/sample")
    deleted = client.delete(path)

    assert (made["status"], made["model_id"], made["label"]) == ("active", "Qwen3TTS", "warm")
    assert made["provider_voice_id"] == made["id"]
    assert (changed["name"], changed["language"], changed["gender"]) == ("Norah", "de", "female")
    assert (heard.headers["content-type"], heard.content) == ("audio/wav", hum(200, 6))
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert refusal(client.delete(path))[:2] == (404, "10005")
    assert len(clones(client)) == 5


def test_longer_audio_is_trimmed_to_the_model_s_limit(client):
    made = upload(client, hum(200, 14)).json()["data"]

    sample = client.get(f"/voice_clones/{made['id']}/sample").content

    assert decode_recording(sample).seconds == pytest.approx(10, abs=0.1)


def test_an_initial_clone_has_a_sample_too(client):
    answer = client.get(f"/voice_clones/{clones(client)[0]['id']}/sample")

    assert decode_recording(answer.content).seconds == pytest.approx(8, abs=0.1)


def test_a_minimax_clone_gets_a_separate_provider_voice_id(client):
    made = upload(client, hum(150, 12), provider="Minimax").json()["data"]

    assert made["model_id"] == "speech-2.8-turbo"
    assert made["provider_voice_id"] != made["id"]


def test_an_ultra_clone_is_accepted_and_becomes_active_later(client, limit):
    limit(ultra_seconds=30)

    answer = upload(client, model_id="Ultra")
    pending = clones(client)[0]
    limit(ultra_seconds=0)
    ready = upload(client, model_id="Ultra", name="Later").json()["data"]

    assert answer.status_code == 202
    assert (pending["status"], pending["provider_voice_id"]) == ("pending", None)
    assert ready["status"] == "active"
    assert ready["provider_voice_id"] == ready["id"]


def test_an_ultra_clone_can_fail(client, limit):
    limit(ultra_seconds=0, ultra_fails=True)

    made = upload(client, model_id="Ultra").json()["data"]

    assert made["status"] == "failed"


def test_bayan_requires_a_transcript(client):
    refused = upload(client, model_id="Bayan", ref_text=" ")
    made = upload(client, model_id="Bayan", ref_text="As spoken", language="ar")

    assert refusal(refused) == (422, "10027", "/ref_text")
    assert made.status_code == 201


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"name": ""}, (422, "10027", "/name")),
        ({"name": "n" * 256}, (422, "10027", "/name")),
        ({"gender": "robot"}, (422, "10027", "/gender")),
        ({"language": "english"}, (422, "10027", "/language")),
        ({"provider": "aws"}, (422, "10027", "/provider")),
        ({"model_id": "speech-2.8-turbo"}, (422, "10027", "/model_id")),
        ({"model_id": "Bayan", "ref_text": "a", "language": "de"}, (422, "10027", "/language")),
        ({"provider": "minimax"}, (422, "10038", "/audio_file")),
        ({"sample": b"no sound"}, (400, "10015", "/audio_file")),
        ({"sample": bytes(20 * 1024 * 1024 + 1)}, (422, "10027", "/audio_file")),
    ],
)
def test_an_invalid_clone_is_refused(client, changes, wanted):
    answer = upload(client, **changes)

    assert refusal(answer) == wanted
    assert len(clones(client)) == 5


def test_a_single_clone_is_shown_only_if_the_account_supports_it(client, limit):
    clone = clones(client)[0]

    before = client.get(f"/voice_clones/{clone['id']}")
    limit(shows_one=True)
    after = client.get(f"/voice_clones/{clone['id']}")

    assert refusal(before)[:2] == (404, "10005")
    assert after.json()["data"] == clone


@pytest.mark.parametrize("header", ["", "sandbox-telnyx-full", "Basic sandbox-telnyx-full",
                                    "Bearer sandbox-telnyx-nobody"])  # fmt: skip
def test_a_wrong_key_or_scheme_is_refused(sandbox, header):
    answer = httpx.get(sandbox.url("telnyx", "/voice_clones"), headers={"Authorization": header})

    assert refusal(answer)[:2] == (401, "10009")


def test_accounts_without_permission_or_money_cannot_clone(sign_on):
    readonly, broke = sign_on("readonly"), sign_on("broke")
    clone = clones(readonly)[0]["id"]

    assert refusal(upload(readonly))[:2] == (403, "10010")
    assert refusal(readonly.delete(f"/voice_clones/{clone}"))[:2] == (403, "10010")
    assert refusal(upload(broke))[:2] == (403, "20100")
    assert broke.get("/balance").json()["data"]["balance"] == "0.00"


def test_a_rate_limit_says_when_to_retry(client, spoil):
    spoil("rate_limit", provider="telnyx")

    answer = client.get("/voice_clones")

    assert refusal(answer)[:2] == (429, "10011")
    assert answer.headers["x-ratelimit-reset"] == "1"
