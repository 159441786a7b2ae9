"""HTTP/1.1 for one client: strict parsing of requests, and byte-exact responses."""

import logging
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from catalog.sandbox.messages import Delivery, WireRequest, WireResponse, json_reply

logger = logging.getLogger(__name__)

MAX_BODY = 64 * 1024 * 1024
DRAINED = 4 * MAX_BODY  # how much of an oversized body is read before responding
MAX_CHUNK_LINE = 1024


class UnreadableRequest(Exception):
    """The request is malformed; responds with ``status`` and closes the connection."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Connection(BaseHTTPRequestHandler):
    """One client's connection, kept alive between requests."""

    answer: ClassVar[Callable[[WireRequest], WireResponse]]
    pause: ClassVar[Callable[[float], None]]

    protocol_version = "HTTP/1.1"
    server_version = "VoiceboardSandbox"
    sys_version = ""
    timeout = 60
    # Send head and body in one packet; separate ones would wait for acknowledgements.
    wbufsize = -1
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        try:
            request = self._read()
        except UnreadableRequest as exc:
            self.close_connection = True
            self._write(json_reply({"detail": exc.reason}, exc.status), has_body=True)
            return
        reply = type(self).answer(request)
        self._write(reply, has_body=request.method != "HEAD")

    # The method names that the standard library calls.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

    def handle(self) -> None:
        """Serve until the client disconnects; disconnects aren't logged as errors."""
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            logger.debug("The client left in the middle of a request.")
        except Exception:
            logger.exception("A connection to the sandbox failed")

    def finish(self) -> None:
        """Close both directions even if the client is already gone."""
        try:
            super().finish()
        except (ConnectionError, TimeoutError):
            logger.debug("The client was gone before its answer.")

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: request lines may contain secrets, and the call log has the rest."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Respond to requests that the standard library couldn't parse."""
        self.close_connection = True
        if self.request_version == "HTTP/0.9":
            # Garbage leaves the version unset, but a response needs a status line.
            self.request_version = "HTTP/1.0"
        self._write(json_reply({"detail": message or "Bad request"}, code), has_body=True)

    def _read(self) -> WireRequest:
        try:
            target = urlsplit(self.path)
            query = parse_qs(target.query, keep_blank_values=True, max_num_fields=500)
        except ValueError as exc:
            raise UnreadableRequest(400, "The request line makes no sense.") from exc
        path = target.path or "/"
        if not path.startswith("/"):
            raise UnreadableRequest(400, "The request line makes no sense.")
        names = {name.lower(): value for name, value in self.headers.items()}
        host = names.get("host")
        if not host or self.headers.get_all("host", []) != [host]:
            raise UnreadableRequest(400, "One Host header is required.")
        return WireRequest(
            method=self.command,
            path=path,
            origin=f"http://{host}",
            query=query,
            headers=names,
            body=self._read_body(names),
        )

    def _read_body(self, headers: dict[str, str]) -> bytes:
        coding = headers.get("transfer-encoding", "").lower()
        length = headers.get("content-length")
        if coding:
            if coding != "chunked" or length is not None:
                raise UnreadableRequest(400, "The length of the body is unclear.")
            return self._read_chunks()
        if length is None:
            return b""
        if not (length.isascii() and length.isdigit()):
            raise UnreadableRequest(400, "Content-Length is not a number.")
        if int(length) > MAX_BODY:
            self._drain(int(length))
            raise UnreadableRequest(413, "Request Entity Too Large")
        return self._read_exactly(int(length))

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while True:
            size_line = self.rfile.readline(MAX_CHUNK_LINE)
            try:
                size = int(size_line.split(b";")[0], 16)
            except ValueError as exc:
                raise UnreadableRequest(400, "A chunk has no size.") from exc
            if not 0 <= size <= MAX_BODY - len(body):
                raise UnreadableRequest(413, "Request Entity Too Large")
            body += self._read_exactly(size)
            if self.rfile.readline(MAX_CHUNK_LINE).strip():
                raise UnreadableRequest(400, "A chunk is longer than its size.")
            if size == 0:
                return bytes(body)

    def _read_exactly(self, size: int) -> bytes:
        body = self.rfile.read(size)
        if len(body) < size:
            # Ignore a partial upload; the client is gone, so there is no response.
            raise ConnectionResetError
        return body

    def _drain(self, size: int) -> None:
        left = min(size, DRAINED)
        while left > 0 and (piece := self.rfile.read(min(left, 1 << 20))):
            left -= len(piece)

    def _write(self, reply: WireResponse, *, has_body: bool) -> None:
        if reply.delivery is not Delivery.WHOLE:
            self.close_connection = True
        if reply.delivery is Delivery.NOTHING:
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", reply.content_type)
        if "Content-Length" not in reply.headers:
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if has_body:
            self._write_body(reply)
        self.wfile.flush()

    def _write_body(self, reply: WireResponse) -> None:
        body = reply.body
        if reply.delivery is Delivery.CUT:
            body = body[: len(body) // 2]
        if not reply.seconds_per_byte:
            self.wfile.write(body)
            return
        for byte in body:
            self.wfile.write(bytes((byte,)))
            self.wfile.flush()
            type(self).pause(reply.seconds_per_byte)
