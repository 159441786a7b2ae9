"""Connections: TLS checks, addresses, and deadlines."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpcore
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from catalog.providers import connections
from catalog.providers.connections import Deadline, DeadlineTransport
from tests.providers.sockets import listening, saying

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for voices.example, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "voices.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("voices.example")]), False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.PKCS8
    path = tmp_path / "server.pem"
    path.write_bytes(
        key.private_bytes(pem, form, serialization.NoEncryption()) + made.public_bytes(pem)
    )
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    context = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(connections, "trusted_roots", lambda: context)


def fetch(name: str, port: str) -> str:
    deadline = Deadline()
    deadline.start(5)
    transport = DeadlineTransport(deadline, lambda host: ["127.0.0.1"])
    with httpx.Client(transport=transport, trust_env=False) as client:
        return client.get(f"https://{name}:{port}/").text


def test_a_connection_to_a_pinned_address_still_checks_the_host_name(server_tls, trusting):
    with listening(saying(OK), server_tls) as origin:
        port = origin.rpartition(":")[2]

        assert fetch("voices.example", port) == "ok"
        with pytest.raises(httpx.ConnectError, match="mismatch"):
            fetch("other.example", port)


def test_a_self_signed_certificate_is_refused(server_tls):
    with (
        listening(saying(OK), server_tls) as origin,
        pytest.raises(httpx.ConnectError, match="self-signed"),
    ):
        fetch("voices.example", origin.rpartition(":")[2])


def test_the_next_address_is_tried_if_one_does_not_answer():
    deadline = Deadline()
    deadline.start(5)
    with listening(saying(OK)) as origin:
        name = origin.replace("127.0.0.1", "voices.example")
        transport = DeadlineTransport(deadline, lambda host: ["127.0.0.2", "127.0.0.1"])
        with httpx.Client(transport=transport, trust_env=False) as client:
            assert client.get(name).text == "ok"


class Flood(httpcore.NetworkStream):
    """A response that sends byte after byte without a pause."""

    def __init__(self) -> None:
        self._head = [b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n"]

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._head.pop() if self._head else b" "

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        return

    def close(self) -> None:
        return


def test_a_response_that_never_pauses_is_cut_off_at_the_deadline(monkeypatch):
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", lambda *where: Flood())
    deadline = Deadline()
    deadline.start(0.3)
    transport = DeadlineTransport(deadline, lambda host: ["127.0.0.1"])

    with (
        httpx.Client(transport=transport, trust_env=False) as client,
        pytest.raises(httpx.ReadTimeout),
    ):
        client.get("http://voices.example/")


def test_a_slow_name_lookup_is_cut_off_at_the_deadline(monkeypatch):
    answers = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: answers.wait(60))
    deadline = Deadline()
    deadline.start(0.1)

    with (
        httpx.Client(transport=DeadlineTransport(deadline), trust_env=False) as client,
        pytest.raises(httpx.ConnectTimeout),
    ):
        client.get("http://voices.example/")
    answers.set()


def test_trying_many_dead_addresses_stops_at_the_deadline(monkeypatch):
    tried: list[str] = []

    def connect_tcp(self: object, host: str, port: int, timeout: float, *rest: object) -> None:
        tried.append(host)
        deadline.limit(0)
        deadline.start(0)
        raise httpcore.ConnectTimeout("no answer")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect_tcp)
    deadline = Deadline()
    deadline.start(5)
    transport = DeadlineTransport(deadline, lambda host: [f"127.0.0.{n}" for n in range(1, 99)])

    with (
        httpx.Client(transport=transport, trust_env=False) as client,
        pytest.raises(httpx.ConnectTimeout),
    ):
        client.get("http://voices.example/")

    assert tried == ["127.0.0.1"]
