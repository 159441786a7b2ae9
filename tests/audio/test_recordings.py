"""Recordings from phones, recorders, meeting tools, and editors become one clear voice."""

import io
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from catalog.audio.decode import DecodedAudio, NotDecodable, decode_sound
from catalog.audio.formats import locate_sound
from tests.audio.test_disguised_sound import zipped
from tests.sounds import MADE_FORMATS, encode_sound, encode_values, speak

RATE = 16_000
SECONDS = 4.0
MOMENTS = np.arange(int(SECONDS * RATE)) / RATE
VOICE = speak(MOMENTS)
NOISE = np.random.default_rng(1).normal(0, 0.2, VOICE.size)
HUM = 0.4 * np.sin(2 * np.pi * 50 * MOMENTS)
SILENCE = np.zeros_like(VOICE)
# As loud as the voice, with gaps like speech.
MUSIC = speak(MOMENTS, pitch=70, start=0.3)


def read(content: bytes, max_seconds: float = 60) -> DecodedAudio:
    found = locate_sound(io.BytesIO(content)).audio_format
    assert found is not None
    return decode_sound(content, found, max_seconds=max_seconds)


def likeness(sound: DecodedAudio, voice: np.ndarray = VOICE) -> tuple[float, float]:
    """Return the absolute correlation with the voice, and the level in dB."""
    count = min(sound.wave.size, voice.size)
    heard, meant = sound.wave[:count].astype(float), voice[:count]
    alike = abs(np.corrcoef(heard, meant)[0, 1])
    return alike, 10 * np.log10((heard**2).mean() / (meant**2).mean())


def as_wav(*channels: np.ndarray, layout: str, codec: str = "pcm_s16le") -> bytes:
    return encode_values(np.column_stack(channels), "wav", codec, RATE, layout=layout)


def only(place: int, of: int) -> list[np.ndarray]:
    return [VOICE if each == place else SILENCE for each in range(of)]


CHANNELS = {
    "dual mono": ([VOICE, VOICE], "stereo"),
    "inverted": ([VOICE, -VOICE], "stereo"),
    "partly inverted": ([VOICE, -0.6 * VOICE + 0.02 * NOISE], "stereo"),
    "inverted and louder": ([0.8 * VOICE, -VOICE], "stereo"),
    "right alone": ([SILENCE, VOICE], "stereo"),
    "left alone beside noise": ([VOICE, NOISE], "stereo"),
    "right alone beside hum": ([HUM, VOICE], "stereo"),
    "bleed": ([VOICE, 0.1 * VOICE], "stereo"),
    "a copy that comes later": ([VOICE, np.roll(VOICE, 40)], "stereo"),
    "an offset on one side": ([VOICE, SILENCE + 0.4], "stereo"),
    "mid and side": ([VOICE, 0.02 * NOISE], "stereo"),
    "center of 5.1": (only(2, 6), "5.1"),
    "center of 5.1 in noise": ([NOISE / 9, NOISE / 9, VOICE, HUM, SILENCE, SILENCE], "5.1"),
    "center of 5.1 amid music": ([MUSIC, MUSIC[::-1], VOICE, HUM, MUSIC, MUSIC], "5.1"),
    "one of 5.1": (only(4, 6), "5.1"),
    "low frequencies of 5.1": (only(3, 6), "5.1"),
    "one of 7.1": (only(7, 8), "7.1"),
    "four microphones": ([VOICE, -VOICE, VOICE, -VOICE], "quad"),
}


@pytest.mark.parametrize(("channels", "layout"), CHANNELS.values(), ids=CHANNELS)
def test_channels_with_speech_are_used_and_never_cancel_out(channels, layout):
    alike, level = likeness(read(as_wav(*channels, layout=layout)))

    assert alike > 0.98
    assert level == pytest.approx(0, abs=2.5)


def test_two_speakers_on_separate_channels_are_both_kept():
    guest = speak(MOMENTS, pitch=110, start=1.0)

    sound = read(as_wav(VOICE, guest, layout="stereo"))

    assert likeness(sound, VOICE + guest)[0] > 0.98


@pytest.mark.parametrize("names", [["dual mono", True], ["inverted", False], ["bleed", False]])
def test_only_recordings_that_sound_the_same_everywhere_are_plain(names):
    channels, layout = CHANNELS[names[0]]

    assert read(as_wav(*channels, layout=layout)).is_plain is names[1]


@pytest.mark.parametrize("codec", ["pcm_f32le", "pcm_f64le"])
@pytest.mark.parametrize("times", [4, 10, 100, 32_768])
def test_samples_above_full_scale_are_turned_down(times, codec):
    sound = read(encode_values(VOICE * times, "wav", codec, RATE))

    assert likeness(sound)[0] > 0.999
    assert np.abs(sound.wave).max() == pytest.approx(1)
    assert not sound.is_plain


