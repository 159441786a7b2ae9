"""Audio at ElevenLabs: previews, samples, and speech."""

import sys

import httpx
import numpy as np
import pytest

from catalog.sandbox import running_sandbox
from catalog.sandbox.waveforms import decode_recording, median_pitch
from tests.sandbox.conftest import clone, hum


def voices(client: httpx.Client, **params: str) -> list[dict]:
    page = client.get("/v2/voices", params={"page_size": 100, **params}).json()
    return [voice for voice in page["voices"] if voice["preview_url"]]


def pitch_of(content: bytes) -> float:
    pitch = median_pitch(decode_recording(content))
    assert pitch is not None
    return pitch


def test_previews_are_a_few_seconds_of_audible_speech(full):
    for voice in voices(full)[:8]:
        sound = decode_recording(full.get(voice["preview_url"]).content)

        loudness = float(np.sqrt(np.mean(sound.samples**2)))
        # The level of speech is uneven over time because of its syllables, unlike that of a beep.
        levels = [np.abs(part).mean() for part in np.array_split(sound.samples, 60)]
        assert 2 < sound.seconds < 7.5
        assert 0.03 < loudness < 0.2
        assert np.std(levels) > 0.3 * np.mean(levels)
        assert 70 < (median_pitch(sound) or 0) < 330


def test_male_previews_are_deeper_than_female_ones(full):
    def pitches(gender: str) -> list[float]:
        chosen = voices(full, gender=gender)[:5]
        return [pitch_of(full.get(voice["preview_url"]).content) for voice in chosen]

    assert max(pitches("male")) < min(pitches("female"))


def test_every_voice_has_a_different_preview(full):
    contents = {full.get(voice["preview_url"]).content for voice in voices(full)[:12]}

    assert len(contents) == 12


def test_a_preview_is_public_and_always_the_same(full):
    url = voices(full)[0]["preview_url"]

    first, second = httpx.get(url), httpx.get(url)

    assert first.headers["content-type"] == "audio/mpeg"
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"]


def test_preview_addresses_use_the_host_name_of_the_request(sandbox):
    port = sandbox.address.rpartition(":")[2]
    headers = {"xi-api-key": "sandbox-elevenlabs-full", "Host": f"localhost:{port}"}

    page = httpx.get(sandbox.url("elevenlabs", "/v2/voices"), headers=headers).json()

    assert page["voices"][-1]["preview_url"].startswith(f"http://localhost:{port}/elevenlabs/")


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-99", 0, 99), ("bytes=100-", 100, None), ("bytes=-50", -50, None)],
)
def test_a_range_of_a_preview_can_be_requested(full, asked, first, last):
    url = voices(full)[0]["preview_url"]
    whole = httpx.get(url).content

    part = httpx.get(url, headers={"Range": asked})

    wanted = whole[first : last + 1 if last else None]
    start = len(whole) + first if first < 0 else first
    assert part.status_code == 206
    assert part.content == wanted
    assert part.headers["content-range"] == (
        f"bytes {start}-{start + len(wanted) - 1}/{len(whole)}"
    )


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
def test_a_range_past_the_end_is_refused(full, asked):
    answer = httpx.get(voices(full)[0]["preview_url"], headers={"Range": asked})

    assert answer.status_code == 416


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=a-b"])
def test_a_malformed_range_gets_the_whole_preview_or_416(full, asked):
    answer = httpx.get(voices(full)[0]["preview_url"], headers={"Range": asked})

    assert answer.status_code in {200, 416}
    assert answer.status_code == 416 or len(answer.content) > 10_000


def test_a_range_of_a_changed_file_is_not_sent(full):
    url = voices(full)[0]["preview_url"]

    answer = httpx.get(url, headers={"Range": "bytes=0-9", "If-Range": '"another"'})

    assert answer.status_code == 200


def test_a_matching_etag_gets_304(full):
    url = voices(full)[0]["preview_url"]
    tag = httpx.get(url).headers["etag"]

    answer = httpx.get(url, headers={"If-None-Match": tag})

    assert (answer.status_code, answer.content) == (304, b"")


def test_head_returns_the_length_without_the_preview(full):
    url = voices(full)[0]["preview_url"]

    head, whole = httpx.head(url), httpx.get(url)

    assert head.content == b""
    assert head.headers["content-length"] == str(len(whole.content))


@pytest.mark.parametrize("name", ["nobody.mp3", "..%2F..%2Fetc%2Fpasswd.mp3", "x.wav"])
def test_the_preview_of_an_unknown_voice_is_not_found(full, name):
    assert httpx.get(f"{full.base_url}_files/{name}").status_code == 404


def test_a_new_clone_has_no_preview(full):
    voice_id = clone(full)

    assert httpx.get(f"{full.base_url}_files/{voice_id}.mp3").status_code == 404


def test_the_sample_of_an_initial_clone_has_its_stated_length(full):
    voice = voices(full, voice_type="personal", category="cloned")[0]
    [sample] = voice["samples"]

    audio = full.get(f"/v1/voices/{voice['voice_id']}/samples/{sample['sample_id']}/audio")

    assert len(audio.content) == sample["size_bytes"]
    assert decode_recording(audio.content).seconds == pytest.approx(sample["duration_secs"])


