"""The command that restores a backup."""

import contextlib
import json
import shutil
import sqlite3
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings as project_settings
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from catalog.audit import record
from catalog.core.crypto import KeyRing
from catalog.core.media import read_media, remove_media, store_media
from catalog.core.media_folder import FolderStore
from catalog.core.process_lock import only_one
from catalog.core.schema_version import find_misfit
from catalog.management import backups
from catalog.models import (
    AuditEntry,
    CatalogVersion,
    Host,
    IndexFile,
    Installation,
    Invitation,
    Mail,
    PasswordLink,
    SetupLink,
    Tick,
    User,
    UserVersion,
)
from catalog.models.users import ResetTokens
from catalog.models.voices.versions import raise_version
from catalog.queries.audit import find_breaks
from tests import factories
from tests.factories import NOW


@pytest.fixture
def backup(file_database, tmp_path, cast, settings, wakes):
    """Back up two teams with a sample; then Mia's last name changes."""
    if file_database is None:
        pytest.skip("restores the SQLite file")
    settings.SPEECH_DIR, settings.DATA_DIR = tmp_path / "speech", tmp_path
    # A test may change the ring.
    settings.MASTER_KEY_FILE = shutil.copy(settings.MASTER_KEY_FILE, tmp_path / "master-keys.json")
    FolderStore(settings.SPEECH_DIR / "voices").write("team-1/match-1.npz", [b"style"])
    factories.make_sample(cast.ana, cast.aurora, b"sound")
    record(cast.ana, "act", "Voice 1", team=cast.aurora, now=NOW)
    made = backups.make_backup(tmp_path / "backups", timezone.now() - timedelta(days=1)).folder
    record(cast.ana, "lost act", "Voice 1", team=cast.aurora, now=NOW)
    User.objects.filter(pk=cast.mia.pk).update(last_name="Lost")
    return made


def run(folder: Path, *options: str) -> str:
    out = StringIO()
    call_command("restore", "--from", str(folder), *options, stdout=out)
    return out.getvalue()


def is_restored(cast) -> bool:
    return User.objects.get(pk=cast.mia.pk).last_name == ""


def test_restored_database_is_the_one_of_the_backup_and_the_current_one_is_kept(backup, cast):
    words = run(backup, "--replace")

    assert is_restored(cast)
    assert "All users have to sign in again" in words
    kept = next(each for each in backups.find_backups(backup.parent) if each != backup)
    with contextlib.closing(sqlite3.connect(kept / "database.sqlite3")) as database:
        query = "SELECT last_name FROM catalog_user WHERE first_name = 'Mia'"
        assert database.execute(query).fetchall() == [("Lost",)]
    assert find_misfit() == ""
    made_at = backups.read_manifest(backup).made_at
    assert Installation.objects.get().backed_up_at == datetime.fromisoformat(made_at)
    assert find_breaks() == []
    entry = AuditEntry.objects.get(action="backup restored")
    assert entry.facts["backup"] == backups.read_manifest(backup).anchor
    lost = entry.facts["replaced"]
    assert lost == backups.read_manifest(kept).anchor != entry.facts["backup"]
    call_command("verify_audit", "--anchor", entry.facts["backup"], stdout=StringIO())
    words = rf"the anchor names\. A backup was restored on .* \(entry {entry.number}\)"
    with pytest.raises(CommandError, match=words):
        call_command("verify_audit", "--anchor", lost)


def test_missing_files_are_put_back_and_none_is_overwritten(backup, cast, settings):
    [name] = [each for each in backups.read_manifest(backup).files if each.startswith("media/")]
    key = name.removeprefix("media/")
    remove_media(key)
    later, *_ = store_media("samples", [b"later"], "wav")
    voices = FolderStore(settings.SPEECH_DIR / "voices")
    voices.write("team-1/match-1.npz", [b"renamed"])

    assert "Put back 1 files" in run(backup, "--replace")

    assert (read_media(key), read_media(later)) == (b"sound", b"later")
    assert voices.read("team-1/match-1.npz") == b"renamed"


def test_links_and_sessions_of_the_backup_have_ended(file_database, backup, cast):
    folder = backup.parent
    factories.make_session(cast.mia, "abc")
    factories.make_invitation(cast.ana, cast.aurora)
    factories.make_password_link(cast.ana, cast.mia, token="x")
    SetupLink.objects.create(token_hash="x", expires_at=timezone.now() + timedelta(days=1))
    old = timezone.now() - timedelta(days=1)
    Host.objects.create(name="a", seen_at=old, settings={})
    Tick.objects.create(name="sweep", next_at=old)
    IndexFile.objects.create(scope="1", layout=5, key="index/1.index", versions={})
    factories.make_mail(cast.mia)
    emailed = ResetTokens().make_token(cast.mia)
    made = backups.make_backup(folder, timezone.now()).folder

    run(made, "--replace")

    now = timezone.now()
    assert not Invitation.objects.open(now).exists()
    assert not PasswordLink.objects.open(now).exists()
    for model in (Session, UserSession, SetupLink, Host, Tick, IndexFile):
        assert not model.objects.exists(), model
    email = Mail.objects.get()
    assert (email.state, email.text) == (Mail.State.DROPPED, "")
    assert not ResetTokens().check_token(User.objects.get(pk=cast.mia.pk), emailed)
    again = ResetTokens().make_token(cast.mia)
    assert ResetTokens().check_token(User.objects.get(pk=cast.mia.pk), again)


