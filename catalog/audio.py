"""Tell what an upload is from its first bytes; the name and the declared type are only claims."""

import io
import re
import zipfile
from dataclasses import dataclass

HEAD_BYTES = 512
# Long enough that no sound holds them by chance.
_MARKUP = re.compile(rb"<(?:script|html|!doctype|\?php)[\s>]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """One kind of file that we take: our short word, its MIME type and FFmpeg's demuxer."""

    slug: str
    label: str
    content_type: str
    demuxer: str


FORMATS = {
    found.slug: found
    for found in (
        AudioFormat("wav", "WAV", "audio/wav", "wav"),
        AudioFormat("mp3", "MP3", "audio/mpeg", "mp3"),
        AudioFormat("flac", "FLAC", "audio/flac", "flac"),
        AudioFormat("ogg", "OGG", "audio/ogg", "ogg"),
        AudioFormat("m4a", "M4A", "audio/mp4", "mp4"),
        AudioFormat("webm", "WebM", "audio/webm", "matroska"),
    )
}


def sniff_format(head: bytes) -> AudioFormat | None:
    """Return the format that the first bytes show, or None for anything that we do not take."""
    slug = _sniff_container(head) or ("mp3" if _is_mpeg_audio(head) else "")
    return FORMATS.get(slug)


def find_stowaway(content: bytes) -> str:
    """Name what a file is besides sound, "" if nothing: some are made to be two things at once."""
    # Readers of a PDF look for its head in the first kilobyte, unpackers from the end.
    if b"%PDF-" in content[:1024]:
        return "a PDF"
    if _MARKUP.search(content):
        return "a web page"
    return "an archive" if zipfile.is_zipfile(io.BytesIO(content)) else ""


def _sniff_container(head: bytes) -> str:
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"OggS":
        return "ogg"
    if head[4:8] == b"ftyp" and head[8:11] in {b"M4A", b"mp4", b"iso", b"M4B", b"das", b"3gp"}:
        return "m4a"
    if head[:4] == b"\x1aE\xdf\xa3" and b"webm" in head[:64]:
        return "webm"
    return ""


def _is_mpeg_audio(head: bytes) -> bool:
    if head[:3] == b"ID3":
        return True
    # A frame header: eleven set bits, layer III, and neither a free bit rate nor a reserved rate.
    return (
        len(head) >= 4
        and head[0] == 0xFF
        and head[1] & 0xE6 == 0xE2
        and head[2] >> 4 not in {0, 15}
        and head[2] & 0x0C != 0x0C
    )
