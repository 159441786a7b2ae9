"""Find the frames of headerless audio by their sync words."""

from collections.abc import Callable

# The number of consecutive frames that count as audio at the start of a file, and after other
# bytes. Noise contains sync words by chance, and short ones need more frames.
_ENOUGH, _ENOUGH_BEHIND = 2, 4
_LEAST_BYTES = 6
_KBPS = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = (44_100, 48_000, 32_000)
_GSM_BYTES = 33


def find_frames(head: bytes) -> str:
    """Return the format whose frames the bytes start with, "" for none."""
    for slug, measure, enough in _KINDS:
        if _count_frames(head, 0, measure, enough) >= enough:
            return slug
    return ""


def scan_for_frames(head: bytes) -> tuple[str, int] | None:
    """Return the format and offset of the first MPEG audio frame after other bytes."""
    place = head.find(b"\xff", 1)
    while place >= 0:
        for slug, measure in (("mp3", _mpeg_frame), ("aac", _adts_frame)):
            if _count_frames(head, place, measure, _ENOUGH_BEHIND) >= _ENOUGH_BEHIND:
                return slug, place
        place = head.find(b"\xff", place + 1)
    return None


def _count_frames(head: bytes, offset: int, measure: Callable[[bytes], int], most: int) -> int:
    count = 0
    while count < most and len(head) - offset >= _LEAST_BYTES:
        size = measure(head[offset : offset + _LEAST_BYTES])
        if not size:
            break
        count, offset = count + 1, offset + size
    return count


def _mpeg_frame(head: bytes) -> int:
    """See http://www.mp3-tech.org/programmer/frame_header.html."""
    version, layer = (head[1] >> 3) & 3, 4 - ((head[1] >> 1) & 3)
    bits, rate = head[2] >> 4, (head[2] >> 2) & 3
    is_sync = head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    if not is_sync or version == 1 or layer == 4 or bits in {0, 15} or rate == 3:
        return 0
    is_first = version == 3
    hertz = _RATES[rate] >> (0 if is_first else 1 if version == 2 else 2)
    kind = (1, layer) if is_first else (2, min(layer, 2))
    speed, padding = _KBPS[kind][bits - 1] * 1000, (head[2] >> 1) & 1
    if layer == 1:
        return (12 * speed // hertz + padding) * 4
    return (72 if layer == 3 and not is_first else 144) * speed // hertz + padding


def _adts_frame(head: bytes) -> int:
    """See https://wiki.multimedia.cx/index.php/ADTS."""
    if head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or (head[2] >> 2) & 15 > 12:
        return 0
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return size if size > 7 else 0


def _loas_frame(head: bytes) -> int:
    """See ISO/IEC 14496-3, 1.7.2: 11 sync bits, then the length."""
    if head[0] != 0x56 or head[1] & 0xE0 != 0xE0:
        return 0
    return ((head[1] & 0x1F) << 8 | head[2]) + 3


def _gsm_frame(head: bytes) -> int:
    """See RFC 3551, 4.5.8: every 33-byte frame starts with the same 4 bits."""
    return _GSM_BYTES if head[0] >> 4 == 0xD else 0


def _ac3_frame(head: bytes) -> int:
    """See ATSC A/52: sizes in 16-bit words by rate and code."""
    if head[:2] != b"\x0b\x77" or head[5] >> 3 > 10:
        return 0
    rate, code = head[4] >> 6, head[4] & 0x3F
    if rate == 3 or code > 37:
        return 0
    speed = _KBPS_AC3[code >> 1] * 1000
    words = speed * 1536 // (48_000, 44_100, 32_000)[rate] // 16
    return 2 * (words + (code & 1 if rate == 1 else 0))


_KBPS_AC3 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)


def _eac3_frame(head: bytes) -> int:
    """See ATSC A/52, annex E."""
    if head[:2] != b"\x0b\x77" or not 10 < head[5] >> 3 <= 16:
        return 0
    return 2 * (((head[2] & 7) << 8 | head[3]) + 1)


def _ts_packet(head: bytes) -> int:
    """See ISO/IEC 13818-1: a packet has 188 bytes."""
    return 188 if head[0] == 0x47 else 0


def _m2ts_packet(head: bytes) -> int:
    """Return the size of a camcorder's packet, which starts with a 4-byte timestamp."""
    return 192 if head[4] == 0x47 else 0


_KINDS = (
    ("mp3", _mpeg_frame, _ENOUGH),
    ("aac", _adts_frame, _ENOUGH),
    ("latm", _loas_frame, _ENOUGH),
    ("ac3", _ac3_frame, _ENOUGH),
    ("eac3", _eac3_frame, _ENOUGH),
    ("gsm", _gsm_frame, 20),
    ("ts", _ts_packet, 5),
    ("ts", _m2ts_packet, 5),
)