def test_no_number_of_the_lost_future_comes_again_even_after_two_restores(backup, cast):
    seen = {raise_version(cast.aurora.pk) for _ in range(3)}

    for _ in range(2):
        run(backup, "--replace")
        assert UserVersion.objects.get(user=cast.ana).number > 1_000_000
        assert CatalogVersion.objects.get(team=cast.borealis).number > 1_000_000
        more = {raise_version(cast.aurora.pk) for _ in range(3)}
        assert not seen & more
        seen |= more


def test_log_of_the_replaced_database_is_not_applied_to_the_restored_one(
    file_database, backup, cast
):
    # A connection that a killed process left open keeps a write-ahead log.
    with contextlib.closing(sqlite3.connect(file_database)) as left:
        left.execute("PRAGMA journal_mode=WAL")
        left.execute("UPDATE catalog_user SET last_name = 'Left'")
        left.commit()
        assert file_database.with_name(f"{file_database.name}-wal").stat().st_size

        run(backup, "--replace")

    assert is_restored(cast)
    connection.ensure_connection()
    [row] = connection.connection.execute("PRAGMA integrity_check").fetchall()
    assert row == ("ok",)


def test_empty_database_needs_no_replace(file_database, backup, cast):
    connection.close()
    file_database.unlink()

    run(backup)

    assert is_restored(cast)
    assert backups.find_backups(backup.parent) == [backup]


def change_manifest(backup: Path, **values: object) -> None:
    path = backup / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def forge_ring(_: Path) -> None:
    path = Path(project_settings.MASTER_KEY_FILE)
    path.unlink()
    KeyRing.create(path)


REFUSALS = [
    ("isn't empty", lambda _: None, []),
    ("isn't a finished backup", lambda backup: (backup / "manifest.json").unlink(), ["--replace"]),
    ("can't be read", lambda backup: (backup / "manifest.json").write_text("{"), ["--replace"]),
    ("newer version", lambda backup: change_manifest(backup, format=2), ["--replace"]),
    (
        r"made by Voiceboard 9\.0",
        lambda backup: change_manifest(backup, version="9.0", migration="9999_later"),
        ["--replace"],
    ),
    (
        "another kind of database",
        lambda backup: change_manifest(backup, database="database.pgdump"),
        ["--replace"],
    ),
    (
        "missing or damaged",
        lambda backup: (backup / "database.sqlite3").write_bytes(b"x"),
        ["--replace"],
    ),
    (
        r"Voiceboard was running \d+ seconds ago \(web-1\)\. Stop it on every machine",
        lambda _: Host.objects.create(name="web-1", seen_at=timezone.now(), settings={}),
        ["--replace"],
    ),
    (
        r"Voiceboard was running \d+ seconds ago \(jobs@web-1\)",
        lambda _: factories.make_beat("jobs@web-1", "jobs", timezone.now()),
        ["--replace"],
    ),
    ("isn't the master key file of this backup", forge_ring, ["--replace"]),
]


@pytest.mark.parametrize(
    ("words", "spoil", "options"), REFUSALS, ids=[each[0] for each in REFUSALS]
)
def test_restore_that_cannot_work_is_refused_in_words_and_changes_nothing(
    backup, cast, words, spoil, options
):
    spoil(backup)

    with pytest.raises(CommandError, match=words):
        run(backup, *options)

    assert not is_restored(cast)
    assert find_misfit() == ""


def test_refusal_names_the_keys_that_are_needed(backup):
    [needed] = backups.read_manifest(backup).key_ids
    forge_ring(backup)

    with pytest.raises(CommandError, match=f"Needed are the keys with these IDs: {needed}"):
        run(backup, "--replace")


def test_restore_is_refused_while_the_supervisor_runs(backup, tmp_path):
    with only_one(tmp_path), pytest.raises(CommandError, match="already running"):
        run(backup, "--replace")


def test_database_that_is_damaged_is_refused_in_words(file_database, backup):
    connection.close()
    file_database.write_bytes(b"not a database" * 1000)

    with pytest.raises(CommandError, match="move it away first"):
        run(backup, "--replace")
