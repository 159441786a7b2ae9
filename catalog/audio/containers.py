"""The structure of two containers that readers interpret differently: WAV and Ogg."""

from collections.abc import Iterator

_OGG_PAGE = b"OggS"
_PAGE_HEAD = 27
_FIRST_PAGE = 2  # a flag on the first page of a stream


def is_regular_wav(content: bytes) -> bool:
    """Return whether all readers find the same, complete audio in a WAV file.

    It needs the format chunk first, then one data chunk that fits the file. Recorders that lost
    power write a size of 0, and programs that write to a pipe use the maximum: some readers then
    play to the end of the file, others find no audio.
    """
    names = []
    for name, size, start in _list_chunks(content):
        names.append(name)
        if name == b"data" and not 0 < size <= len(content) - start:
            return False
    sound = [name for name in names if name in {b"fmt ", b"data"}]
    return sound == [b"fmt ", b"data"]


def _list_chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name, size, and content offset of each chunk, as far as they can be followed."""
    place = 12
    while place + 8 <= len(content):
        size = int.from_bytes(content[place + 4 : place + 8], "little")
        yield content[place : place + 4], size, place + 8
        place += 8 + size + size % 2


def split_links(content: bytes) -> list[bytes]:
    """Split a chained Ogg file into its parts, each a valid file; a single part if not chained.

    Paused recorders and programs that join files write such chains, and readers may stop where the
    rate or the channels change. See RFC 3533, section 4.
    """
    starts, was_first = [0], True
    for place, is_first in _list_pages(content):
        if is_first and not was_first:
            starts.append(place)
        was_first = is_first
    return [content[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]


def _list_pages(content: bytes) -> Iterator[tuple[int, bool]]:
    """Yield the offset of each page, and whether it starts a stream; skips junk."""
    place = 0
    while (place := content.find(_OGG_PAGE, place)) >= 0 and place + _PAGE_HEAD <= len(content):
        count = content[place + 26]
        size = _PAGE_HEAD + count + sum(content[place + _PAGE_HEAD : place + _PAGE_HEAD + count])
        if content[place + 4] == 0:
            yield place, bool(content[place + 5] & _FIRST_PAGE)
        place += size if content[place + 4] == 0 else 1
