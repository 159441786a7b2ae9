"""Identify an upload by its first bytes, because its name and declared type can't be trusted.

The web process uses this module, so it needs only the standard library. It lists only formats that
contain their audio: a playlist could make FFmpeg open other files and URLs.
"""

import io
import re
import zipfile
from dataclasses import dataclass
from typing import Protocol

from catalog.audio.frame_sync import find_frames, scan_for_frames

# Advice for unreadable files.
SAVE_AS = "Export it as WAV or M4A and upload that."
HEAD_BYTES = 512
_WINDOW = 64 * 1024
_MOST_TAGS = 8
_MARKUP = re.compile(rb"<(?:script|html|!doctype|\?php)[\s>]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """A supported file format: our short name, its MIME type, and FFmpeg's demuxer.

    ``played`` lists the codecs that every browser plays in it, ``sent`` those that are sent to a
    provider unchanged. Others are played and sent as a converted copy.
    """

    slug: str
    label: str
    content_type: str
    demuxer: str
    played: frozenset[str] = frozenset()
    sent: frozenset[str] = frozenset()


def _common(slug: str, label: str, content_type: str, demuxer: str, *codecs: str) -> AudioFormat:
    named = frozenset(codecs)
    return AudioFormat(slug, label, content_type, demuxer, named, named)


# Safari plays Ogg only in its newest versions: https://caniuse.com/ogg-vorbis
_OGG = frozenset({"opus", "vorbis"})

FORMATS = {
    found.slug: found
    for found in (
        _common("wav", "WAV", "audio/wav", "wav", "pcm_s16le", "pcm_u8"),
        _common("mp3", "MP3", "audio/mpeg", "mp3", "mp3"),
        _common("flac", "FLAC", "audio/flac", "flac", "flac"),
        AudioFormat("ogg", "OGG", "audio/ogg", "ogg", sent=_OGG),
        _common("m4a", "M4A", "audio/mp4", "mp4", "aac"),
        AudioFormat("webm", "WebM", "audio/webm", "matroska", sent=_OGG),
        AudioFormat("rf64", "RF64", "audio/x-rf64", "wav"),
        AudioFormat("mov", "QuickTime", "video/quicktime", "mov"),
        AudioFormat("3gp", "3GP", "audio/3gpp", "3gp"),
        AudioFormat("aac", "AAC", "audio/aac", "aac"),
        AudioFormat("latm", "LATM", "audio/mp4a-latm", "loas"),
        AudioFormat("aiff", "AIFF", "audio/aiff", "aiff"),
        AudioFormat("caf", "CAF", "audio/x-caf", "caf"),
        AudioFormat("amr", "AMR", "audio/amr", "amr"),
        AudioFormat("wma", "WMA", "audio/x-ms-wma", "asf"),
        AudioFormat("w64", "Wave64", "audio/x-w64", "w64"),
        AudioFormat("au", "AU", "audio/basic", "au"),
        AudioFormat("wv", "WavPack", "audio/x-wavpack", "wv"),
        AudioFormat("ape", "APE", "audio/x-ape", "ape"),
        AudioFormat("tta", "TTA", "audio/x-tta", "tta"),
        AudioFormat("voc", "VOC", "audio/x-voc", "voc"),
        AudioFormat("sph", "SPHERE", "audio/x-nist", "nistsphere"),
        AudioFormat("dss", "DSS", "audio/x-dss", "dss"),
        AudioFormat("qcp", "QCP", "audio/qcelp", "qcp"),
        AudioFormat("gsm", "GSM", "audio/x-gsm", "gsm"),
        AudioFormat("ac3", "AC-3", "audio/ac3", "ac3"),
        AudioFormat("eac3", "E-AC-3", "audio/eac3", "eac3"),
        AudioFormat("avi", "AVI", "video/x-msvideo", "avi"),
        AudioFormat("flv", "FLV", "video/x-flv", "flv"),
        AudioFormat("ts", "MPEG-TS", "video/mp2t", "mpegts"),
        AudioFormat("mpg", "MPEG", "video/mpeg", "mpeg"),
    )
}

_MAGIC = {
    b"fLaC": "flac",
    b"OggS": "ogg",
    b"\x1aE\xdf\xa3": "webm",
    b"caff": "caf",
    b"#!AMR": "amr",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "wma",
    b"riff\x2e\x91\xcf\x11": "w64",
    b".snd": "au",
    b"wvpk": "wv",
    b"MAC ": "ape",
    b"TTA1": "tta",
    b"Creative Voice File": "voc",
    b"NIST_1A": "sph",
    b"\x02dss": "dss",
    b"\x03dss": "dss",
    b"FLV\x01": "flv",
    b"\x00\x00\x01\xba": "mpg",
}
# The outer and inner ids of chunked files.
_CHUNKED = {
    (b"RIFF", b"WAVE"): "wav",
    (b"RF64", b"WAVE"): "rf64",
    (b"BW64", b"WAVE"): "rf64",
    (b"RIFF", b"QLCM"): "qcp",
    (b"RIFF", b"AVI "): "avi",
    (b"FORM", b"AIFF"): "aiff",
    (b"FORM", b"AIFC"): "aiff",
}
# QuickTime files from before 2003 have no "ftyp" box and start with one of the others.
_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}

_REFUSALS = {
    b"MThd": f"but a MIDI file, which contains only notes. {SAVE_AS}",
    b"#EXTM3U": "but a playlist. Choose the recording itself.",
    b"[playlist]": "but a playlist. Choose the recording itself.",
    b"ffconcat": "but a playlist. Choose the recording itself.",
    b"PK\x03\x04": "but an archive. Unpack it and choose a recording from it.",
    b"Rar!": "but an archive. Unpack it and choose a recording from it.",
    b"7z\xbc\xaf": "but an archive. Unpack it and choose a recording from it.",
    b"\x1f\x8b": "but an archive. Unpack it and choose a recording from it.",
    b"SQLite format 3": f"but an editor's project file. {SAVE_AS}",
}


class Readable(Protocol):
    """A file, an upload, or an in-memory buffer."""

    def seek(self, offset: int, /) -> object:
        """Seek to a byte offset."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes."""


@dataclass(frozen=True, slots=True)
class LocatedFormat:
    """The format of a file, and the byte offset of its audio.

    ``is_clean`` is False if something precedes it that not every reader skips.
    """

    audio_format: AudioFormat | None
    start: int = 0
    is_clean: bool = True


def sniff_format(content: bytes) -> AudioFormat | None:
    """Return the format shown by the first bytes, None if unsupported."""
    return locate_sound(io.BytesIO(content)).audio_format


def locate_sound(file: Readable) -> LocatedFormat:
    """Find the format of a file after any leading tags and zero bytes."""
    start, is_tagged, is_padded = 0, False, False
    for _ in range(_MOST_TAGS):
        head = _read(file, start)
        if slug := _sniff_container(head):
            # FFmpeg and players skip a leading tag only for MPEG audio.
            return LocatedFormat(FORMATS[slug], start, is_clean=not start)
        if slug := find_frames(head):
            return LocatedFormat(
                FORMATS[slug], start, not is_padded and (slug == "mp3" or not start)
            )
        if size := _tag_size(head):
            start, is_tagged = start + size, True
        elif zeros := _count_zeros(file, start):
            start, is_padded = start + zeros, True
            if found := _sniff_before(file, start):
                return found
        else:
            break
    if behind := scan_for_frames(_read(file, start)):
        return LocatedFormat(FORMATS[behind[0]], start + behind[1], is_clean=False)
    # After a tag with a wrong size, the audio is almost always MPEG.
    return LocatedFormat(FORMATS["mp3"] if is_tagged else None)


def _sniff_before(file: Readable, start: int) -> LocatedFormat | None:
    """Find a format that starts with zero bytes of its own, up to 3 bytes earlier."""
    for back in (1, 2, 3):
        if slug := _sniff_container(_read(file, start - back)):
            return LocatedFormat(FORMATS[slug], start - back, is_clean=False)
    return None


def describe_refusal(head: bytes) -> str:
    """Return a message that says what an unsupported file is, and how to convert it."""
    known = (words for magic, words in _REFUSALS.items() if head.startswith(magic))
    return f"This is not an audio file {next(known, f'that we support. {SAVE_AS}')}"


def has_stowaway(content: bytes) -> bool:
    """Return whether the file can also be read as a web page, a PDF, or an archive.

    Show notes in a tag can cause this, so such a file is accepted, but only its copy is played and
    sent.
    """
    # PDF readers look for the header in the first kilobyte, unpackers start at the end.
    return (
        b"%PDF-" in content[:1024]
        or _MARKUP.search(content) is not None
        or zipfile.is_zipfile(io.BytesIO(content))
    )


def plays_everywhere(head: bytes, found: AudioFormat) -> bool:
    """Return whether the first bytes show that every browser plays the file; False if unsure."""
    if found.slug == "wav":
        place = head.find(b"fmt ") + 8
        kind, channels = head[place : place + 2], head[place + 2 : place + 4]
        bits = head[place + 14 : place + 16]
        plain = {b"\x08\x00", b"\x10\x00"}
        if head[head.find(b"data", place) + 4 :][:4] == bytes(4):
            return False  # written as a stream of unknown size; some readers find no audio
        return kind == b"\x01\x00" and channels in {b"\x01\x00", b"\x02\x00"} and bits in plain
    return found.slug in {"mp3", "flac"}


def _read(file: Readable, start: int, size: int = _WINDOW) -> bytes:
    file.seek(max(0, start))
    return file.read(size)


def _sniff_container(head: bytes) -> str:
    for magic, slug in _MAGIC.items():
        if head.startswith(magic):
            return slug
    if slug := _CHUNKED.get((head[:4], head[8:12]), ""):
        return slug
    if head[4:8] in _BOXES and (int.from_bytes(head[:4]) >= 8 or head[:4] == b"\x00\x00\x00\x01"):
        return _sniff_brand(head)
    return ""


def _sniff_brand(head: bytes) -> str:
    if head[4:8] != b"ftyp" or head[8:12] == b"qt  ":
        return "mov"
    return "3gp" if head[8:10] == b"3g" else "m4a"


def _tag_size(head: bytes) -> int:
    """Return the size of a leading tag, 0 for none.

    See https://id3.org/id3v2.4.0-structure and https://wiki.hydrogenaud.io/index.php?title=APEv2
    """
    if head[:3] == b"ID3" and len(head) >= 10:
        size = 0
        for byte in head[6:10]:
            size = size << 7 | byte & 0x7F
        return 10 + size + (10 if head[5] & 0x10 else 0)
    if head[:8] == b"APETAGEX" and len(head) >= 32:
        return 32 + int.from_bytes(head[12:16], "little")
    return 0


def _count_zeros(file: Readable, start: int) -> int:
    count = 0
    while block := _read(file, start + count):
        zeros = len(block) - len(block.lstrip(b"\x00"))
        count += zeros
        if zeros < len(block):
            return count
    return 0
