"""Parts of the sandbox: form parsing, pitch, people, and provider discovery."""

import io
import sys
import wave

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catalog.sandbox.providers
from catalog.sandbox import running_sandbox
from catalog.sandbox.multipart import NotMultipart, parse_form
from catalog.sandbox.people import make_person
from catalog.sandbox.waveforms import NotAudio, Waveform, decode_recording, median_pitch
from tests.sandbox.conftest import hum

ANOTHER_PROVIDER = '''
"""A provider that echoes."""

from catalog.sandbox.messages import json_reply


class Provider:
    slug = "echo"

    def __init__(self, backstage):
        self.count = backstage.voice_count

    def key_in(self, request):
        return ""

    def answer(self, request):
        return json_reply({"path": request.path, "voices": self.count})
'''


def test_a_provider_is_discovered_by_its_module(tmp_path, monkeypatch):
    (tmp_path / "echo.py").write_text(ANOTHER_PROVIDER)
    monkeypatch.setattr(
        catalog.sandbox.providers, "__path__", [*catalog.sandbox.providers.__path__, str(tmp_path)]
    )

    with running_sandbox(voices=5) as sandbox:
        answer = httpx.get(sandbox.url("echo", "/v1/things"))
    monkeypatch.delitem(sys.modules, "catalog.sandbox.providers.echo")

    assert {"echo", "elevenlabs"} <= set(sandbox.slugs)
    assert answer.json() == {"path": "/v1/things", "voices": 5}


@settings(max_examples=200, deadline=None)
@given(
    content=st.binary(max_size=400) | st.text("\r\n-= \x85\xff", max_size=80).map(str.encode),
    text=st.text(max_size=60),
    filename=st.text(st.characters(exclude_categories=("C",)), min_size=1, max_size=30),
)
def test_a_form_is_parsed_as_it_was_sent(content, text, filename):
    request = httpx.Request(
        "POST",
        "http://127.0.0.1/",
        data={"name": text},
        files=[("files", (filename.replace('"', "'").replace("\\", "/"), content, "audio/wav"))],
    )

    form = parse_form(request.headers["content-type"], request.read())

    assert form.first("name") == text
    assert [upload.content for upload in form.uploads("files")] == [content]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("", b"x"),
        ("application/json", b"{}"),
        ("multipart/form-data", b"--x\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b"nothing of the kind"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nmany\r\n" * 300 + b"--x--"),
    ],
)
def test_a_body_that_is_not_a_form_is_refused(content_type, body):
    with pytest.raises(NotMultipart):
        parse_form(content_type, body)


@pytest.mark.parametrize("pitch", [75, 110, 180, 320])
def test_the_pitch_is_measured(pitch):
    assert median_pitch(decode_recording(hum(pitch))) == pytest.approx(pitch, rel=0.03)


def test_noise_has_no_pitch():
    noise = np.random.default_rng(1).normal(0, 0.1, 48_000).astype(np.float32)

    assert median_pitch(Waveform(noise, 16_000)) is None


def test_a_very_short_sound_has_no_pitch():
    assert median_pitch(decode_recording(hum(200, seconds=0.05))) is None


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"RIFF1234WAVE", b"ID3", b"fLaC", b"OggS", b""]))
def test_no_upload_breaks_the_decoder(noise, start):
    try:
        sound = decode_recording(start + noise)
    except NotAudio:
        return

    assert np.isfinite(sound.samples).all()


def test_a_recording_with_nan_samples_is_refused():
    out = io.BytesIO()
    with wave.open(out, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(4)
        target.setframerate(16_000)
        target.writeframes(np.full(16_000, np.nan, np.float32).tobytes())
    # Format 3 in the header makes the same bytes floating point numbers.
    content = out.getvalue().replace(b"\x10\x00\x00\x00\x01\x00", b"\x10\x00\x00\x00\x03\x00", 1)

    with pytest.raises(NotAudio):
        decode_recording(content)


def test_a_seed_always_gives_the_same_person():
    assert make_person("one") == make_person("one")
    assert make_person("one") != make_person("two")


def test_names_can_be_pronounced_in_english():
    people = [make_person(f"somebody {number}") for number in range(400)]

    assert all(person.spoken.isascii() and len(person.spoken) > 1 for person in people)
    assert any(not person.name.isascii() for person in people)


def test_the_preview_sentence_contains_the_name():
    person = make_person("somebody")

    assert person.spoken in person.sentence
