"""The structure of two containers that readers take differently: WAV's chunks and Ogg's links."""

from collections.abc import Iterator

_OGG_PAGE = b"OggS"
_PAGE_HEAD = 27
_FIRST_PAGE = 2  # a flag of the page with which a stream begins


def is_regular_wav(content: bytes) -> bool:
    """Tell whether every reader finds the same sound in a WAV, all of it.

    That needs the description first, then one chunk of data of a size that the file has. A recorder
    that lost its power leaves sizes of zero, and what is written to a pipe has the largest one:
    some readers go on to the end of such a file, others find nothing in it.
    """
    names = []
    for name, size, start in _list_chunks(content):
        names.append(name)
        if name == b"data" and not 0 < size <= len(content) - start:
            return False
    sound = [name for name in names if name in {b"fmt ", b"data"}]
    return sound == [b"fmt ", b"data"]


def _list_chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, size and place of each chunk's content, as far as they can be followed."""
    place = 12
    while place + 8 <= len(content):
        size = int.from_bytes(content[place + 4 : place + 8], "little")
        yield content[place : place + 4], size, place + 8
        place += 8 + size + size % 2


def split_links(content: bytes) -> list[bytes]:
    """Return the parts of a chained Ogg, each a file of its own; one part where it is no chain.

    Recorders that were paused and programs that join files write such chains, and a reader of one
    may stop where the rate or the channels change. See RFC 3533, 4.
    """
    starts, was_first = [0], True
    for place, is_first in _list_pages(content):
        if is_first and not was_first:
            starts.append(place)
        was_first = is_first
    return [content[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]


def _list_pages(content: bytes) -> Iterator[tuple[int, bool]]:
    """Yield the place of each page, and whether a stream begins with it; junk is passed over."""
    place = 0
    while (place := content.find(_OGG_PAGE, place)) >= 0 and place + _PAGE_HEAD <= len(content):
        count = content[place + 26]
        size = _PAGE_HEAD + count + sum(content[place + _PAGE_HEAD : place + _PAGE_HEAD + count])
        if content[place + 4] == 0:
            yield place, bool(content[place + 5] & _FIRST_PAGE)
        place += size if content[place + 4] == 0 else 1
