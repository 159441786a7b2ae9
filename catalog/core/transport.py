"""Carry Celery's messages as files in a folder, for an installation without a message broker.

kombu's own transport for folders, with what it lacks: it writes messages in place, moves them
through the system's folder for temporary files, and looks for new ones once a second. A worker that
is killed loses the messages that it took. The sweep finds their rows and sends new ones.
"""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import uuid4

from kombu.transport import TRANSPORT_ALIASES, filesystem, virtual
from kombu.utils.json import dumps, loads
from kombu.utils.scheduling import FairCycle

from catalog.core.private_files import make_private_folder

logger = logging.getLogger(__name__)

SCHEME = "embedded"
POLL_SECONDS = 0.1
# No message is of use for longer; see the schedule in voiceboard/celery.py.
KEPT_SECONDS = 3600.0


def register_transport() -> None:
    """Make kombu and Celery understand broker addresses that begin with ``embedded:``."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:{Transport.__name__}"


def queue_url(folder: Path) -> str:
    """Return the broker address of the queue kept in a folder."""
    return SCHEME + folder.absolute().as_uri().removeprefix("file")


class Channel(filesystem.Channel):
    """Write, take and drop the messages of one user of the connection."""

    connection: "Transport"

    # Each process knows where its messages go. kombu's files for that may be read half-written.
    supports_fanout = False
    get_table = virtual.Channel.get_table  # type: ignore[assignment]  # other tuples
    _delete = virtual.Channel._delete

    @property
    def data_folder_in(self) -> str:
        """Return where the messages are."""
        return str(self.connection.folder)

    def _put(self, queue: str, payload: dict[str, Any], **_: Any) -> None:  # type: ignore[override]
        name = f"{time.time_ns():020}_{uuid4().hex}.{queue}.msg"
        # No name that begins with a dot is taken for a message.
        draft = self.connection.folder / f".{name}"
        try:
            draft.touch(mode=0o600, exist_ok=False)
            draft.write_text(dumps(payload))
            draft.rename(draft.with_name(name))
        except OSError:
            draft.unlink(missing_ok=True)
            raise

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        folder = self.connection.folder
        for name in sorted(path.name for path in folder.iterdir()):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = folder / f".{name}"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:  # another worker was quicker
                continue
            text = taken.read_bytes()
            taken.unlink()
            if (message := self._read(name, text)) is not None:
                return message
        raise Empty

    def _read(self, name: str, text: bytes) -> dict[str, Any] | None:
        try:
            message: dict[str, Any] = loads(text)
            self.Message(message, channel=self)
        # Whatever is wrong with one message, the worker must live to take the next.
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            logger.error("Dropped message %s: it cannot be read", name)
            return None
        return message


class Transport(filesystem.Transport):
    """Connect kombu to a folder, in Celery's event loop or by waiting."""

    Channel = Channel
    cycle: FairCycle
    can_parse_url = True
    polling_interval = POLL_SECONDS
    connection_errors = (*filesystem.Transport.connection_errors, OSError)
    implements = filesystem.Transport.implements.extend(asynchronous=True)

    def __init__(self, client: Any, **options: Any) -> None:
        super().__init__(client, **options)
        self.folder = Path(url2pathname(urlsplit(str(client.hostname)).path))
        self._stop_looking: Callable[[], object] = int

    def as_uri(self, uri: str, include_password: bool = False, mask: str = "**") -> str:
        """Return the address as it is; it holds no password."""
        return uri

    def establish_connection(self) -> Any:
        """Open the folder, so that one that cannot be used is noticed here."""
        make_private_folder(self.folder)
        if not os.access(self.folder, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(f"{self.folder} cannot be read and written")
        self._drop_old()
        return super().establish_connection()

    def _drop_old(self) -> None:
        """Remove what nobody took, and what was left by a process that was killed."""
        oldest = time.time_ns() - int(KEPT_SECONDS * 1e9)
        for path in self.folder.glob("*_*.msg"):
            if int(path.name.lstrip(".").partition("_")[0]) < oldest:
                path.unlink(missing_ok=True)

    def close_connection(self, connection: Any) -> None:
        """Hand back what was not settled."""
        self._stop_looking()
        super().close_connection(connection)

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Look for messages now and then."""
        self._stop_looking()
        self._stop_looking = loop.call_repeatedly(self.polling_interval, self._take_all).cancel

    def _take_all(self) -> None:
        try:
            while True:
                self.cycle.get(self._deliver)
        except Empty:
            return
