"""Identifying uploads by their bytes, and measuring their length by decoding."""

import gzip
import io
import random
import struct
import zipfile

import av
import numpy as np
import pytest

from catalog.audio import decode
from catalog.audio.decode import PEAK_COUNT, NotDecodable, decode_audio, measure_audio
from catalog.audio.formats import FORMATS, HEAD_BYTES, AudioFormat, sniff_format
from tests.conftest import make_wav
from tests.sounds import MADE_FORMATS, encode_sound


def make_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("sample.wav", "RIFF")
    return file.getvalue()


def make_silent_film() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 32
        picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return file.getvalue()


def make_float_wav(values: np.ndarray) -> bytes:
    data = values.astype("<f4").tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 3, 1,
                       16_000, 64_000, 4, 32)  # fmt: skip
    return head + struct.pack("<4sI", b"data", len(data)) + data


NO_SOUND = {
    "nothing": b"",
    "one byte": b"R",
    "text": b"Dear Sir or Madam, this is no recording. " * 20,
    "HTML": b"<!doctype html><html><script>alert(1)</script></html>",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
    "program of Windows": b"MZ\x90\x00\x03" + bytes(200),
    "program of Linux": b"\x7fELF\x02\x01\x01" + bytes(200),
    "ZIP": make_zip(),
    "GZ": gzip.compress(b"RIFF____WAVE"),
    "picture": b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(100),
    "WebP": b"RIFF\x00\x10\x00\x00WEBPVP8 " + bytes(100),
    "HLS playlist": b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret.ts\n",
    "concat script": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "DASH": b'<?xml version="1.0"?><MPD></MPD>',
    "SDP": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
    "UTF-16 text": "RIFF WAVE".encode("utf-16"),
    "random bytes": random.Random(5).randbytes(4096),
}


@pytest.mark.parametrize("slug", MADE_FORMATS)
def test_audio_in_every_format_is_identified_and_measured(slug):
    content = encode_sound(slug, 2.0)

    found = sniff_format(content)
    measured = measure_audio(content, found, max_seconds=60)

    assert found == FORMATS[slug]
    assert measured.seconds == pytest.approx(2.0, abs=0.12)
    assert len(measured.peaks) == PEAK_COUNT
    assert max(measured.peaks) == 100
    assert all(0 <= peak <= 100 for peak in measured.peaks)


def test_an_mp3_without_a_leading_tag_is_identified():
    content = encode_sound("mp3")
    untagged = content[content.index(b"\xff\xfb") :]

    assert sniff_format(untagged[:HEAD_BYTES]) == FORMATS["mp3"]


@pytest.mark.parametrize("content", NO_SOUND.values(), ids=NO_SOUND)
def test_files_that_are_not_audio_are_not_identified_as_audio(content):
    assert sniff_format(content[:HEAD_BYTES]) is None


@pytest.mark.parametrize("length", range(16))
def test_a_truncated_header_is_handled_without_an_error(length):
    assert sniff_format(encode_sound("wav", 0.1)[:length]) in {None, FORMATS["wav"]}


def test_the_waveform_follows_the_level():
    def swell(moments: np.ndarray) -> np.ndarray:
        return moments / 2 * np.sin(2 * np.pi * 300 * moments)

    measured = measure_audio(encode_sound("wav", 2.0, swell), FORMATS["wav"], max_seconds=9)

    assert measured.peaks[-1] > 90
    assert measured.peaks[PEAK_COUNT // 2] == pytest.approx(50, abs=8)
    assert measured.peaks[0] < 10


# AMR is left out because 40 bytes hold two frames of it.
@pytest.mark.parametrize("slug", sorted({*MADE_FORMATS} - {"amr"}))
def test_a_file_cut_off_after_its_header_is_refused(slug):
    content = encode_sound(slug)

    with pytest.raises(NotDecodable):
        measure_audio(content[:40], FORMATS[slug], max_seconds=60)


@pytest.mark.parametrize("slug", MADE_FORMATS)
def test_random_bytes_after_a_valid_header_are_refused_or_measured(slug):
    content = encode_sound(slug)
    spoilt = content[:64] + random.Random(7).randbytes(4000)

    try:
        measured = measure_audio(spoilt, FORMATS[slug], max_seconds=60)
    except NotDecodable:
        return
    assert 0 < measured.seconds <= 60


def test_silence_is_refused_with_a_message():
    silence = encode_sound("wav", 2.0, np.zeros_like)

    with pytest.raises(NotDecodable, match="silent"):
        measure_audio(silence, FORMATS["wav"], max_seconds=60)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinite_samples_are_refused(value):
    wave = np.sin(np.arange(16_000) / 20)
    wave[8_000:] = value

    with pytest.raises(NotDecodable):
        measure_audio(make_float_wav(wave), FORMATS["wav"], max_seconds=60)


@pytest.mark.parametrize("slug", ["wav", "flac"])
def test_decoding_stops_at_the_length_limit(slug):
    with pytest.raises(NotDecodable, match="longer than 1 minute\\."):
        measure_audio(encode_sound(slug, 75.0), FORMATS[slug], max_seconds=60)


def test_a_video_without_audio_is_refused():
    film = make_silent_film()

    with pytest.raises(NotDecodable, match="no readable audio"):
        measure_audio(film, FORMATS["m4a"], max_seconds=60)


@pytest.mark.parametrize("slug", MADE_FORMATS)
@pytest.mark.parametrize("content", [NO_SOUND["HLS playlist"], NO_SOUND["concat script"]])
def test_a_playlist_is_refused_in_every_format(slug, content):
    with pytest.raises(NotDecodable):
        measure_audio(content * 50, FORMATS[slug], max_seconds=60)


@pytest.mark.parametrize(
    ("rate", "channels", "bits"),
    [(0, 1, 16), (4_294_967_295, 1, 16), (16_000, 0, 16), (16_000, 65_535, 16), (16_000, 1, 0),
     (16_000, 1, 999)],
)  # fmt: skip
def test_a_header_with_impossible_values_is_refused(rate, channels, bits):
    content = bytearray(encode_sound("wav", 0.5))
    struct.pack_into("<HI", content, 22, channels, rate)
    struct.pack_into("<H", content, 34, bits)

    with pytest.raises(NotDecodable):
        measure_audio(bytes(content), FORMATS["wav"], max_seconds=60)


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{address}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{address}'\n",
}


