"""The command that brings the database, secrets, and demo up to date."""

import errno
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from catalog.management.backups import find_backups
from catalog.management.commands import prepare as prepare_command
from catalog.models import Credential, Installation, User
from catalog.providers.registry import all_infos
from tests.world import all_rows


@pytest.fixture
def fresh(db, settings, tmp_path, wakes):
    """Turn on demo mode, and return the path where no master key exists yet."""
    settings.MASTER_KEY_FILE = tmp_path / "secrets" / "master-keys.json"
    settings.DEMO, settings.DEMO_PASSWORD = True, "demo password"
    settings.DEMO_PASSWORD_IS_GIVEN = False
    return settings.MASTER_KEY_FILE


def prepare() -> None:
    call_command("prepare", stdout=StringIO())


def test_new_installation_gets_a_key_and_the_demo_users(fresh):
    prepare()

    assert fresh.stat().st_mode & 0o777 == 0o600
    assert Installation.objects.count() == 1
    assert set(User.objects.values_list("email", flat=True)) == {
        f"{name}@example.com" for name in ("ana", "cleo", "mia", "sam", "vic")
    }
    assert Credential.objects.count() == 2 * sum(not info.is_built_in for info in all_infos())


def test_second_run_changes_nothing(fresh):
    prepare()
    rows, ring = all_rows(), fresh.read_bytes()

    prepare()

    assert all_rows() == rows
    assert fresh.read_bytes() == ring


def test_without_the_demo_no_users_are_created(fresh, settings):
    settings.DEMO = False

    prepare()

    assert Installation.objects.count() == 1
    assert not User.objects.exists()
    assert not Credential.objects.exists()


def test_missing_master_key_stops_with_an_error(fresh):
    prepare()
    fresh.unlink()

    with pytest.raises(CommandError, match=r"master-keys\.json is missing\. Restore it"):
        prepare()

    assert not fresh.exists()


@pytest.fixture
def behind(file_database, fresh, settings, tmp_path, monkeypatch) -> Path:
    """A database that a migration would change; return where it's backed up."""
    settings.DATA_DIR = tmp_path
    prepare()
    monkeypatch.setattr(prepare_command, "is_behind", lambda: True)
    return tmp_path / prepare_command.BEFORE_UPGRADES


def test_three_upgrades_lead_back_and_a_start_without_one_leaves_them(behind, monkeypatch):
    for _ in range(4):
        prepare()
    kept = find_backups(behind)
    monkeypatch.setattr(prepare_command, "is_behind", lambda: False)
    prepare()

    assert len(kept) == 3
    assert find_backups(behind) == kept
    assert Installation.objects.get().backed_up_at is None


def test_upgrade_that_cannot_be_backed_up_is_refused_in_words(behind, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(prepare_command, "make_backup", fail)
    monkeypatch.setattr(prepare_command, "call_command", never)

    with pytest.raises(CommandError, match=r"before the upgrade\. No space left on device"):
        prepare()


def test_upgrade_of_postgresql_says_that_it_is_not_backed_up(behind, monkeypatch):
    monkeypatch.setattr(prepare_command, "connection", SimpleNamespace(vendor="postgresql"))
    out = StringIO()

    call_command("prepare", stdout=out)

    assert "you need a backup from before" in out.getvalue()
    assert not behind.exists()


def test_queue_of_an_older_version_is_removed(fresh, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    for name in ("queue.sqlite3", "queue.sqlite3-wal", "queue.damaged", "queue.jobs.wake"):
        (tmp_path / name).touch()
    (tmp_path / "queue").mkdir()

    prepare()

    assert [path.name for path in tmp_path.glob("queue*")] == ["queue"]


def test_a_role_in_a_team_that_does_not_exist_stops_the_start(fresh, settings):
    settings.OIDC_ROLES = [("leads", "Corona", "admin")]

    with pytest.raises(CommandError, match="names the team 'Corona', but no team has this name"):
        prepare()


def test_a_start_without_any_password_left_says_so(fresh, settings, capsys):
    settings.OIDC_ONLY = True

    prepare()
    User.objects.filter(email="ana@example.com").update(is_break_glass=True)
    first = capsys.readouterr().err
    prepare()

    assert "VOICEBOARD_OIDC_ONLY is on, but there is no emergency account." in first
    assert capsys.readouterr().err == ""


def test_demo_passwords_stay_also_if_they_open_nothing(fresh, settings):
    settings.OIDC_ONLY = settings.DEMO_PASSWORD_IS_GIVEN = True
    prepare()
    rows = all_rows()

    prepare()

    assert all_rows() == rows
