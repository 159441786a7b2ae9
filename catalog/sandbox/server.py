"""The sandbox server: one loopback port, with a path prefix for each provider."""

import logging
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from catalog.sandbox.calls import CallLog
from catalog.sandbox.clips import ClipStore
from catalog.sandbox.control import PREFIX as CONTROL_PREFIX
from catalog.sandbox.control import ControlInterface
from catalog.sandbox.effects import FaultScene, apply_fault
from catalog.sandbox.faults import FaultPlan
from catalog.sandbox.keys import AccountName
from catalog.sandbox.messages import WireRequest, WireResponse, json_reply
from catalog.sandbox.providers import provider_classes
from catalog.sandbox.services import SandboxProvider, Services
from catalog.sandbox.store import Store
from catalog.sandbox.wire import Connection

logger = logging.getLogger(__name__)

ADDRESS = "127.0.0.1"
# Pages in a browser may reach this port with their own host name (DNS rebinding), but not these.
OWN_NAMES = {"127.0.0.1", "localhost", "::1"}


class Sandbox:
    """A running sandbox on loopback; use it as a context manager."""

    def __init__(
        self,
        *,
        voices: int = 60,
        state: Path | None = None,
        port: int = 8900,
        engine: Path | None = None,
    ) -> None:
        """Bind the port (0 picks a free one); a ``state`` directory makes the state persistent.

        ``engine`` is the folder of the speech engine; without it, a small one is used.
        """
        self._stopping = threading.Event()
        self._late: list[threading.Thread] = []
        self.faults = FaultPlan()
        self.calls = CallLog()
        with ExitStack() as cleanup:
            directory = state or Path(cleanup.enter_context(tempfile.TemporaryDirectory()))
            store = Store(state / "sandbox.sqlite3" if state else None)
            cleanup.callback(store.close)
            backstage = Services(store, ClipStore(directory / "clips", engine), voices, time.time)
            self._providers: dict[str, SandboxProvider] = {
                kind.slug: kind(backstage) for kind in provider_classes()
            }
            self._store = store
            self._control = ControlInterface(
                self.faults, self.calls, self._providers, self.reset, backstage
            )
            self._server = _Server((ADDRESS, port), self._connection_class())
            self._cleanup = cleanup.pop_all()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def address(self) -> str:
        """The sandbox's URL, such as http://127.0.0.1:8900."""
        return f"http://{ADDRESS}:{self._server.server_address[1]}"

    @property
    def slugs(self) -> list[str]:
        """The emulated providers."""
        return sorted(self._providers)

    @property
    def is_idle(self) -> bool:
        """Whether no client is connected, so all requests are finished."""
        return not self._server.open_connections

    def url(self, slug: str, path: str = "") -> str:
        """Return a provider's base URL, or a URL below it."""
        return f"{self.address}/{slug}{path}"

    def reset(self) -> None:
        """Reset all accounts, faults, and calls to the initial state."""
        self.faults.clear()
        self.calls.clear()
        self._store.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        # Waits for all connection threads, which still need the store.
        self._server.server_close()
        for late in self._late:
            late.join()
        self._cleanup.close()

    def answer(self, request: WireRequest) -> WireResponse:
        """Handle any request."""
        try:
            return self._answer(request)
        except Exception:
            logger.exception("The sandbox failed at %s %s", request.method, request.path)
            return json_reply({"detail": "The sandbox failed; its log says why."}, 500)

    def _answer(self, request: WireRequest) -> WireResponse:
        if not _is_own(request.origin):
            return json_reply({"detail": "The sandbox answers to loopback names only."}, 403)
        if request.path.startswith(CONTROL_PREFIX):
            return self._control.answer(request.under(CONTROL_PREFIX))
        slug = request.path.split("/", 2)[1]
        provider = self._providers.get(slug)
        if provider is None:
            found = {"detail": "No such provider.", "providers": self.slugs}
            return json_reply(found, 200 if request.path == "/" else 404)
        return self._play(provider, request.under(f"/{slug}"))

    def _play(self, provider: SandboxProvider, request: WireRequest) -> WireResponse:
        def work() -> WireResponse:
            return provider.answer(request)

        key = provider.key_in(request)
        fault = self.faults.take(provider.slug, key, request.method, request.path)
        if fault is None:
            reply = work()
        else:
            scene = FaultScene(work, provider, self._pause, self._do_later)
            reply = apply_fault(fault, scene)
        self.calls.add(
            provider=provider.slug,
            account=str(AccountName.from_key(provider.slug, key) or ""),
            method=request.method,
            path=request.path,
            status=reply.status,
            fault=fault.fault if fault else "",
        )
        return reply

    def _connection_class(self) -> type[Connection]:
        members = {"answer": staticmethod(self.answer), "pause": staticmethod(self._pause)}
        return type("SandboxConnection", (Connection,), members)

    def _pause(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def _do_later(self, seconds: float, work: Callable[[], WireResponse]) -> None:
        def wait_and_work() -> None:
            # Stopping early skips the work, as after a crash.
            if not self._stopping.wait(seconds):
                work()

        thread = threading.Thread(target=wait_and_work)
        self._late.append(thread)
        thread.start()


class _Server(ThreadingHTTPServer):
    """A threaded server that can close its connections."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], connection: type[Connection]) -> None:
        self.open_connections: set[socket.socket] = set()
        super().__init__(address, connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open_connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open_connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Close all connections, which ends their threads."""
        for connection in list(self.open_connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                logger.debug("A connection had ended already.")


@contextmanager
def running_sandbox(
    *, voices: int = 60, state: Path | None = None, port: int = 0
) -> Iterator[Sandbox]:
    """Run a sandbox in a thread of this process, on a free port unless one is given."""
    with Sandbox(voices=voices, state=state, port=port) as sandbox:
        yield sandbox


def _is_own(origin: str) -> bool:
    try:
        return urlsplit(origin).hostname in OWN_NAMES
    except ValueError:
        return False
