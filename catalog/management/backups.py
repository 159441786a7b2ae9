"""Back up the database and the files into a folder, and read what is in a backup.

A backup is complete if it has a manifest, which is written last. What is stored under a key of a
media file never changes, so a file that an earlier backup has is linked to.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, models

from catalog.core.crypto import KeyProblem
from catalog.core.media import get_media_store
from catalog.core.media_folder import FolderStore
from catalog.core.media_store import MediaStore
from catalog.core.private_files import DRAFT, make_private_folder, open_draft
from catalog.core.schema_version import find_misfit, read_newest, read_restored
from catalog.jobs.health.orphans import keep_orphans
from catalog.management.database_dumps import dump_database, flush_path, name_dump
from catalog.models import Consent, Installation, PreviewClip, Sample, SynthesizedClip
from catalog.models.installation import key_ring
from catalog.queries.audit import get_audit_head

FORMAT = 1
MEDIA, VOICES = "media", "speech/voices"
_PREFIX, _MANIFEST = "voiceboard-", "manifest.json"
# Rebuilt, or left by a check of the store.
_LEFT_OUT = ("index/", ".probe/", ".installations/")
_NAMED: tuple[tuple[type[models.Model], str], ...] = (
    (Sample, "path"),
    (Sample, "copy_path"),
    (Consent, "proof_path"),
    (PreviewClip, "path"),
    (SynthesizedClip, "path"),
)


class BackupUnusable(Exception):
    """There is no backup, or it can't be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup. ``files`` are sizes in bytes, by path in the backup's folder.

    ``missing`` counts files that the database names and the store didn't have. ``migration`` is the
    newest one, ``anchor`` the end of the audit log, and ``key_ids`` are those of the master keys.
    """

    version: str
    made_at: str
    migration: str
    code: str
    anchor: str
    key_ids: list[str]
    database: str
    database_sha256: str
    has_media: bool
    missing: int = 0
    files: dict[str, int] = field(default_factory=dict)
    format: int = FORMAT


@dataclass(slots=True)
class Backup:
    """A finished backup, how many of its files an earlier one had too, and which are missing."""

    folder: Path
    manifest: Manifest
    linked_count: int
    missing: list[str]


def make_backup(folder: Path, now: datetime, *, has_media: bool = True) -> Backup:
    """Make a backup in a new folder inside the given one; raises BackupUnusable or DumpFailed."""
    if read_restored() is not None:
        raise BackupUnusable(find_misfit())
    make_private_folder(folder)
    with _only_backup(folder):
        _remove_drafts(folder)
        draft = folder / f"{DRAFT}{_PREFIX}{os.getpid()}"
        draft.mkdir(mode=0o700)
        try:
            with keep_orphans(now):
                made = _fill(draft, _find_earlier(folder), now, has_media=has_media)
            made.folder = _find_free(folder, now)
            draft.rename(made.folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        flush_path(folder)
    return made


def note_backup(at: datetime) -> None:
    """Remember when the last backup was made, which *Health* and the metrics tell."""
    # A database that waits for its upgrade lacks the column.
    with contextlib.suppress(DatabaseError):
        Installation.objects.update(backed_up_at=at)


def find_backups(folder: Path) -> list[Path]:
    """Return the finished backups in a folder, oldest first."""
    return sorted(each.parent for each in folder.glob(f"{_PREFIX}*/{_MANIFEST}"))


def forget_backups(folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest ``keep`` backups in a folder, and return what was deleted."""
    with _only_backup(folder):
        old = [each for each in find_backups(folder) if _is_ours(each)][:-keep]
        for each in old:
            # What is left of an interrupted deletion must not look like a backup.
            draft = each.with_name(f"{DRAFT}{each.name}")
            each.rename(draft)
            shutil.rmtree(draft)
    return old


def read_manifest(folder: Path) -> Manifest:
    """Return what is in a backup; raises BackupUnusable."""
    try:
        found: dict[str, Any] = json.loads((folder / _MANIFEST).read_text())
    except FileNotFoundError:
        raise BackupUnusable(f"{folder} isn't a finished backup: it has no manifest.") from None
    except (OSError, ValueError):
        raise BackupUnusable(f"The manifest of {folder} can't be read.") from None
    kind = found.get("format") if isinstance(found, dict) else None
    if not isinstance(kind, int):
        raise BackupUnusable(f"The manifest of {folder} isn't one of Voiceboard.")
    if kind > FORMAT:
        raise BackupUnusable(f"{folder} was made by a newer version of Voiceboard. Install it.")
    try:
        return Manifest(**found)
    except TypeError:
        raise BackupUnusable(f"The manifest of {folder} is incomplete.") from None


