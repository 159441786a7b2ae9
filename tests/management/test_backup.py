"""The command that backs up the database and the files."""

import json
import os
import sqlite3
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as project_settings
from django.core.management import CommandError, call_command

from catalog.core.media import get_media_store, remove_media, store_media
from catalog.core.media_folder import FolderStore
from catalog.core.media_store import MediaUnavailable
from catalog.management import backups, database_dumps
from catalog.models import Installation, User
from catalog.models.installation import key_ring
from tests import factories
from tests.factories import NOW

KEY = "sandbox-elevenlabs-full"


def back_up(folder: Path, *options: str) -> tuple[Path, str]:
    """Run the command; return the new backup and everything that was printed."""
    before, out = set(backups.find_backups(folder)), StringIO()
    call_command("backup", "--to", str(folder), *options, stdout=out, stderr=out)
    [made] = set(backups.find_backups(folder)) - before
    return made, out.getvalue()


def manifest_of(folder: Path) -> dict[str, object]:
    return json.loads((folder / "manifest.json").read_text())


def media_of(folder: Path) -> dict[str, bytes]:
    root = folder / "media"
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def folder(file_database, tmp_path, cast, settings):
    settings.SPEECH_DIR = tmp_path / "speech"
    return tmp_path / "backups"


def test_backup_holds_the_database_and_every_file_that_is_not_rebuilt(folder, cast, settings):
    sample = factories.make_sample(cast.ana, cast.aurora, b"sound")
    get_media_store().write("index/1-ab.index", [b"rebuilt"])
    get_media_store().write(".probe/ab.txt", [b"room"])
    FolderStore(settings.SPEECH_DIR / "voices").write("team-1/match-1.npz", [b"style"])

    made, words = back_up(folder)

    manifest = manifest_of(made)
    assert media_of(made) == {sample.path: b"sound"}
    assert (made / "speech/voices/team-1/match-1.npz").read_bytes() == b"style"
    assert manifest["files"] == {f"media/{sample.path}": 5, "speech/voices/team-1/match-1.npz": 5}
    assert manifest["missing"] == 0
    with closing(sqlite3.connect(made / "database.sqlite3")) as copy:
        [(count,)] = copy.execute("SELECT count(*) FROM catalog_user").fetchall()
    assert count == User.objects.count()
    assert f"They lie in {project_settings.MASTER_KEY_FILE}" in words
    made_at = Installation.objects.get().backed_up_at
    assert made_at.isoformat() == manifest["made_at"]


def test_nobody_else_can_read_a_backup_and_nothing_in_the_manifest_is_secret(folder, cast):
    factories.make_sample(cast.ana, cast.aurora, b"sound")
    was = os.umask(0)
    try:
        made, _ = back_up(folder)
    finally:
        os.umask(was)

    assert {path.stat().st_mode & 0o777 for path in [folder, *folder.rglob("*")]} == {0o700, 0o600}
    assert all(path.stat().st_mode & 0o777 == 0o700 for path in made.rglob("*") if path.is_dir())
    words = (made / "manifest.json").read_text()
    for key in json.loads(project_settings.MASTER_KEY_FILE.read_text())["keys"]:
        assert key not in words
    assert KEY not in words
    assert manifest_of(made)["key_ids"] == key_ring().key_ids


def test_next_backup_links_to_what_an_earlier_one_has(folder, cast):
    old = factories.make_sample(cast.ana, cast.aurora, b"old")
    first, _ = back_up(folder)
    new = factories.make_sample(cast.ana, cast.aurora, b"new!")

    second, words = back_up(folder)

    assert media_of(second) == {old.path: b"old", new.path: b"new!"}
    assert (second / "media" / old.path).samefile(first / "media" / old.path)
    assert (first / "media" / old.path).stat().st_nlink == 2  # and none in the store
    assert "Files: 2, of which earlier backups had 1." in words


def test_file_that_cannot_be_linked_to_is_copied(folder, cast, monkeypatch):
    old = factories.make_sample(cast.ana, cast.aurora, b"old")
    back_up(folder)

    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    second, _ = back_up(folder)

    assert media_of(second) == {old.path: b"old"}


def test_file_that_is_gone_is_counted_and_no_error(folder, cast, monkeypatch):
    gone = factories.make_sample(cast.ana, cast.aurora, b"gone").path
    lost = factories.make_sample(cast.ana, cast.aurora, b"lost").path
    remove_media(lost)
    read = FolderStore.read_part

    def read_late(self, key, first, length):
        remove_media(gone)
        return read(self, key, first, length)

    monkeypatch.setattr(FolderStore, "read_part", read_late)
    made, words = back_up(folder)

    assert manifest_of(made)["missing"] == 2
    assert media_of(made) == {}
    assert "Missing files that the database names: 2" in words
    assert lost in words


def test_without_files_only_the_database_is_backed_up(folder, cast):
    factories.make_sample(cast.ana, cast.aurora, b"sound")

    made, _ = back_up(folder, "--without-files")

    assert {path.name for path in made.iterdir()} == {"database.sqlite3", "manifest.json"}
    assert (manifest_of(made)["has_media"], manifest_of(made)["missing"]) == (False, 0)


def test_only_the_newest_backups_of_ours_are_kept(folder, cast):
    sample = factories.make_sample(cast.ana, cast.aurora, b"kept")
    foreign = folder / "voiceboard-by-hand"
    foreign.mkdir(parents=True)
    (folder / "voiceboard-2020").mkdir()
    (folder / "voiceboard-2020" / "manifest.json").write_text('{"other": 1}')
    back_up(folder)
    second, _ = back_up(folder)

    third, words = back_up(folder, "--keep", "2")

    left = {path.name for path in folder.iterdir()}
    assert left == {second.name, third.name, "voiceboard-by-hand", "voiceboard-2020"}
    assert media_of(third) == {sample.path: b"kept"}
    assert "Deleted the old backup" in words
    with pytest.raises(CommandError, match="Keep at least 1"):
        back_up(folder, "--keep", "0")


def test_backup_fails_in_words(folder, cast, monkeypatch):
    store_media("samples", [b"sound"], "wav")

    def unavailable(*_: object) -> None:
        raise MediaUnavailable("The file store isn't responding.")

    with monkeypatch.context() as patch:
        patch.setattr(FolderStore, "read_part", unavailable)
        with pytest.raises(CommandError, match="The file store isn't responding"):
            back_up(folder)
    with backups._only_backup(folder), pytest.raises(CommandError, match="Another backup"):
        back_up(folder)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(folder))
        with pytest.raises(database_dumps.DumpFailed, match=r"pg_dump isn't installed\. Install"):
            database_dumps._run("pg_dump", "--version")
    assert list(folder.iterdir()) == []


def test_backups_of_the_same_second_have_different_names(folder, cast):
    names = {backups.make_backup(folder, NOW).folder.name for _ in range(2)}

    assert names == {"voiceboard-2026-11-21T120000Z", "voiceboard-2026-11-21T120001Z"}
