"""Files that contain more than audio or decode to huge sizes are handled with a message."""

import io
import subprocess
import sys
import zipfile

import av
import numpy as np
import pytest

from catalog.audio.decode import NotDecodable, decode_audio
from catalog.audio.formats import FORMATS, has_stowaway
from catalog.jobs.samples.prepare import convert_samples, run_measurement
from catalog.models import CloneSource
from catalog.providers.registry import get_adapter
from tests import factories
from tests.conftest import make_wav
from tests.sounds import MADE_FORMATS, encode_sound


def make_film(*, sounds: int = 1) -> bytes:
    """Return a one-second video with the given number of audio tracks."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        seen = container.add_stream("mpeg4", rate=5)
        heard = [container.add_stream("aac", rate=44_100, layout="mono") for _ in range(sounds)]
        seen.width = seen.height = 32
        picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        container.mux([*seen.encode(picture), *seen.encode(None)])
        for stream in heard:
            wave = 0.3 * np.sin(np.arange(44_100, dtype=np.float32) / 20)
            frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="fltp", layout="mono")
            frame.sample_rate = 44_100
            container.mux([*stream.encode(frame), *stream.encode(None)])
    return file.getvalue()


def with_cover(content: bytes) -> bytes:
    """Return an MP3 with embedded cover art."""
    picture = b"\x00image/png\x00\x03\x00\x89PNG\r\n\x1a\n" + bytes(40)
    frame = b"APIC" + len(picture).to_bytes(4, "big") + b"\x00\x00" + picture
    size = bytes((len(frame) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + frame + content[content.index(b"\xff\xfb") :]


def make_bomb() -> bytes:
    """Return 1 MB of FLAC that decodes to 44 minutes in 8 channels at 192 kHz."""
    file = io.BytesIO()
    with av.open(file, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=192_000, layout="7.1")
        for _ in range(100):
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, 4608 * 8), np.int16), format="s16", layout="7.1"
            )
            frame.sample_rate = 192_000
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    content = file.getvalue()
    start = content.index(b"\xff\xf8")
    return content[:start] + content[start:] * 1100


def test_a_video_without_an_audio_track_is_refused_with_a_message():
    with pytest.raises(NotDecodable, match="no readable audio"):
        decode_audio(make_film(sounds=0), FORMATS["m4a"], max_seconds=9)


def test_cover_art_is_ignored():
    content = with_cover(encode_sound("mp3", 2.0))

    sound, rate = decode_audio(content, FORMATS["mp3"], max_seconds=9)

    assert sound.size / rate == pytest.approx(2.0, abs=0.1)


def test_a_decompression_bomb_is_refused_within_a_worker_s_memory_limit():
    code = (
        "import sys; from voiceboard.celery import limit_memory; limit_memory()\n"
        "from catalog.audio.formats import FORMATS; from catalog.audio.decode import *\n"
        "try: decode_audio(sys.stdin.buffer.read(), FORMATS['flac'], max_seconds=1200)\n"
        "except NotDecodable as exc: print(exc)"
    )
    bomb = make_bomb()

    done = subprocess.run([sys.executable, "-c", code], input=bomb, capture_output=True, check=True)

    assert len(bomb) < 1_100_000
    assert b"too large when decoded" in done.stdout


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "words")
    return file.getvalue()


STOWAWAYS = {
    "a web page": b"LIST\x20\x00\x00\x00INFO <script>alert(document.cookie)</script>",
    "a PDF": b"",
    "an archive": zipped(),
}


@pytest.mark.parametrize("kind", STOWAWAYS)
def test_only_the_audio_of_a_polyglot_file_is_sent_out(cast, sign_in, kind):
    wav = make_wav(3)
    content = wav + STOWAWAYS[kind]
    if kind == "a PDF":
        content = wav[:12] + b"junk\x08\x00\x00\x00%PDF-1.7" + wav[12:]
    sample = factories.make_sample(cast.ana, cast.aurora, content, seconds=None)
    address = f"/samples/{sample.pk}/audio/"
    browser = sign_in(cast.ana)

    unread = browser.get(address)
    run_measurement(str(sample.pk))
    sample.refresh_from_db()
    read = browser.get(address)
    played = read.getvalue()
    source = CloneSource(sample=sample, start_seconds=0)
    (sent,), _ = convert_samples([source], get_adapter("elevenlabs").info)

    assert has_stowaway(content)
    assert unread.status_code == 404
    assert (read.status_code, read["Content-Type"]) == (200, "audio/mpeg")
    assert read["X-Content-Type-Options"] == "nosniff"
    assert sent.content_type == "audio/wav"
    assert not has_stowaway(played)
    assert not has_stowaway(sent.content)


@pytest.mark.parametrize("slug", MADE_FORMATS)
def test_ordinary_audio_is_not_mistaken_for_a_polyglot(slug):
    assert not has_stowaway(encode_sound(slug, 3.0))


@pytest.mark.parametrize("slug", MADE_FORMATS)
def test_every_file_is_opened_with_its_own_demuxer_and_no_protocols(slug, monkeypatch):
    real, opened = av.open, []

    def watch(file, *args, **options):
        opened.append((type(file), options["format"], options["options"]))
        return real(file, *args, **options)

    content = encode_sound(slug)
    monkeypatch.setattr("catalog.audio.decode.av.open", watch)

    decode_audio(content, FORMATS[slug], max_seconds=60)

    demuxer = FORMATS[slug].demuxer
    assert set(map(str, opened)) == {str((io.BytesIO, demuxer, {"protocol_whitelist": ""}))}