def read_anchor() -> str:
    """Return the end of the audit log, as ``verify_audit`` prints it; "" if the log is empty."""
    head = get_audit_head()
    return f"{head.number}:{head.digest}" if head.digest else ""


def hash_file(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def list_stores(*, has_media: bool) -> dict[str, MediaStore]:
    """Return where files lie, by their folder in a backup."""
    stores: dict[str, MediaStore] = {VOICES: FolderStore(Path(settings.SPEECH_DIR) / "voices")}
    return {MEDIA: get_media_store(), **stores} if has_media else stores


def _fill(draft: Path, earlier: Mapping[str, Path], now: datetime, *, has_media: bool) -> Backup:
    # The anchor is read first: its entry must be in the dump. Files come last for the same reason.
    values: dict[str, Any] = {
        "version": read_version(),
        "made_at": now.isoformat(),
        "migration": read_newest(),
        "code": Installation.objects.values_list("code", flat=True).first() or "",
        "anchor": read_anchor(),
        "key_ids": _read_key_ids(),
        "database": name_dump(),
        "has_media": has_media,
    }
    named = _read_named() if has_media else set()
    dump = draft / name_dump()
    dump_database(dump)
    files: dict[str, int] = {}
    linked_count = 0
    for place, store in list_stores(has_media=has_media).items():
        known = earlier if place == MEDIA else {}  # a voice may have a new name under its key
        copied, count = _copy_files(store, draft / place, known)
        files |= {f"{place}/{key}": size for key, size in copied.items()}
        linked_count += count
    missing = sorted(key for key in named if f"{MEDIA}/{key}" not in files)
    values |= {"database_sha256": hash_file(dump), "missing": len(missing), "files": files}
    manifest = Manifest(**values)
    with open_draft(draft / _MANIFEST) as file:
        file.write(json.dumps(asdict(manifest), indent=1).encode())
    return Backup(draft, manifest, linked_count, missing)


def _copy_files(
    store: MediaStore, target: Path, earlier: Mapping[str, Path]
) -> tuple[dict[str, int], int]:
    """Copy a store's files; return their sizes by key, and how many were linked to."""
    copies, sizes, linked_count = FolderStore(target), {}, 0
    for file in store.list(""):
        if file.key.startswith(_LEFT_OUT):
            continue
        if _link(earlier.get(file.key), copies.find_path(file.key), file.size):
            linked_count += 1
        else:
            try:
                copies.write(file.key, store.read_part(file.key, 0, file.size))
            except FileNotFoundError:
                continue  # removed since it was listed
        sizes[file.key] = file.size
    return sizes, linked_count


def _link(known: Path | None, target: Path, size: int) -> bool:
    """Link to a file of an earlier backup, and return whether that was possible."""
    make_private_folder(target.parent)
    try:
        if known is None or known.stat().st_size != size:
            return False
        target.hardlink_to(known)
    except OSError:  # another file system, or one without links
        return False
    return True


def _find_earlier(folder: Path) -> dict[str, Path]:
    """Return the media files of earlier backups by key."""
    found: dict[str, Path] = {}
    for each in find_backups(folder):
        with contextlib.suppress(BackupUnusable):
            for name in read_manifest(each).files:
                if name.startswith(f"{MEDIA}/"):
                    found[name.removeprefix(f"{MEDIA}/")] = each / name
    return found


def _read_named() -> set[str]:
    keys: set[str] = set()
    for model, name in _NAMED:
        # A database of another version may lack the column.
        with contextlib.suppress(DatabaseError):
            keys.update(model._default_manager.values_list(name, flat=True))
    return keys - {""}


def _read_key_ids() -> list[str]:
    try:
        return key_ring().key_ids
    except KeyProblem:
        return []


def read_version() -> str:
    """Return the version of Voiceboard that runs."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    return str(project["project"]["version"])


def _is_ours(folder: Path) -> bool:
    try:
        read_manifest(folder)
    except BackupUnusable:
        return False
    return True


def _find_free(folder: Path, now: datetime) -> Path:
    while (path := folder / f"{_PREFIX}{now:%Y-%m-%dT%H%M%SZ}").exists():
        now += timedelta(seconds=1)
    return path


def _remove_drafts(folder: Path) -> None:
    for left in folder.glob(f"{DRAFT}{_PREFIX}*"):
        shutil.rmtree(left)


@contextlib.contextmanager
def _only_backup(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BackupUnusable(f"Another backup into {folder} is running.") from None
    finally:
        os.close(handle)
