"""Files that are more than a recording, or far more than they seem: each ends in words."""

import io
import subprocess
import sys
import zipfile

import av
import numpy as np
import pytest

from catalog.audio import FORMATS, find_stowaway
from catalog.decoding import NotDecodable, decode_audio
from catalog.jobs.samples import run_measurement
from tests import factories
from tests.conftest import make_wav
from tests.sounds import encode_sound


def make_film(*, sounds: int = 1, pictures: int = 1) -> bytes:
    """Return a film of a second, with so many tracks of sound and of pictures."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        seen = [container.add_stream("mpeg4", rate=5) for _ in range(pictures)]
        heard = [container.add_stream("aac", rate=44_100, layout="mono") for _ in range(sounds)]
        for stream in seen:
            stream.width = stream.height = 32
            picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            container.mux([*stream.encode(picture), *stream.encode(None)])
        for stream in heard:
            wave = 0.3 * np.sin(np.arange(44_100, dtype=np.float32) / 20)
            frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="fltp", layout="mono")
            frame.sample_rate = 44_100
            container.mux([*stream.encode(frame), *stream.encode(None)])
    return file.getvalue()


def with_cover(content: bytes) -> bytes:
    """Return an MP3 with a picture of its cover, as music players write it."""
    picture = b"\x00image/png\x00\x03\x00\x89PNG\r\n\x1a\n" + bytes(40)
    frame = b"APIC" + len(picture).to_bytes(4, "big") + b"\x00\x00" + picture
    size = bytes((len(frame) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + frame + content[content.index(b"\xff\xfb") :]


def make_bomb() -> bytes:
    """Return a megabyte of FLAC that unpacks to 44 minutes in eight channels at 192 kHz."""
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


def test_a_film_and_several_tracks_are_refused_in_words():
    with pytest.raises(NotDecodable, match="a film"):
        decode_audio(make_film(), FORMATS["m4a"], max_seconds=9)
    with pytest.raises(NotDecodable, match="several recordings"):
        decode_audio(make_film(sounds=2, pictures=0), FORMATS["m4a"], max_seconds=9)


def test_a_picture_of_the_cover_does_no_harm():
    content = with_cover(encode_sound("mp3", 2.0))

    sound, rate = decode_audio(content, FORMATS["mp3"], max_seconds=9)

    assert sound.size / rate == pytest.approx(2.0, abs=0.1)


def test_a_bomb_is_refused_within_the_memory_of_a_worker():
    code = (
        "import sys; from voiceboard.celery import limit_memory; limit_memory()\n"
        "from catalog.audio import FORMATS; from catalog.decoding import *\n"
        "try: decode_audio(sys.stdin.buffer.read(), FORMATS['flac'], max_seconds=1200)\n"
        "except NotDecodable as exc: print(exc)"
    )
    bomb = make_bomb()

    done = subprocess.run([sys.executable, "-c", code], input=bomb, capture_output=True, check=True)

    assert len(bomb) < 1_100_000
    assert b"unpacks to more than a recording can be" in done.stdout


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
def test_a_file_that_is_two_things_at_once_is_told_and_never_cloned_from(cast, kind):
    wav = make_wav(3)
    content = wav + STOWAWAYS[kind]
    if kind == "a PDF":
        content = wav[:12] + b"junk\x08\x00\x00\x00%PDF-1.7" + wav[12:]
    sample = factories.make_sample(cast.ana, cast.aurora, content, seconds=None)

    run_measurement(str(sample.pk))

    sample.refresh_from_db()
    assert f"it is {kind} as well" in sample.problem
    assert sample.seconds is None


@pytest.mark.parametrize("layout", ["2.1", "5.1", "7.1"])
def test_sound_from_all_around_is_the_mean_of_its_channels(layout):
    file = io.BytesIO()
    with av.open(file, "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000, layout=layout)
        count = len(stream.layout.channels)
        values = np.tile(np.arange(count, dtype=np.int16) * 1000, 16_000)
        frame = av.AudioFrame.from_ndarray(values.reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = 16_000
        container.mux([*stream.encode(frame), *stream.encode(None)])

    sound, _ = decode_audio(file.getvalue(), FORMATS["wav"], max_seconds=9)

    assert sound.size == 16_000
    assert sound == pytest.approx((count - 1) * 500 / 32_768, abs=1e-3)


@pytest.mark.parametrize("slug", FORMATS)
def test_sound_is_taken_for_nothing_else(slug):
    assert find_stowaway(encode_sound(slug, 3.0)) == ""
