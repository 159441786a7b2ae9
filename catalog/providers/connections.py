"""HTTP connections with one overall deadline, restricted to allowed addresses."""

import math
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

import httpcore
import httpx

AddressRule = Callable[[str], Iterable[str]]
Told = Callable[[], None]
# After these errors nothing was sent, so any request may be repeated.
UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)


class Deadline:
    """The time by which a call has to end, even if its server keeps sending bytes."""

    def __init__(self) -> None:
        self._end = 0.0
        self._latest = math.inf

    def limit(self, seconds: float) -> None:
        """Limit all calls from now on to this many seconds in total."""
        self._latest = time.monotonic() + seconds

    def start(self, seconds: float) -> None:
        """Limit the next call to this many seconds in total."""
        self._end = min(time.monotonic() + seconds, self._latest)

    @property
    def is_over(self) -> bool:
        """Return whether the time is up."""
        return time.monotonic() >= self._end

    def cap(self, timeout: float | None) -> float:
        """Return the seconds left for one step; never 0, which would mean non-blocking."""
        left = max(0.001, self._end - time.monotonic())
        return left if timeout is None else min(left, timeout)


def watch_body(request: httpx.Request, on_sent: Told | None) -> None:
    """Call ``on_sent`` once the whole body of the request has been sent.

    See https://www.encode.io/httpcore/extensions/#trace
    """

    def hear(event: str, _: object) -> None:
        if on_sent and event.endswith("send_request_body.complete"):
            on_sent()

    request.extensions["trace"] = hear


def look_up(host: str) -> list[str]:
    """Return the addresses of a host, an empty list if it has none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]


@cache
def trusted_roots() -> ssl.SSLContext:
    """Return the trusted certificates, cached because loading them takes longer than most calls."""
    return httpx.create_ssl_context(trust_env=False)


class DeadlineTransport(httpx.BaseTransport):
    """An httpx transport with one deadline, certificate checks, no proxies, and no retries.

    ``addresses`` resolves a host to the addresses to try, and may refuse it; by default the system
    resolves it. It is called once per connection, and only its results are connected to. TLS still
    verifies the certificate against the host name.
    """

    def __init__(self, deadline: Deadline, addresses: AddressRule | None = None) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=trusted_roots(),
            max_connections=4,
            keepalive_expiry=5,
            retries=0,
            network_backend=_Backend(deadline, addresses),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        core_request = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=cast(Iterable[bytes], request.stream),
            extensions=request.extensions,
        )
        with _in_terms_of_httpx():
            response = self._pool.handle_request(core_request)
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _in_terms_of_httpx():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


@contextmanager
def _in_terms_of_httpx() -> Iterator[None]:
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as exc:
        failure = getattr(httpx, type(exc).__name__)(str(exc))
    except httpcore.UnsupportedProtocol as exc:
        failure = httpx.UnsupportedProtocol(str(exc))
    else:
        return
    raise failure


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline, addresses: AddressRule | None) -> None:
        self._deadline = deadline
        self._addresses = addresses or look_up
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        targets = self._find_targets(host)
        failure: Exception = httpcore.ConnectError("No address.")
        for target in targets:
            if self._deadline.is_over:
                raise httpcore.ConnectTimeout("The call's deadline has passed.")
            try:
                stream = self._inner.connect_tcp(
                    target, port, self._deadline.cap(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failure = exc
                continue
            return _Stream(stream, self._deadline)
        raise failure

    def _find_targets(self, host: str) -> list[str]:
        """Resolve the host in a thread, because the system's resolver has no deadline."""
        found: Future[list[str]] = Future()

        def find() -> None:
            try:
                found.set_result(list(self._addresses(host)))
            except BaseException as exc:
                found.set_exception(exc)

        threading.Thread(target=find, daemon=True).start()
        try:
            return found.result(self._deadline.cap(None))
        except TimeoutError:
            raise httpcore.ConnectTimeout("The host lookup timed out.") from None


class _Stream(httpcore.NetworkStream):
    """Limits every step to the time left until the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._deadline.is_over:
            raise httpcore.ReadTimeout("The call's deadline has passed.")
        return self._inner.read(max_bytes, self._deadline.cap(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._deadline.is_over:
            raise httpcore.WriteTimeout("The call's deadline has passed.")
        self._inner.write(buffer, self._deadline.cap(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._deadline.cap(timeout))
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