@pytest.mark.parametrize("pitch", [105, 160, 230])
def test_a_clone_speaks_at_the_pitch_of_its_sample(full, pitch):
    voice_id = clone(full, sample=hum(pitch))

    answer = full.post(
        f"/v1/text-to-speech/{voice_id}",
        json={"text": "Every road has a story, and I will tell you mine."},
    )

    assert answer.headers["content-type"] == "audio/mpeg"
    assert pitch_of(answer.content) == pytest.approx(pitch, rel=0.15)


def test_a_clone_of_silence_can_still_speak(full):
    voice_id = clone(full, sample=hum(0.0))

    answer = full.post(f"/v1/text-to-speech/{voice_id}", json={"text": "Hello there."})

    assert pitch_of(answer.content)


@pytest.mark.parametrize(
    ("name", "rate"), [("mp3_22050_32", 22_050), ("mp3_44100_192", 44_100), ("", 44_100)]
)
def test_speech_has_the_requested_format(full, name, rate):
    voice_id = voices(full)[0]["voice_id"]

    answer = full.post(
        f"/v1/text-to-speech/{voice_id}", params={"output_format": name}, json={"text": "Hello."}
    )

    # Bits 2 and 3 of the third byte of an MPEG frame are its rate, in tables by version.
    frame = answer.content[answer.content.index(b"\xff", 10) :]
    is_first_version = bool(frame[1] & 0x08)
    assert (44_100 if is_first_version else 22_050) >> 0 == rate
    assert frame[2] & 0x0C == 0


@pytest.mark.parametrize(
    ("kind", "name", "status"),
    [
        ("broke-2", "pcm_16000", 401),  # a format of every plan, but no credit
        ("readonly", "pcm_16000", 200),
        ("readonly", "ulaw_8000", 200),
        ("readonly", "wav_24000", 200),
        ("readonly", "opus_48000_64", 200),
        ("readonly", "mp3_44100_192", 403),
        ("full", "mp3_44100_192", 200),
        ("full", "pcm_44100", 403),
        ("full", "wav_44100", 403),
    ],
)
def test_each_plan_allows_its_own_formats(connect, kind, name, status):
    client = connect(kind)
    voice_id = voices(client)[0]["voice_id"]

    answer = client.post(
        f"/v1/text-to-speech/{voice_id}", params={"output_format": name}, json={"text": "Hello."}
    )

    assert answer.status_code == status
    if name == "ulaw_8000":
        whole = client.post(
            f"/v1/text-to-speech/{voice_id}",
            params={"output_format": "pcm_16000"},
            json={"text": "Hello."},
        )
        # One byte at 8 kHz where the other has two bytes at 16 kHz.
        assert abs(4 * len(answer.content) - len(whole.content)) < 200


def test_a_higher_speed_makes_speech_shorter(full):
    voice_id = voices(full)[0]["voice_id"]

    def seconds(speed: float) -> float:
        body = {"text": "One two three four five six.", "voice_settings": {"speed": speed}}
        return decode_recording(
            full.post(f"/v1/text-to-speech/{voice_id}", json=body).content
        ).seconds

    assert seconds(1.2) < 0.8 * seconds(0.7)


def test_text_in_another_script_gets_english_speech(full):
    voice_id = voices(full)[0]["voice_id"]

    answer = full.post(f"/v1/text-to-speech/{voice_id}", json={"text": "你好，世界"})

    assert decode_recording(answer.content).seconds > 1


def test_speech_costs_credit(full):
    voice_id = voices(full)[0]["voice_id"]
    before = full.get("/v1/user/subscription").json()["character_count"]

    answer = full.post(f"/v1/text-to-speech/{voice_id}", json={"text": "Hello."})

    after = full.get("/v1/user/subscription").json()["character_count"]
    assert (after - before, answer.headers["character-cost"]) == (6, "6")


@pytest.mark.parametrize(
    ("params", "body", "status"),
    [
        ({}, {}, 422),
        ({}, {"text": 7}, 422),
        ({}, {"text": "  "}, 400),
        ({}, {"text": "x" * 10_001}, 400),
        ({}, {"text": "Hi", "model_id": "eleven_nothing"}, 400),
        ({}, {"text": "Hi", "voice_settings": {"stability": 4}}, 422),
        ({"output_format": "mp3_1_2"}, {"text": "Hi"}, 422),
        ({"output_format": "pcm_44100"}, {"text": "Hi"}, 403),
    ],
)
def test_an_invalid_speech_request_is_refused(full, params, body, status):
    voice_id = voices(full)[0]["voice_id"]

    answer = full.post(f"/v1/text-to-speech/{voice_id}", params=params, json=body)

    assert answer.status_code == status


def test_without_the_engine_the_sandbox_says_what_to_install(monkeypatch):
    # None in this table is how Python marks a module that cannot be imported.
    monkeypatch.setitem(sys.modules, "hibari", None)

    with running_sandbox() as mute:
        headers = {"xi-api-key": "sandbox-elevenlabs-full"}
        page = httpx.get(mute.url("elevenlabs", "/v2/voices"), headers=headers).json()
        answer = httpx.get(page["voices"][-1]["preview_url"])

    assert answer.status_code == 500
    assert ".venv/bin/pip install '.[sandbox]'" in answer.json()["detail"]["message"]
