"""HTTP from careless and hostile clients."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from catalog.sandbox import Sandbox, wire
from catalog.sandbox.messages import WireRequest

HOST = "Host: 127.0.0.1\r\n"
KEY = "xi-api-key: sandbox-elevenlabs-full\r\n"


def send(sandbox: Sandbox, content: bytes) -> bytes:
    """Send raw bytes, close the sending side, and return the whole response."""
    port = urlsplit(sandbox.address).port
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(content)
        client.shutdown(socket.SHUT_WR)
        pieces = []
        while piece := client.recv(65_536):
            pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
        (b"GET\r\n\r\n", b"400"),
        (b"GET / HTTP/9.9\r\n\r\n", b"505"),
        (b"BREW /pot HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"501"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n", b"400"),
        (b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"400"),
        (b"GET http://[x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"400"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", b"431"),
        (b"GET /?" + b"a&" * 600 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ten\r\n\r\n", b"400"),
        (
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Length: 3\r\n\r\nabc",
            b"400",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: gzip\r\n\r\n",
            b"400",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"400",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
            b"400",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n",
            b"413",
        ),
    ],
)
def test_an_invalid_request_gets_an_error_status_and_is_closed(sandbox, content, status):
    answer = send(sandbox, content)

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"Connection: close" in answer
    assert httpx.get(sandbox.address).status_code == 200


def test_an_incomplete_upload_has_no_effect(sandbox, control):
    head = f"POST /elevenlabs/v1/voices/add HTTP/1.1\r\n{HOST}{KEY}Content-Length: 900\r\n\r\n"

    answer = send(sandbox, head.encode() + b"half")

    assert answer == b""
    assert control.get("/requests").json() == {"requests": []}


def test_an_upload_over_the_limit_gets_a_413_response(sandbox, full, monkeypatch):
    monkeypatch.setattr(wire, "MAX_BODY", 1_000)

    answer = full.post("/v1/voices/add", content=b"x" * 500_000)

    assert answer.status_code == 413


def chunks() -> Iterator[bytes]:
    yield b'{"stability"'
    yield b": 0.25}"


def test_a_chunked_body_is_read(full):
    voice_id = full.get("/v2/voices").json()["voices"][0]["voice_id"]

    answer = full.post(f"/v1/voices/{voice_id}/settings/edit", content=chunks())

    assert answer.json() == {"status": "ok"}
    assert full.get(f"/v1/voices/{voice_id}/settings").json()["stability"] == 0.25


def test_two_requests_can_share_a_connection(sandbox):
    request = f"GET /elevenlabs/v1/models HTTP/1.1\r\n{HOST}{KEY}\r\n".encode()

    answer = send(sandbox, request * 2)

    assert answer.count(b"HTTP/1.1 200") == 2


def test_head_gets_no_body(sandbox):
    answer = send(sandbox, f"HEAD / HTTP/1.1\r\n{HOST}\r\n".encode())

    head, _, body = answer.partition(b"\r\n\r\n")
    length = len(httpx.get(f"{sandbox.address}/").content)
    assert f"Content-Length: {length}\r\n".encode() in head + b"\r\n"
    assert body == b""


def test_an_http_1_0_client_is_answered_and_the_connection_closed(sandbox):
    answer = send(sandbox, f"GET / HTTP/1.0\r\n{HOST}\r\n".encode())

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"Connection: close" in answer


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1@evil.example", "[::2]", "[", "x:y"])
@pytest.mark.parametrize("path", ["/elevenlabs/v2/voices", "/_control/state", "/"])
def test_other_host_names_are_refused(sandbox, host, path):
    answer = httpx.get(f"{sandbox.address}{path}", headers={"Host": host})

    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["localhost:1234", "127.0.0.1", "[::1]:80", "LOCALHOST"])
def test_loopback_host_names_are_accepted(sandbox, host):
    assert httpx.get(sandbox.address, headers={"Host": host}).status_code == 200


def test_the_root_lists_the_providers(sandbox):
    assert "elevenlabs" in httpx.get(sandbox.address).json()["providers"]


def test_an_unknown_provider_is_not_found(sandbox):
    assert httpx.get(sandbox.url("nobody", "/v1")).status_code == 404


def test_an_internal_error_gets_500_and_is_logged_without_the_key(sandbox, monkeypatch, caplog):
    def fail(request: WireRequest) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(sandbox, "_answer", fail)
    headers = {"xi-api-key": "sandbox-elevenlabs-full"}

    answer = httpx.get(sandbox.url("elevenlabs", "/v1/user"), headers=headers)

    assert answer.status_code == 500
    assert "ZeroDivisionError" in caplog.text
    assert "sandbox-elevenlabs-full" not in caplog.text
