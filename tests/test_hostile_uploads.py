"""Over 200 malformed files: each is read or refused with a message, and none breaks anything."""

import io
import os
import random
import struct
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.forms.samples.upload import MOST_SAMPLES
from catalog.jobs.samples.prepare import run_measurement
from catalog.models import Membership, Sample
from tests.media import media_path
from tests.sounds import COMMON_FORMATS, MADE_FORMATS, encode_sound

# Each file takes only a moment, but a machine that runs other tests can be slow.
PATIENCE_SECONDS = 60
MOST_BYTES = 4 * 1024 * 1024


def whole_files() -> dict[str, bytes]:
    return {slug: encode_sound(slug, 1.0) for slug in MADE_FORMATS}


def cut_short(good: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for slug, content in good.items():
        many = (4, 12, 44, 100, len(content) // 3, len(content) - 7)
        for size in many if slug in COMMON_FORMATS else many[-2:-1]:
            yield f"{slug} cut at {size}", content[:size]


def with_wrong_bytes(good: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for slug, content in good.items():
        for seed in range(14) if slug in COMMON_FORMATS else (12,):
            chance, changed = random.Random(seed), bytearray(content)
            # The first bytes stay, because otherwise only the format check would be tested.
            for _ in range(1 + seed * 8):
                changed[chance.randrange(12, len(changed))] = chance.randrange(256)
            yield f"{slug} with wrong bytes {seed}", bytes(changed)


def with_wrong_magic(good: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    heads = {slug: content[:16] for slug, content in good.items()}
    for slug, content in good.items():
        for other in COMMON_FORMATS:
            head = heads[other]
            if other != slug and (slug in COMMON_FORMATS or other == "mp3"):
                yield f"{slug} that begins as {other}", head + content[16:]


def wav(channels: int, rate: int, bits: int, *, declared: int | None = None, data: bytes) -> bytes:
    size = len(data) if declared is None else declared
    align = (channels * bits // 8) & 0xFFFF
    body = struct.pack(
        "<4sIHHIIHH",
        b"fmt ",
        16,
        1,
        channels & 0xFFFF,
        rate,
        (rate * align) & 0xFFFFFFFF,
        align,
        bits,
    )
    head = struct.pack("<4sI4s", b"RIFF", (size + 36) & 0xFFFFFFFF, b"WAVE")
    return head + body + struct.pack("<4sI", b"data", size & 0xFFFFFFFF) + data


def lying_headers(good: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    sound = os.urandom(2000)
    for channels in (0, 1, 8, 9, 255, 65_535):
        for rate in (0, 1, 7, 16_000, 4_294_967_295):
            yield f"wav of {channels} channels at {rate}", wav(channels, rate, 16, data=sound)
    for bits in (0, 1, 7, 24, 64, 999):
        yield f"wav of {bits} bits", wav(1, 16_000, bits, data=sound)
    for declared in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF):
        yield f"wav that declares {declared}", wav(1, 16_000, 16, declared=declared, data=sound)
    yield "wav without any sample", wav(1, 16_000, 16, data=b"")
    yield "wav of 100,000 chunks", good["wav"][:12] + b"junk\x00\x00\x00\x00" * 100_000
    yield "flac that declares 2^36 samples", good["flac"][:21] + b"\xff" * 5 + good["flac"][26:]
    yield "mp3 with a tag of 256 MB", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + good["mp3"]
    yield "mp4 with a box of 2^64", good["m4a"][:24] + b"\x00\x00\x00\x01mdat" + b"\xff" * 8
    yield "webm of unknown sizes", good["webm"][:40] + b"\x01" + b"\xff" * 7 + good["webm"][48:]


def nested(good: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for outer in COMMON_FORMATS:
        for inner in ("wav", "webm"):
            yield f"{inner} in {outer}", good[outer][:48] + good[inner] + good[outer][48:]
    box = b"\x00\x00\x00\x08moov"
    yield "mp4 of boxes in boxes", good["m4a"][:24] + box * 5_000
    yield "riff in riff", (good["wav"][:12] * 5_000)[:MOST_BYTES]


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr("bomb.wav", bytes(2_000_000))
    return file.getvalue()


def no_sound_at_all(good: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    yield from {
        "nothing": b"",
        "one byte": b"\x00",
        "text": b"These are words.\n" * 50,
        "html": b"<!doctype html><script>alert(1)</script>",
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        "concat script": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
        "dash": b'<?xml version="1.0"?><MPD><BaseURL>http://127.0.0.1/</BaseURL></MPD>',
        "pdf": b"%PDF-1.7\n" + bytes(500),
        "elf": b"\x7fELF" + bytes(500),
        "png": b"\x89PNG\r\n\x1a\n" + bytes(500),
        "gif": b"GIF89a" + bytes(500),
        "jpeg": b"\xff\xd8\xff\xe0" + bytes(500),
        "zip": archive(),
        "gzip": b"\x1f\x8b\x08" + bytes(500),
        "zeros": bytes(5_000),
        "mp3 sync and noise": b"\xff\xfb\x90\x00" + random.Random(1).randbytes(5_000),
    }.items()
    for seed in range(12):
        yield f"noise {seed}", random.Random(seed).randbytes(3_000)
    for slug, content in good.items():
        yield f"page behind {slug}", content[:64] + b"<script>alert(1)</script>" * 200


KINDS: list[Callable[[dict[str, bytes]], Iterator[tuple[str, bytes]]]] = [
    cut_short,
    with_wrong_bytes,
    with_wrong_magic,
    lying_headers,
    nested,
    no_sound_at_all,
]


def test_there_are_at_least_200_malformed_files():
    good = whole_files()

    assert sum(1 for kind in KINDS for _ in kind(good)) >= 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_malformed_file_is_refused_or_read_without_breaking_anything(
    ana_s_browser, settings, kind
):
    names = {}
    for name, content in kind(whole_files()):
        posted = {
            "form_token": str(uuid.uuid4()),
            "file": SimpleUploadedFile("a.wav", content, "audio/wav"),
        }
        started = time.monotonic()

        response = ana_s_browser.post("/samples/", posted, headers={"X-Upload": "1"})

        assert response.status_code in {201, 422}, name
        if response.status_code == 422:
            assert "a.wav" in response.json()["error"], name
            continue
        sample = Sample.objects.get(form_token=posted["form_token"])
        run_measurement(str(sample.pk))
        sample.refresh_from_db()
        assert sample.is_measured, name
        assert bool(sample.problem) is not bool(sample.seconds), name
        assert time.monotonic() - started < PATIENCE_SECONDS, name
        names[str(sample.pk)] = name
    demand_clone_forms(ana_s_browser, names)
    # Only accepted samples and their copies are on the disk, and no temporary files.
    stored = {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}
    assert stored == {media_path(path) for each in Sample.objects.all() for path in each.paths}
    assert sum(path.stat().st_size for path in stored) < 30 * MOST_BYTES


def demand_clone_forms(browser: Client, names: dict[str, str]) -> None:
    """Fail unless the clone form shows each sample, as many at a time as it takes."""
    ids = list(names)
    for place in range(0, len(ids), MOST_SAMPLES):
        some = ids[place : place + MOST_SAMPLES]
        response = browser.get("/clone/", {"sample": some})
        assert response.status_code == 200, [names[each] for each in some]
        shown = response.content.decode()
        assert [names[each] for each in some if each not in shown] == []


@pytest.fixture
def ana_s_browser(cast, sign_in):
    Membership.objects.filter(user=cast.ana).update(role=Membership.Role.ADMIN)
    return sign_in(cast.ana)
