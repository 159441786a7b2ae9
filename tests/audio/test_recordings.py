"""Recordings as phones, recorders, meeting tools, and editors write them become one clear voice."""

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
# As loud as the voice, and it comes and goes as speech does.
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
def test_the_channels_that_carry_the_speech_are_heard_and_never_cancel(channels, layout):
    alike, level = likeness(read(as_wav(*channels, layout=layout)))

    assert alike > 0.98
    assert level == pytest.approx(0, abs=2.5)


def test_two_people_on_two_channels_are_both_heard():
    guest = speak(MOMENTS, pitch=110, start=1.0)

    sound = read(as_wav(VOICE, guest, layout="stereo"))

    assert likeness(sound, VOICE + guest)[0] > 0.98


@pytest.mark.parametrize("names", [["dual mono", True], ["inverted", False], ["bleed", False]])
def test_only_what_is_heard_alike_everywhere_goes_as_it_is(names):
    channels, layout = CHANNELS[names[0]]

    assert read(as_wav(*channels, layout=layout)).is_plain is names[1]


@pytest.mark.parametrize("codec", ["pcm_f32le", "pcm_f64le"])
@pytest.mark.parametrize("times", [4, 10, 100, 32_768])
def test_what_is_above_full_scale_is_turned_down(times, codec):
    sound = read(encode_values(VOICE * times, "wav", codec, RATE))

    assert likeness(sound)[0] > 0.999
    assert np.abs(sound.wave).max() == pytest.approx(1)
    assert not sound.is_plain


def test_a_lossy_file_of_hot_sound_is_turned_down():
    sound = read(encode_sound("m4a", 4, lambda moments: 10 * speak(moments)))

    assert np.abs(sound.wave).max() == pytest.approx(1)


def test_a_few_values_that_are_no_numbers_are_left_out():
    broken = VOICE.copy()
    broken[1000:1010], broken[2000] = np.nan, np.inf

    sound = read(encode_values(broken, "wav", "pcm_f32le", RATE))

    assert likeness(sound)[0] > 0.99
    assert not sound.is_plain


def test_one_click_far_above_the_rest_is_a_fault_and_not_the_level():
    clicked = 0.01 * VOICE
    clicked[1000] = 1e6

    with pytest.raises(NotDecodable, match="invalid audio data"):
        read(encode_values(clicked, "wav", "pcm_f32le", RATE))


def test_an_offset_is_taken_out():
    sound = read(as_wav(0.5 * VOICE + 0.4, layout="mono"))

    assert likeness(sound, 0.5 * VOICE)[0] > 0.999
    assert abs(sound.wave.mean()) < 0.01


def test_an_offset_alone_is_silence():
    sound = read(as_wav(SILENCE + 0.4, layout="mono"))

    assert np.abs(sound.wave).max() < 0.001


WAV_CODECS = ["pcm_u8", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_alaw",
              "pcm_mulaw", "adpcm_ms", "adpcm_ima_wav"]  # fmt: skip


@pytest.mark.parametrize("codec", WAV_CODECS)
@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
def test_a_wav_of_any_kind_is_read(codec, rate):
    moments = np.arange(int(SECONDS * rate)) / rate

    sound = read(encode_values(speak(moments), "wav", codec, rate))

    assert sound.seconds == pytest.approx(SECONDS, abs=0.1)
    assert np.abs(sound.wave).max() > 0.3


@pytest.mark.parametrize("second", [(22_050, "mono"), (48_000, "stereo"), (44_100, "stereo")])
def test_a_rate_or_layout_that_changes_half_way_is_followed(second):
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


def test_an_mp3_that_begins_amid_other_bytes_is_found():
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
def test_show_notes_in_a_tag_do_no_harm_but_never_go_out_as_they_are(notes, wrap, slug):
    sound = read(wrap(notes) + encode_sound(slug, 2.0))

    assert sound.seconds == pytest.approx(2, abs=0.15)
    assert not sound.is_plain


@pytest.mark.parametrize("slug", ["mp3", "aac", "flac", "m4a", "wav", "ogg", "ts"])
@pytest.mark.parametrize("spoil", [lambda content: content[:-90],
                                   lambda content: content + b"\x07" * 4000])  # fmt: skip
def test_a_last_frame_cut_short_and_a_tail_of_junk_cost_only_that(slug, spoil):
    sound = read(spoil(encode_sound(slug, 3.0)))

    assert sound.seconds == pytest.approx(3, abs=0.5)


def make_container(name: str, *tracks: tuple[np.ndarray, str], pictures: bool = False) -> bytes:
    """Return a file with these tracks of sound, behind one of pictures where it is wished."""
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
def test_the_first_track_that_is_heard_is_taken(name):
    content = make_container(name, (SILENCE, "aac"), (VOICE, "aac"), (NOISE, "aac"))

    sound = read(content)

    assert likeness(sound)[1] == pytest.approx(0, abs=1)
    assert not sound.is_plain


def test_a_track_that_no_decoder_knows_is_passed_over():
    content = make_container("mov", (NOISE, "alac"), (VOICE, "aac"))

    sound = read(content.replace(b"alac", b"zzzz"))

    assert sound.codec == "aac"


def test_a_file_whose_sound_no_decoder_knows_says_how_to_save_it():
    content = make_container("mov", (VOICE, "alac")).replace(b"alac", b"zzzz")

    with pytest.raises(NotDecodable, match="Export it as WAV or M4A and upload that"):
        read(content)


@pytest.mark.parametrize("name", ["mp4", "mov", "matroska", "avi"])
def test_the_sound_of_a_film_is_taken(name):
    codec = "mp3" if name == "avi" else "aac"

    sound = read(make_container(name, (VOICE, codec), pictures=True))

    assert sound.seconds == pytest.approx(SECONDS, abs=0.2)
    assert not sound.is_plain


@pytest.mark.parametrize("brand", [b"M4B ", b"mp42", b"isom", b"dash", b"3gp4", b"3g2a", b"qt  ",
                                   b"MSNV", b"f4a "])  # fmt: skip
def test_a_file_of_any_brand_is_read(brand):
    content = encode_sound("m4a", 2.0)

    assert read(content[:8] + brand + content[12:]).seconds == pytest.approx(2, abs=0.1)


def test_a_memo_in_fragments_is_read():
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}

    sound = read(encode_values(VOICE, "mp4", "aac", RATE, options=options))

    assert sound.seconds == pytest.approx(SECONDS, abs=0.2)
    assert not sound.is_plain


RECORDED = sorted((Path(__file__).parent / "recordings").iterdir())


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_what_only_other_tools_write_is_read(path):
    sound = read(path.read_bytes())

    assert sound.seconds == pytest.approx(2.2, abs=0.4)
    assert np.abs(sound.wave).max() > 0.3


@pytest.mark.parametrize("slug", MADE_FORMATS)
def test_the_format_is_found_in_the_whole_file_and_read_to_its_end(slug):
    assert read(encode_sound(slug, 2.0, speak)).seconds == pytest.approx(2, abs=0.12)


PLAIN: dict[str, Callable[[], bytes]] = {
    slug: lambda slug=slug: encode_sound(slug, 2.0) for slug in ("wav", "mp3", "flac", "m4a")
}


@pytest.mark.parametrize("make", PLAIN.values(), ids=PLAIN)
def test_an_ordinary_file_is_plain(make):
    assert read(make()).is_plain
