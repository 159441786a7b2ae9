"""Carry Celery's messages in one SQLite file, for an installation without a message broker.

A message is a row. Taking it leases the row, acknowledging it deletes the row, and a lease that
is no longer renewed ends: a worker that is killed loses nothing. Some messages are delivered
twice for that, so tasks must bear it. Named pipes beside the file wake sleeping workers.
"""

import select
import sqlite3
import time
from pathlib import Path
from queue import Empty
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from kombu import Connection
from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.utils.scheduling import FairCycle

from catalog.transport.bell import HAS_PIPES, Bell
from catalog.transport.channel import FileChannel
from catalog.transport.messages import LEASE_SECONDS, QueueFile

SCHEME = "embedded"
# How long a message waits at most when its ring was not heard.
POLL_SECONDS = 0.5 if HAS_PIPES else 0.25


def register_transport() -> None:
    """Make kombu and Celery understand broker addresses that begin with ``embedded:``."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:{Transport.__name__}"


def queue_url(path: Path) -> str:
    """Return the broker address of the queue kept in a file."""
    return SCHEME + path.absolute().as_uri().removeprefix("file")


def queue_path(url: str) -> Path | None:
    """Return the file behind a broker address, or ``None`` when it is another broker's."""
    parts = urlsplit(url)
    return Path(url2pathname(parts.path)) if parts.scheme == SCHEME else None


class Transport(virtual.Transport):
    """Connect kombu to a queue file, in Celery's event loop or by waiting.

    Transport options: ``visibility_timeout``, how long an unrenewed lease lasts, and
    ``polling_interval``, both in seconds.
    """

    Channel = FileChannel
    channels: list[FileChannel]  # type: ignore[assignment]  # kombu makes them by ``Channel``
    cycle: FairCycle
    can_parse_url = True
    driver_type = "sqlite"
    driver_name = "sqlite3"
    polling_interval: float = POLL_SECONDS
    connection_errors = (*virtual.Transport.connection_errors, OSError, sqlite3.DatabaseError)
    implements = virtual.Transport.implements.extend(asynchronous=True)
    # What is bound to what; the same for all connections of a process, as in kombu's own.
    global_state = virtual.BrokerState()

    def __init__(self, client: Connection, **options: Any) -> None:
        super().__init__(client, **options)
        self.state = self.global_state
        path = Path(url2pathname(urlsplit(str(client.hostname)).path))
        settings = client.transport_options or {}
        lease = float(settings.get("visibility_timeout", LEASE_SECONDS))
        self.queue_file = QueueFile(path, lease)
        self._bells: dict[str, Bell] = {}
        self._renew_every = lease / 3
        self._renewed_at = time.monotonic()
        self._loop: Any = None
        self._heard: set[str] = set()
        self._timers: list[Any] = []

    def bell_of(self, queue: str) -> Bell:
        """Return what wakes those who wait for a queue, and nobody else."""
        if queue not in self._bells:
            name = f"{self.queue_file.path.stem}.{quote(queue, safe='')}.wake"
            self._bells[queue] = Bell(self.queue_file.path.with_name(name))
        return self._bells[queue]

    def driver_version(self) -> str:
        """Return SQLite's version."""
        return sqlite3.sqlite_version

    def as_uri(self, uri: str, include_password: bool = False, mask: str = "**") -> str:
        """Return the address as it is; it holds no password."""
        return uri

    def establish_connection(self) -> Any:
        """Open the file, so that one that cannot be used is noticed here."""
        self.queue_file.check()
        return super().establish_connection()

    def close_connection(self, connection: Any) -> None:
        """Hand back what was not settled, and close file and pipe."""
        self._leave_event_loop()
        super().close_connection(connection)
        self.queue_file.close()
        for bell in self._bells.values():
            bell.close()

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Take messages when the bell rings, when a task has ended, and now and then."""
        self._leave_event_loop()
        self._loop = loop
        self._timers = [
            loop.call_repeatedly(self.polling_interval, self._take_all),
            loop.call_repeatedly(self._renew_every, self._renew),
        ]

    def _leave_event_loop(self) -> None:
        if self._loop is None:
            return
        self._mute()
        for timer in self._timers:
            timer.cancel()
        self._loop = None

    def look_again(self) -> None:
        """Take what there is before the worker loop sleeps."""
        if self._loop is not None:
            # A timer, because Celery settles messages in a ``call_soon`` of its own, and what
            # is asked for there has to wait for the loop's next turn.
            self._loop.call_later(0, self._take_all)

    def _hear(self, queue: str) -> None:
        self.bell_of(queue).hear()
        self._take_all()

    def _take_all(self) -> None:
        try:
            while self._may_take():
                self._take_one()
        except Empty:
            self._listen()
        else:
            # A worker with its hands full leaves the rings to others.
            self._mute()

    def _take_one(self) -> None:
        # A task that runs in this very thread may have outlasted its lease: do not take it twice.
        if time.monotonic() - self._renewed_at >= self._renew_every:
            self._renew()
        self.cycle.get(self._deliver)

    def _listen(self) -> None:
        for queue, ear in self._ears().items():
            if queue not in self._heard:
                self._loop.add_reader(ear, self._hear, queue)
                self._heard.add(queue)

    def _mute(self) -> None:
        while self._heard:
            self._loop.remove_reader(self.bell_of(self._heard.pop()).listen())

    def _ears(self) -> dict[str, int]:
        ears = {queue: self.bell_of(queue).listen() for queue in self._callbacks or ()}
        return {queue: ear for queue, ear in ears.items() if ear is not None}

    def drain_events(  # type: ignore[override]  # as kombu has it
        self, connection: Any, timeout: float | None = None
    ) -> None:
        """Deliver one message, waiting for it up to ``timeout`` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                self._take_one()
            except Empty:
                seconds = self.polling_interval
                if deadline is not None:
                    seconds = min(seconds, deadline - time.monotonic())
                if seconds <= 0:
                    raise TimeoutError from None
                self._wait(seconds)
            else:
                return

    def _wait(self, seconds: float) -> None:
        ears = self._ears() if self._may_take() else {}
        if not ears:
            time.sleep(seconds)
            return
        ringing = select.select(ears.values(), [], [], seconds)[0]
        for queue in [queue for queue, ear in ears.items() if ear in ringing]:
            self.bell_of(queue).hear()

    def _may_take(self) -> bool:
        return any(channel.may_take() for channel in self.channels)

    def _renew(self) -> None:
        self._renewed_at = time.monotonic()
        qualities = [channel.qos for channel in self.channels]
        self.queue_file.renew([tag for quality in qualities for tag in quality.unsettled()])