def test_a_lossy_file_above_full_scale_is_turned_down():
    sound = read(encode_sound("m4a", 4, lambda moments: 10 * speak(moments)))

    assert np.abs(sound.wave).max() == pytest.approx(1)


def test_a_few_invalid_samples_are_removed():
    broken = VOICE.copy()
    broken[1000:1010], broken[2000] = np.nan, np.inf

    sound = read(encode_values(broken, "wav", "pcm_f32le", RATE))

    assert likeness(sound)[0] > 0.99
    assert not sound.is_plain


def test_one_extreme_sample_is_refused_as_invalid_audio():
    clicked = 0.01 * VOICE
    clicked[1000] = 1e6

    with pytest.raises(NotDecodable, match="invalid audio data"):
        read(encode_values(clicked, "wav", "pcm_f32le", RATE))


def test_a_dc_offset_is_removed():
    sound = read(as_wav(0.5 * VOICE + 0.4, layout="mono"))

    assert likeness(sound, 0.5 * VOICE)[0] > 0.999
    assert abs(sound.wave.mean()) < 0.01


def test_a_dc_offset_alone_is_silence():
    sound = read(as_wav(SILENCE + 0.4, layout="mono"))

    assert np.abs(sound.wave).max() < 0.001


WAV_CODECS = ["pcm_u8", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_alaw",
              "pcm_mulaw", "adpcm_ms", "adpcm_ima_wav"]  # fmt: skip


@pytest.mark.parametrize("codec", WAV_CODECS)
@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
def test_a_wav_with_any_codec_and_rate_is_read(codec, rate):
    moments = np.arange(int(SECONDS * rate)) / rate

    sound = read(encode_values(speak(moments), "wav", codec, rate))

    assert sound.seconds == pytest.approx(SECONDS, abs=0.1)
    assert np.abs(sound.wave).max() > 0.3


@pytest.mark.parametrize("second", [(22_050, "mono"), (48_000, "stereo"), (44_100, "stereo")])
def test_a_change_of_rate_or_layout_within_a_file_is_handled(second):
    rate, layout = second
    values = speak(np.arange(2 * rate) / rate)
    values = values if layout == "mono" else np.column_stack([values, -values])
    first = encode_values(speak(np.arange(2 * 44_100) / 44_100), "mp3", "mp3", 44_100,
                          options={"write_xing": "0", "id3v2_version": "0"})  # fmt: skip
    then = encode_values(values, "mp3", "mp3", rate, layout=layout,
                         options={"write_xing": "0", "id3v2_version": "0"})  # fmt: skip

    sound = read(first + then)

    assert sound.rate == 44_100
    assert sound.seconds == pytest.approx(4, abs=0.2)
    halves = np.array_split(sound.wave, 2)
    assert (halves[0] ** 2).mean() == pytest.approx((halves[1] ** 2).mean(), rel=0.3)
    assert not sound.is_plain


PADDED = ["mp3", "aac", "flac", "m4a", "wav", "ogg", "aiff", "webm", "caf"]


@pytest.mark.parametrize("zeros", [1, 777, 100_000])
@pytest.mark.parametrize("slug", PADDED)
def test_zero_bytes_before_the_first_frame_are_skipped(slug, zeros):
    sound = read(bytes(zeros) + encode_sound(slug, 2.0))

    assert sound.seconds == pytest.approx(2, abs=0.15)
    assert not sound.is_plain


def test_an_mp3_that_starts_after_other_bytes_is_found():
    junk = np.random.default_rng(2).bytes(3000)

    assert read(junk + encode_sound("mp3", 2.0)).seconds == pytest.approx(2, abs=0.15)


