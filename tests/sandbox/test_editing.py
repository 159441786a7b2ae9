"""Creating, changing, and deleting ElevenLabs voices."""

import hashlib
import io
import json
import time
from concurrent.futures import ThreadPoolExecutor

import av
import numpy as np
import pytest

from catalog.sandbox.providers.elevenlabs import editing
from catalog.sandbox.providers.elevenlabs.accounts import ElevenLabsAccount
from tests.sandbox.conftest import clone, hum, own_names

WAV = ("nora.wav", hum(200), "audio/wav")


def encode(container: str, codec: str) -> bytes:
    """Return a two-second tone in the given container."""
    out = io.BytesIO()
    tone = 0.3 * np.sin(2 * np.pi * 220 * np.arange(96_000) / 48_000)
    frame = av.AudioFrame.from_ndarray(
        (tone * 32_767).astype(np.int16)[None, :], format="s16", layout="mono"
    )
    frame.sample_rate = 48_000
    with av.open(out, "w", format=container) as target:
        stream = target.add_stream(codec, rate=48_000)
        target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return out.getvalue()


def test_a_clone_is_listed_with_the_submitted_values(full):
    labels = {"gender": "female", "accent": "česká"}
    data = {"name": "Žofie 雯", "description": "vm1:abc", "labels": json.dumps(labels)}

    answer = full.post(
        "/v1/voices/add", data=data, files=[("files", WAV), ("files", ("b", hum(99)))]
    )

    assert answer.json() == {"voice_id": answer.json()["voice_id"], "requires_verification": False}
    voice = full.get(f"/v1/voices/{answer.json()['voice_id']}").json()
    assert (voice["name"], voice["description"], voice["labels"]) == ("Žofie 雯", "vm1:abc", labels)
    assert (voice["category"], voice["is_owner"], voice["preview_url"]) == ("cloned", True, None)
    assert len(voice["samples"]) == 2


def test_a_sample_is_described_and_returned_unchanged(full):
    voice_id = clone(full, sample=WAV[1])

    [sample] = full.get(f"/v1/voices/{voice_id}").json()["samples"]
    audio = full.get(f"/v1/voices/{voice_id}/samples/{sample['sample_id']}/audio")

    assert (sample["file_name"], sample["mime_type"]) == ("nora.wav", "audio/wav")
    assert (sample["size_bytes"], sample["duration_secs"]) == (len(WAV[1]), 3.0)
    assert sample["hash"] == hashlib.sha256(WAV[1]).hexdigest()[:32]
    assert audio.content == WAV[1]
    assert audio.headers["content-type"] == "audio/wav"


@pytest.mark.parametrize(
    ("container", "codec", "mime_type"),
    [
        ("mp3", "libmp3lame", "audio/mpeg"),
        ("flac", "flac", "audio/flac"),
        ("ogg", "libopus", "audio/ogg"),
        ("webm", "libopus", "audio/webm"),
        ("ipod", "aac", "audio/mp4"),
        ("adts", "aac", "audio/aac"),
        ("aiff", "pcm_s16be", "audio/aiff"),
    ],
)
def test_samples_are_accepted_in_every_common_container(full, container, codec, mime_type):
    voice_id = clone(full, sample=encode(container, codec))

    [sample] = full.get(f"/v1/voices/{voice_id}").json()["samples"]
    assert sample["mime_type"] == mime_type
    assert sample["duration_secs"] == pytest.approx(2.0, abs=0.15)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Just some text, not a sound at all.",
        b"<html><body>no</body></html>",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"ID3\x04" + b"\x00" * 500,
        b"\xff\xfb\x90\x00" * 3,
        b"\x1aE\xdf\xa3" + b"\xff" * 100,
    ],
)
def test_a_sample_that_cannot_be_decoded_is_refused(full, content):
    files = [("files", ("sample.mp3", content, "audio/mpeg"))]

    answer = full.post("/v1/voices/add", data={"name": "Nothing"}, files=files)

    assert answer.status_code == 400
    assert answer.json()["detail"]["message"].startswith("File upload is corrupted.")
    assert "Nothing" not in own_names(full)


def test_the_same_sample_twice_is_refused(full):
    answer = full.post(
        "/v1/voices/add", data={"name": "Twice"}, files=[("files", WAV), ("files", WAV)]
    )

    assert answer.status_code == 400
    assert answer.json()["detail"]["status"] == "duplicate_files"


@pytest.mark.parametrize(
    ("data", "files", "field"),
    [
        ({}, [("files", WAV)], "name"),
        ({"name": "   "}, [("files", WAV)], "name"),
        ({"name": "No sample"}, [("other", WAV)], "files"),
        ({"name": "No sample"}, [("files[]", WAV)], "files"),
        ({"name": "Text", "files": "path.wav"}, [("other", WAV)], "files"),
        ({"name": "Labels", "labels": "{"}, [("files", WAV)], "labels"),
        ({"name": "Labels", "labels": '{"age": 3}'}, [("files", WAV)], "labels"),
    ],
)
def test_an_incomplete_form_gets_a_list_of_problems(full, data, files, field):
    answer = full.post("/v1/voices/add", data=data, files=files)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", field]


def test_a_body_that_is_not_a_form_is_refused(full):
    answer = full.post("/v1/voices/add", json={"name": "Nora"})

    assert answer.status_code == 422


