"""Bundles: ZIP files with a manifest that names the SHA-256 of each file.

Reading trusts nothing: names, sizes, and types are checked before a file is read, and what is read
is counted. The hashes find accidents and careless changes. They are no signature.
"""

import hashlib
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any

MANIFEST, DIGEST = "manifest.json", "manifest.sha256"
_NAME = re.compile(r"(?:samples|proofs)/[0-9]{1,4}\.[a-z0-9]{1,8}")
_MOST_FILES = 200
_MOST_MANIFEST = 1_000_000
_PIECE = 64 * 1024


class BundleRefused(Exception):
    """The file is no bundle, or not as it was made; the message names what is wrong."""


def write_bundle(
    manifest: dict[str, Any], files: dict[str, Callable[[], Iterator[bytes]]]
) -> IO[bytes]:
    """Return a temporary file with the bundle; the files' sizes and hashes go into the manifest."""
    made = tempfile.TemporaryFile()  # noqa: SIM115  (the caller closes it)
    listed = {}
    # Sound is compressed already. Stored, a bundle of the same things is the same file.
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as packed:
        for name, read in files.items():
            digest, size = hashlib.sha256(), 0
            with packed.open(_entry(name), "w", force_zip64=True) as entry:
                for chunk in read():
                    digest.update(chunk)
                    size += len(chunk)
                    entry.write(chunk)
            listed[name] = {"sha256": digest.hexdigest(), "size": size}
        text = json.dumps({**manifest, "files": listed}, indent=1, sort_keys=True).encode()
        packed.writestr(_entry(MANIFEST), text)
        packed.writestr(_entry(DIGEST), hashlib.sha256(text).hexdigest() + "\n")
    made.seek(0)
    return made


def _entry(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))


class BundleReader:
    """A bundle whose every file is as its manifest says; raises BundleRefused if not."""

    def __init__(self, file: IO[bytes], *, most_bytes: int) -> None:
        try:
            self._packed = zipfile.ZipFile(file)
            entries = self._packed.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as exc:
            raise BundleRefused("This file isn't a bundle.") from exc
        self._most = most_bytes
        self._check_entries(entries)
        self.manifest = self._read_manifest()
        self._check_files({entry.filename for entry in entries} - {MANIFEST, DIGEST})

    def read(self, name: str) -> Iterator[bytes]:
        """Yield a file of the bundle; raises BundleRefused if it is longer than it says."""
        entry = self._packed.getinfo(name)
        left = entry.file_size
        try:
            with self._packed.open(entry) as opened:
                while chunk := opened.read(_PIECE):
                    left -= len(chunk)
                    if left < 0:
                        raise BundleRefused(f"{name} is larger than it says.")
                    yield chunk
        except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError) as exc:
            raise BundleRefused(f"{name} can't be read.") from exc

    def _check_entries(self, entries: list[zipfile.ZipInfo]) -> None:
        if len(entries) > _MOST_FILES:
            raise BundleRefused(f"A bundle has at most {_MOST_FILES} files.")
        names: set[str] = set()
        for entry in entries:
            name = entry.filename
            shown = repr(name[:80])
            if name in names:
                raise BundleRefused(f"{shown} is in the bundle twice.")
            if name not in {MANIFEST, DIGEST} and not _NAME.fullmatch(name):
                raise BundleRefused(f"{shown} doesn't belong into a bundle.")
            # Bundles aren't compressed, so nothing in them can grow.
            if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
                raise BundleRefused(f"{shown} is compressed or encrypted, which bundles aren't.")
            names.add(name)
        if sum(entry.file_size for entry in entries) > self._most:
            raise BundleRefused("This bundle is too large.")
        if missing := sorted({MANIFEST, DIGEST} - names):
            raise BundleRefused(f"{missing[0]} is missing.")

    def _read_manifest(self) -> dict[str, Any]:
        if self._packed.getinfo(MANIFEST).file_size > _MOST_MANIFEST:
            raise BundleRefused(f"{MANIFEST} is too large.")
        text = b"".join(self.read(MANIFEST))
        stated = b"".join(self.read(DIGEST)).strip()
        if stated != hashlib.sha256(text).hexdigest().encode():
            raise BundleRefused(f"{MANIFEST} was changed.")
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as exc:
            raise BundleRefused(f"{MANIFEST} can't be read.") from exc
        if not isinstance(found, dict) or not isinstance(found.get("files"), dict):
            raise BundleRefused(f"{MANIFEST} can't be read.")
        return found

    def _check_files(self, present: set[str]) -> None:
        listed = self.manifest["files"]
        if missing := sorted(set(listed) - present):
            raise BundleRefused(f"{missing[0][:80]} is missing.")
        if extra := sorted(present - set(listed)):
            raise BundleRefused(f"{extra[0]} isn't listed in the manifest.")
        for name in sorted(listed):
            digest = hashlib.sha256()
            for chunk in self.read(name):
                digest.update(chunk)
            stated = listed[name].get("sha256") if isinstance(listed[name], dict) else None
            if stated != digest.hexdigest():
                raise BundleRefused(f"{name} was changed.")
