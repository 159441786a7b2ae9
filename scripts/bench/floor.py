"""A catalog's columns for the scan in C, which is compiled on demand."""

import ctypes
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from pyroaring import BitMap

from catalog.search.engines import COLUMN_FACETS, Search
from catalog.search.index.arrays import as_numbers
from catalog.search.index.engine import IndexEngine
from catalog.search.index.segments import Segment

FACETS = [name for name in COLUMN_FACETS if name != "main_language"] + ["main_language"]
PAGE = 24


class Floor:
    """Answers searches by scanning the columns that the index was made from."""

    def __init__(self, segment: Segment, accounts: frozenset[int]) -> None:
        self._segment = segment
        self._scan = _compile()
        self._values = {name: list(segment.values_of(name)) for name in FACETS}
        self._columns = [self._pack(name) for name in FACETS]
        seen = BitMap.union(BitMap(), *(segment.having("account", str(pk)) for pk in accounts))
        self._seen = _as_bytes(seen & segment.having("archived", "no"), segment.count)

    def prepare(self, engine: IndexEngine, search: Search) -> tuple[object, ...]:
        """Convert a search for the scan; looking up its words isn't counted."""
        wanted = []
        for name in FACETS:
            chosen = search.chosen.get("language" if name == "main_language" else name)
            values = self._values[name]
            table = np.array([value in (chosen or ()) for value in values], dtype=np.uint8)
            wanted.append(table if chosen else None)
        words = None
        if search.plain_words:
            plain = Search(search.user, search.accounts, search.node)
            words = _as_bytes(engine.select(plain)[0], self._segment.count)
        counts = [np.zeros(len(self._values[name]), dtype=np.int64) for name in FACETS]
        return wanted, words, counts, np.zeros(PAGE, dtype=np.int64)

    def answer(self, prepared: tuple[object, ...]) -> int:
        """Scan once; return the number of matches."""
        wanted, words, counts, page = prepared
        return int(
            self._scan(
                ctypes.c_int64(self._segment.count),
                len(FACETS),
                _pointers(self._columns),
                _pointers(wanted),
                _pointer(self._seen),
                _pointer(words),
                _pointers(counts),
                _pointer(page),
                PAGE,
            )
        )

    def _pack(self, name: str) -> np.ndarray:
        column = np.zeros(self._segment.count, dtype=np.uint16)
        for number, bitmap in enumerate(self._segment.values_of(name).values()):
            column[as_numbers(bitmap)] = number
        return column


def _compile() -> ctypes._CFuncPtr:
    folder = Path(tempfile.mkdtemp(prefix="voiceboard-bench-"))
    source, library = Path(__file__).with_name("scan.c"), folder / "scan.so"
    subprocess.run(
        ["gcc", "-O3", "-march=native", "-shared", "-fPIC", "-o", str(library), str(source)],
        check=True,
    )
    scan = ctypes.CDLL(str(library)).scan
    scan.restype = ctypes.c_int64
    return scan


def _as_bytes(bitmap: BitMap, count: int) -> np.ndarray:
    mask = np.zeros(count, dtype=np.uint8)
    mask[as_numbers(bitmap)] = 1
    return mask


def _pointer(numbers: np.ndarray | None) -> ctypes.c_void_p:
    return ctypes.c_void_p(None if numbers is None else numbers.ctypes.data)


def _pointers(arrays: list[np.ndarray | None]) -> object:
    addresses = [None if each is None else each.ctypes.data for each in arrays]
    return (ctypes.c_void_p * len(arrays))(*addresses)