def id3(payload: bytes) -> bytes:
    frame = b"COMM" + len(payload).to_bytes(4, "big") + b"\x00\x00" + payload
    size = bytes((len(frame) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + frame


def ape(payload: bytes) -> bytes:
    head = (2000).to_bytes(4, "little") + len(payload).to_bytes(4, "little")
    return b"APETAGEX" + head + (1).to_bytes(4, "little") + b"\x00\x00\x00\xa0" + bytes(8) + payload


NOTES = {
    "a web page": b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>",
    "a PDF": b"%PDF-1.7\n1 0 obj\n%%EOF",
    "an archive": zipped(),
}


@pytest.mark.parametrize("slug", ["mp3", "aac", "flac", "wav"])
@pytest.mark.parametrize("wrap", [id3, ape, lambda notes: id3(notes) + ape(notes)])
@pytest.mark.parametrize("notes", NOTES.values(), ids=NOTES)
def test_documents_in_tags_are_ignored_and_never_sent_out(notes, wrap, slug):
    sound = read(wrap(notes) + encode_sound(slug, 2.0))

    assert sound.seconds == pytest.approx(2, abs=0.15)
    assert not sound.is_plain


@pytest.mark.parametrize("slug", ["mp3", "aac", "flac", "m4a", "wav", "ogg", "ts"])
@pytest.mark.parametrize("spoil", [lambda content: content[:-90],
                                   lambda content: content + b"\x07" * 4000])  # fmt: skip
def test_a_truncated_last_frame_or_trailing_junk_loses_only_that_part(slug, spoil):
    sound = read(spoil(encode_sound(slug, 3.0)))

    assert sound.seconds == pytest.approx(3, abs=0.5)


def make_container(name: str, *tracks: tuple[np.ndarray, str], pictures: bool = False) -> bytes:
    """Return a file with these audio tracks, optionally after a video track."""
    file = io.BytesIO()
    with av.open(file, "w", format=name) as target:
        seen = target.add_stream("mpeg4", rate=5) if pictures else None
        heard = [target.add_stream(codec, rate=RATE, layout="mono") for _, codec in tracks]
        if seen is not None:
            seen.width = seen.height = 32
            picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            target.mux([*seen.encode(picture), *seen.encode(None)])
        for stream, (values, _) in zip(heard, tracks, strict=True):
            packed = values.astype(np.float32).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, format="flt", layout="mono")
            frame.sample_rate = RATE
            resampler = av.AudioResampler(
                stream.format, "mono", RATE, frame_size=stream.codec_context.frame_size or 1024
            )
            for piece in [*resampler.resample(frame), *resampler.resample(None)]:
                target.mux(stream.encode(piece))
            target.mux(stream.encode(None))
    return file.getvalue()


@pytest.mark.parametrize("name", ["mov", "mp4", "matroska"])
def test_the_first_track_that_is_not_silent_is_used(name):
    content = make_container(name, (SILENCE, "aac"), (VOICE, "aac"), (NOISE, "aac"))

    sound = read(content)

    assert likeness(sound)[1] == pytest.approx(0, abs=1)
    assert not sound.is_plain


def test_a_track_with_an_unknown_codec_is_skipped():
    content = make_container("mov", (NOISE, "alac"), (VOICE, "aac"))

    sound = read(content.replace(b"alac", b"zzzz"))

    assert sound.codec == "aac"


def test_a_file_with_only_unknown_codecs_says_how_to_save_it():
    content = make_container("mov", (VOICE, "alac")).replace(b"alac", b"zzzz")

    with pytest.raises(NotDecodable, match="Export it as WAV or M4A and upload that"):
        read(content)


@pytest.mark.parametrize("name", ["mp4", "mov", "matroska", "avi"])
def test_the_audio_of_a_video_is_used(name):
    codec = "mp3" if name == "avi" else "aac"

    sound = read(make_container(name, (VOICE, codec), pictures=True))

    assert sound.seconds == pytest.approx(SECONDS, abs=0.2)
    assert not sound.is_plain


@pytest.mark.parametrize("brand", [b"M4B ", b"mp42", b"isom", b"dash", b"3gp4", b"3g2a", b"qt  ",
                                   b"MSNV", b"f4a "])  # fmt: skip
def test_an_mp4_with_any_brand_is_read(brand):
    content = encode_sound("m4a", 2.0)

    assert read(content[:8] + brand + content[12:]).seconds == pytest.approx(2, abs=0.1)


def test_a_fragmented_mp4_is_read():
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}

    sound = read(encode_values(VOICE, "mp4", "aac", RATE, options=options))

    assert sound.seconds == pytest.approx(SECONDS, abs=0.2)
    assert not sound.is_plain


RECORDED = sorted((Path(__file__).parent / "recordings").iterdir())


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_files_from_real_devices_and_tools_are_read(path):
    sound = read(path.read_bytes())

    assert sound.seconds == pytest.approx(2.2, abs=0.4)
    assert np.abs(sound.wave).max() > 0.3


@pytest.mark.parametrize("slug", MADE_FORMATS)
def test_every_format_is_identified_and_read_to_its_end(slug):
    assert read(encode_sound(slug, 2.0, speak)).seconds == pytest.approx(2, abs=0.12)


PLAIN: dict[str, Callable[[], bytes]] = {
    slug: lambda slug=slug: encode_sound(slug, 2.0) for slug in ("wav", "mp3", "flac", "m4a")
}


@pytest.mark.parametrize("make", PLAIN.values(), ids=PLAIN)
def test_an_ordinary_file_is_plain(make):
    assert read(make()).is_plain
