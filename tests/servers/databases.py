"""A PostgreSQL server for the tests."""

import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.servers.binaries import HOST, Engine, find_program, free_port, running_engine

# The data is thrown away, so the server doesn't need to wait for the disk.
SETTINGS = ("fsync=off", f"listen_addresses={HOST}", "unix_socket_directories=")


class PostgreSQL(Engine):
    """A running server; ``make_database`` returns the address of an empty database."""

    # It ends all its processes at once and stores nothing, so the next start is a recovery. After
    # SIGKILL, the next start fails until the last of its processes has noticed.
    crash = signal.SIGQUIT

    def __init__(self, command: Sequence[str | Path], folder: Path, port: int, **user: Any) -> None:
        super().__init__(command, folder, port, **user)
        self._address = f"postgres://voiceboard@{HOST}:{port}"

    def make_database(self, template: str = "template0") -> str:
        """Make a database, empty or a copy of another, and return its address."""
        name = f"voiceboard_{uuid.uuid4().hex}"
        with psycopg.connect(f"{self._address}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return f"{self._address}/{name}"

    def answers(self) -> bool:
        """Return whether the server accepts connections."""
        try:
            psycopg.connect(f"{self._address}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def running_postgres() -> Iterator[PostgreSQL]:
    """Run a server on a free port."""
    initdb = find_program("initdb", "usr/lib/postgresql/*/bin")
    # Not in the test run's folder, which the server's user can't enter.
    folder = Path(tempfile.mkdtemp(prefix="voiceboard-postgres-"))
    try:
        user = _give_away(folder)
        data = folder / "data"
        subprocess.run(
            [initdb, "--auth=trust", "--username=voiceboard", "--no-sync", "-D", data],
            cwd=folder,
            check=True,
            capture_output=True,
            **user,
        )
        port = free_port()
        command = [initdb.with_name("postgres"), "-D", data, "-p", str(port)]
        options = [word for setting in SETTINGS for word in ("-c", setting)]
        with running_engine(PostgreSQL([*command, *options], folder, port, **user)) as server:
            yield server
    finally:
        shutil.rmtree(folder)


def _give_away(folder: Path) -> dict[str, Any]:
    """Return the user to run the server as, since PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    shutil.chown(folder, "nobody", "nogroup")
    return {"user": "nobody", "group": "nogroup", "extra_groups": []}
