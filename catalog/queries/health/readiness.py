"""Whether this process can serve requests: its dependencies answer and there is disk space."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta
from pathlib import Path

from django.db import DatabaseError, connection

from catalog.core.broker import broker_answers
from catalog.core.clock import database_now
from catalog.core.disk_space import is_full
from catalog.core.media import try_media
from catalog.core.media_store import MediaUnavailable
from catalog.core.schema_version import find_misfit, read_newer

Clock = Callable[[], datetime]
# Anyone may call the probe; repeated calls within this time share one result.
_KEPT_SECONDS = 2.0
_PATIENCE_SECONDS = 3.0
# Leases last 30 seconds, and views use this host's clock.
_MOST_APART = timedelta(seconds=5)


def find_database_problem(clock: Clock) -> str:
    """Return why the database can't be used, "" if it can; also checks its version and clock."""
    try:
        if connection.vendor == "sqlite" and not _is_there(str(connection.settings_dict["NAME"])):
            return "the database file is missing"
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if read_newer():
            return "the database was upgraded by a newer version of Voiceboard"
        if find_misfit():
            return "the database has to be migrated for this version"
        if abs(database_now() - clock()) > _MOST_APART:
            return "the clocks of this host and the database differ"
    except DatabaseError:
        return "the database isn't responding"
    return ""


def _is_there(name: str) -> bool:
    # SQLite would create an empty file.
    return ":memory:" in name or "mode=memory" in name or Path(name).is_file()


def _check_in_own_connection(clock: Clock) -> str:
    try:
        return find_database_problem(clock)
    finally:
        connection.close()


def _check_files(_: Clock) -> str:
    try:
        try_media()
    except MediaUnavailable:
        return "the file store isn't responding"
    except OSError as exc:
        return "the disk is full" if is_full(exc) else "files can't be written"
    return ""


def _check_broker(_: Clock) -> str:
    return "" if broker_answers() else "the broker isn't responding"


class TimedCheck:
    """Runs one check at a time in a thread, as a hanging call can't be stopped; caches results."""

    def __init__(self, check: Callable[[Clock], str], silence: str) -> None:
        self._check, self._silence = check, silence
        self._lock = threading.Lock()
        self._running: Future[str] | None = None
        self._kept_until = 0.0

    def begin(self, clock: Clock) -> "Future[str]":
        """Return the running or recent check, or start a new one."""
        with self._lock:
            is_old = self._running is None or (
                self._running.done() and time.monotonic() > self._kept_until
            )
            if is_old or self._running is None:
                self._running = Future()
                self._kept_until = time.monotonic() + _KEPT_SECONDS
                threading.Thread(
                    target=self._look, args=(self._running, clock), daemon=True
                ).start()
            return self._running

    def _look(self, answer: "Future[str]", clock: Clock) -> None:
        try:
            answer.set_result(self._check(clock))
        except Exception:
            answer.set_result(self._silence)

    def wait(self, answer: "Future[str]", deadline: float) -> str:
        """Return the problem, or ""; a check that takes too long is a problem too."""
        try:
            return answer.result(max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            return self._silence


_DATABASE = TimedCheck(_check_in_own_connection, "the database isn't responding")
_FILES = TimedCheck(_check_files, "files can't be written")
_BROKER = TimedCheck(_check_broker, "the broker isn't responding")


def find_file_problem(clock: Clock) -> str:
    """Return why audio files can't be written or read, "" if they can."""
    return _FILES.wait(_FILES.begin(clock), time.monotonic() + _PATIENCE_SECONDS)


def find_unready(clock: Clock) -> tuple[list[str], list[str]]:
    """Return what keeps this process from serving, and what only slows its work down.

    Messages hold no address, path, or name. Without a broker, pages work and jobs are stored, so
    a load balancer must not take every host out.
    """
    looks = [_FILES]
    problems = []
    if connection.vendor == "sqlite":
        # In this process: it can't hang, and an in-memory database differs between threads.
        problems.append(find_database_problem(clock))
    else:
        looks.insert(0, _DATABASE)
    begun = [(look, look.begin(clock)) for look in looks]
    broker = _BROKER.begin(clock)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    problems += [look.wait(answer, deadline) for look, answer in begun]
    slow = _BROKER.wait(broker, deadline)
    return [problem for problem in problems if problem], [slow] if slow else []
