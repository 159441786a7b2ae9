"""Kill backups and restores with SIGKILL at each step, and repeat them in a new process.

The tests run this as a program:

killed_backups.py FOLDER    print what is wrong, as a JSON list

Each step is a fork, because a start takes seconds and this process stays as it was.
"""

import contextlib
import io
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.db import connections
from django.utils import timezone

django.setup()

from django.core.management import CommandError, call_command  # noqa: E402  (needs the loaded apps)

from catalog.audit import record  # noqa: E402
from catalog.core.media import read_media, remove_media, store_media  # noqa: E402
from catalog.core.private_files import DRAFT  # noqa: E402
from catalog.core.schema_version import find_misfit  # noqa: E402
from catalog.management import after_restore, backups, database_dumps, restore  # noqa: E402
from catalog.models import AuditEntry, Team, User  # noqa: E402
from catalog.queries.audit import find_breaks  # noqa: E402

BACKUP_STEPS = [
    (backups, "dump_database"),
    (backups, "_copy_files"),
    (backups, "hash_file"),
    (backups, "asdict"),
    (backups, "flush_path"),
]
RESTORE_STEPS = [
    (restore, "make_backup"),
    (restore, "_put_files_back"),
    (database_dumps, "_run_client"),  # with SQLite, _remove_log takes its place
    (restore, "replace_database"),
    (restore, "_settle"),
    (after_restore, "record"),
    (restore, "call_command"),
    (restore, ""),
]


def run_in_fork(work: Callable[[], object]) -> int:
    """Run it in a process of its own and return how that ended, as ``os.waitpid`` says it."""
    connections.close_all()
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException as exc:
            sys.stderr.write(f"{type(exc).__name__}: {exc}\n")
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def die_at(owner: Any, step: str, work: Callable[[], object]) -> int:
    """Kill the process that does the work right before a step, which is right after the last one.

    "" stands for the end.
    """

    def begin() -> None:
        if step:
            setattr(owner, step, die)
        work()
        die()

    return run_in_fork(begin)


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def command(*words: str) -> Callable[[], object]:
    return lambda: call_command(*words, stdout=io.StringIO(), stderr=io.StringIO())


def lose(key: str) -> None:
    """What happens after the backup, and what the restore takes back."""
    remove_media(key)
    Team.objects.update(name="Lost")
    record(None, "lost act", "Voice 1", team=None, now=timezone.now())


def look_at_half() -> None:
    """Either one of the two databases is whole, or nobody can use the half."""
    if find_misfit():
        assert "was interrupted" in find_misfit(), find_misfit()
        for words in (["prepare"], ["backup", "--to", sys.argv[1]]):
            with contextlib.suppress(CommandError):
                command(*words)()
                raise AssertionError(f"{words[0]} works on a half-restored database.")
        return
    is_settled = AuditEntry.objects.filter(action="backup restored").exists()
    assert is_settled or Team.objects.filter(name="Lost").exists(), "It isn't settled."


def look_at_restored(key: str, anchor: str) -> None:
    assert find_misfit() == "", find_misfit()
    assert find_breaks() == [], find_breaks()
    assert not Team.objects.filter(name="Lost").exists(), "It isn't restored."
    assert read_media(key) == b"sound", "The file isn't back."
    last = AuditEntry.objects.order_by("number").last()
    assert last is not None
    assert last.action == "backup restored", last.action
    assert last.facts["replaced"] not in {"", anchor}, "The log doesn't name what was replaced."


def kill_backups(folder: Path) -> list[str]:
    problems = []
    for owner, step in BACKUP_STEPS:
        known = backups.find_backups(folder)
        back_up = command("backup", "--to", str(folder))
        ended = die_at(owner, step, back_up)
        if not os.WIFSIGNALED(ended):
            problems.append(f"backup, {step}: wasn't killed")
        # The last step comes after the renaming, which completes a backup.
        if backups.find_backups(folder) != known and step != "flush_path":
            problems.append(f"backup, {step}: the rest counts as a backup")
        if run_in_fork(back_up) or list(folder.glob(f"{DRAFT}*")):
            problems.append(f"backup, {step}: the next one fails or leaves the rest")
    return problems


def kill_restores(backup: Path, key: str, is_sqlite: bool) -> list[str]:
    problems = []
    anchor = backups.read_manifest(backup).anchor
    work = command("restore", "--from", str(backup), "--replace")
    for owner, name in RESTORE_STEPS:
        step = "_remove_log" if is_sqlite and name == "_run_client" else name
        if run_in_fork(lambda: lose(key)):
            problems.append(f"restore, {step}: can't lose anything")
        if die_at(owner, step, work) != signal.SIGKILL:
            problems.append(f"restore, {step}: wasn't killed")
        if run_in_fork(look_at_half):
            problems.append(f"restore, {step}: a half-restored database can be used")
        if run_in_fork(work) or run_in_fork(lambda: look_at_restored(key, anchor)):
            problems.append(f"restore, {step}: isn't completed by running it again")
    return problems


def main() -> None:
    folder = Path(sys.argv[1])
    Team.objects.create(name="Cirrus")
    User.objects.create_user("kim@example.com", None)
    key, *_ = store_media("samples", [b"sound"], "wav")
    record(None, "act", "Voice 1", team=None, now=timezone.now())
    is_sqlite = connections["default"].vendor == "sqlite"
    problems = kill_backups(folder)
    backup = backups.find_backups(folder)[-1]
    problems += kill_restores(backup, key, is_sqlite)
    sys.stdout.write(f"\n{json.dumps(problems)}")


if __name__ == "__main__":
    main()