def test_edit_changes_only_the_submitted_fields(full):
    voice_id = clone(full)
    full.post(
        f"/v1/voices/{voice_id}/edit",
        files={"name": (None, "Nora"), "description": (None, "Old"), "labels": (None, '{"a":"b"}')},
    ).raise_for_status()

    answer = full.post(f"/v1/voices/{voice_id}/edit", files={"name": (None, "Norah")})

    assert answer.json() == {"status": "ok"}
    voice = full.get(f"/v1/voices/{voice_id}").json()
    assert (voice["name"], voice["description"], voice["labels"]) == ("Norah", "Old", {"a": "b"})
    assert len(voice["samples"]) == 1


def test_edit_adds_samples(full):
    voice_id = clone(full)
    files = [("files", ("more.wav", hum(180), "audio/wav"))]

    full.post(f"/v1/voices/{voice_id}/edit", data={"name": "Nora"}, files=files).raise_for_status()

    samples = full.get(f"/v1/voices/{voice_id}").json()["samples"]
    assert [sample["file_name"] for sample in samples] == ["nora.wav", "more.wav"]


def test_edit_without_a_name_is_refused(full):
    voice_id = clone(full)

    answer = full.post(f"/v1/voices/{voice_id}/edit", files={"description": (None, "x")})

    assert answer.status_code == 422


@pytest.mark.parametrize("voice_type", ["default", "community"])
def test_another_owner_s_voice_cannot_be_edited(full, voice_type):
    voice = full.get("/v2/voices", params={"voice_type": voice_type}).json()["voices"][0]

    answer = full.post(f"/v1/voices/{voice['voice_id']}/edit", files={"name": (None, "Mine")})

    assert answer.status_code == 403
    assert answer.json()["detail"]["code"] == "voice_access_denied"


def test_a_deleted_voice_is_gone(full):
    voice_id = clone(full)

    assert full.delete(f"/v1/voices/{voice_id}").json() == {"status": "ok"}

    again = full.delete(f"/v1/voices/{voice_id}")
    assert again.status_code == 400
    assert again.json()["detail"]["code"] == "voice_not_found"
    assert "Nora" not in own_names(full)


def test_a_default_voice_cannot_be_deleted(full):
    voice = full.get("/v2/voices", params={"voice_type": "default"}).json()["voices"][0]

    assert full.delete(f"/v1/voices/{voice['voice_id']}").status_code == 403


def test_deleting_a_saved_library_voice_affects_only_one_account(connect):
    mine, other = connect("full"), connect("full-2")
    voice = mine.get("/v2/voices", params={"voice_type": "community"}).json()["voices"][0]
    path = f"/v1/voices/{voice['voice_id']}"

    assert mine.delete(path).json() == {"status": "ok"}

    assert (mine.get(path).status_code, other.get(path).status_code) == (400, 200)


def test_another_account_s_voice_is_not_found(connect):
    voice_id = clone(connect("full-2"))

    assert connect("full").get(f"/v1/voices/{voice_id}").status_code == 400


def test_a_single_sample_can_be_deleted(full):
    voice_id = clone(full)
    [sample] = full.get(f"/v1/voices/{voice_id}").json()["samples"]
    path = f"/v1/voices/{voice_id}/samples/{sample['sample_id']}"

    assert full.delete(path).json() == {"status": "ok"}

    assert full.get(f"/v1/voices/{voice_id}").json()["samples"] == []
    assert full.get(f"{path}/audio").json()["detail"]["code"] == "sample_not_found"


def test_settings_have_their_defaults_until_changed(full):
    voice_id = clone(full)
    default = full.get("/v1/voices/settings/default").json()

    assert full.get(f"/v1/voices/{voice_id}/settings").json() == default
    changed = full.post(f"/v1/voices/{voice_id}/settings/edit", json={"stability": 0.2})

    assert changed.json() == {"status": "ok"}
    assert full.get(f"/v1/voices/{voice_id}/settings").json() == {**default, "stability": 0.2}
    assert full.get(f"/v1/voices/{voice_id}").json()["settings"]["stability"] == 0.2


@pytest.mark.parametrize(
    "body",
    [
        b'{"speed": 3}',
        b'{"stability": "much"}',
        b'{"style": true}',
        b'{"use_speaker_boost": 1}',
        b"[]",
        b"{",
        b"",
    ],
)
def test_invalid_settings_are_refused(full, body):
    voice_id = clone(full)

    answer = full.post(f"/v1/voices/{voice_id}/settings/edit", content=body)

    assert answer.status_code == 422


def test_concurrent_clones_do_not_exceed_the_slots(full, configure, monkeypatch):
    check_limits = editing._check_limits

    def check_limits_slowly(account: ElevenLabsAccount) -> None:
        check_limits(account)
        time.sleep(0.02)

    monkeypatch.setattr(editing, "_check_limits", check_limits_slowly)
    used = full.get("/v1/user/subscription").json()["voice_slots_used"]
    configure("elevenlabs", voice_limit=used + 1)

    def add(number: int) -> int:
        files = [("files", ("a.wav", hum(100 + number), "audio/wav"))]
        return full.post("/v1/voices/add", data={"name": str(number)}, files=files).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(add, range(8)))

    assert sorted(statuses) == [200] + [400] * 7


def test_too_many_changes_in_a_month_are_refused(full, configure):
    voice_id = clone(full)
    configure("elevenlabs", max_voice_add_edits=1)

    answer = full.post(f"/v1/voices/{voice_id}/edit", files={"name": (None, "Norah")})

    assert answer.json()["detail"]["status"] == "voice_add_edit_limit_reached"