@pytest.mark.parametrize("slug", MADE_FORMATS)
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_playlist_does_not_read_the_file_that_it_names(tmp_path, slug, kind):
    secret = tmp_path / "secret.wav"
    secret.write_bytes(encode_sound("wav", 2))
    playlist = PLAYLISTS[kind].format(address=secret.as_uri()).encode()

    assert sniff_format(playlist[:HEAD_BYTES]) is None
    with pytest.raises(NotDecodable):
        decode_audio(playlist, FORMATS[slug], max_seconds=9)


PERMISSIVE = {"hls": {"allowed_extensions": "ALL", "extension_picky": "0"}, "concat": {"safe": "0"}}


@pytest.mark.parametrize("kind", PLAYLISTS)
def test_even_a_playlist_demuxer_cannot_open_other_files(tmp_path, kind, monkeypatch):
    # A second safeguard if such a format were ever accepted: no protocol is allowed.
    secret = tmp_path / "secret.wav"
    secret.write_bytes(encode_sound("wav", 2))
    playlist = PLAYLISTS[kind].format(address=secret.as_uri()).encode()
    open_file = av.open
    monkeypatch.setattr(
        av,
        "open",
        lambda *args, options, **named: open_file(
            *args, options={**options, **PERMISSIVE[kind]}, **named
        ),
    )

    with pytest.raises(NotDecodable):
        decode_audio(playlist, AudioFormat(kind, kind, "", kind), max_seconds=9)


def test_samples_far_above_full_scale_from_a_lossy_decoder_are_refused():
    astray = encode_sound("m4a", 1.0, lambda moments: 1000 * np.sin(moments * 1000))

    with pytest.raises(NotDecodable, match="invalid audio data"):
        decode_audio(astray, FORMATS["m4a"], max_seconds=9)


def test_channels_are_averaged_at_the_sample_rate_of_the_file():
    left = np.sin(np.arange(4800) / 20)
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + 38_400, b"WAVE", b"fmt ", 16, 3, 2,
                       48_000, 384_000, 8, 32)  # fmt: skip
    data = np.column_stack([left, left / 2]).astype("<f4").tobytes()

    wave, rate = decode_audio(
        head + struct.pack("<4sI", b"data", len(data)) + data, FORMATS["wav"], max_seconds=9
    )

    assert rate == 48_000
    assert wave == pytest.approx(0.75 * left, abs=1e-4)


@pytest.mark.parametrize(("rate", "heard"), [(192_000, 48_000), (44_100, 44_100), (8_000, 8_000)])
def test_inaudibly_high_sample_rates_are_reduced(rate, heard):
    sound, found = decode_audio(make_wav(0.5, rate=rate), FORMATS["wav"], max_seconds=2)

    assert found == heard
    assert abs(sound.size - heard / 2) < heard / 100


def test_a_file_that_exceeds_memory_is_refused(monkeypatch, wav):
    def take_too_much(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(decode._AudioReader, "read", take_too_much)

    with pytest.raises(NotDecodable, match="too large when decoded"):
        decode_audio(wav, FORMATS["wav"], max_seconds=9)
