"""A server that replays recorded responses and records requests, and the sandbox."""

import json
from collections.abc import Callable, Iterator, Mapping
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any, NamedTuple, Self

import httpx
import pytest

from catalog.providers.base import Provider
from catalog.providers.registry import get_adapter
from catalog.providers.session import open_provider
from catalog.sandbox import Sandbox, running_sandbox
from catalog.sandbox.faults import Fault, FaultKind

FIXTURES = Path(__file__).parent / "fixtures"
KEY = "canary-key-6f1c0a9e7d"


class Part(NamedTuple):
    """One field of a multipart form."""

    name: str
    filename: str | None
    content_type: str
    content: bytes


class FakeServer:
    """Responds in the prepared order; an extra request fails the test."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.requests: list[httpx.Request] = []
        self._answers: list[Callable[[httpx.Request], httpx.Response]] = []

    def will_answer(self, fixture: str, **changes: Any) -> Self:
        """Respond with a fixture, with some fields of its body changed."""
        answer = load_fixture(self.slug, fixture)
        body = {**answer["body"], **changes} if changes else answer["body"]
        return self.will_send(answer["status"], body, answer.get("headers", {}))

    def will_send(
        self, status: int, body: Any = b"", headers: Mapping[str, str] | None = None
    ) -> Self:
        """Respond with the body as it is if it's bytes, or else as JSON."""
        is_raw = isinstance(body, bytes)
        content = body if is_raw else json.dumps(body).encode()
        kind = {} if is_raw else {"content-type": "application/json"}
        self._answers.append(
            lambda request: httpx.Response(
                status, content=content, headers={**kind, **(headers or {})}
            )
        )
        return self

    def will_fail(self, error: type[httpx.TransportError]) -> Self:
        """Raise a network error."""

        def answer(request: httpx.Request) -> httpx.Response:
            raise error("a network error", request=request)

        self._answers.append(answer)
        return self

    def connect(self, api_key: str = KEY, base_url: str = "") -> Provider:
        return get_adapter(self.slug)(
            {"api_key": api_key}, base_url=base_url, transport=httpx.MockTransport(self._answer)
        )

    def paths(self) -> list[str]:
        return [f"{request.method} {request.url.path}" for request in self.requests]

    def has_answers_left(self) -> bool:
        return bool(self._answers)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        assert self._answers, f"Unexpected request: {request.method} {request.url.path}"
        return self._answers.pop(0)(request)


def load_fixture(slug: str, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((FIXTURES / slug / f"{name}.json").read_text())
    return answer


def list_ids(server: FakeServer) -> list[str]:
    with server.connect() as adapter:
        return [voice.remote_id for voice in adapter.voices()]


def error_fixtures(slug: str) -> list[str]:
    return sorted(path.stem for path in (FIXTURES / slug).glob("error_*.json"))


def read_form(request: httpx.Request) -> list[Part]:
    """Return the fields of a multipart request, in their order."""
    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.content)
    return [
        Part(
            str(part.get_param("name", header="content-disposition")),
            part.get_filename(),
            part.get_content_type() if "content-type" in part else "",
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[FakeServer]:
    """The provider of the test module, or of the parameter ``slug``."""
    slug = getattr(request, "param", None) or getattr(request.module, "SLUG", None)
    fake = FakeServer(str(slug))
    yield fake
    assert not fake.has_answers_left(), "Some expected requests were not sent."


@pytest.fixture(scope="session")
def lasting_sandbox() -> Iterator[Sandbox]:
    # More than one page of 100.
    with running_sandbox(voices=130) as running:
        yield running


@pytest.fixture
def sandbox(lasting_sandbox: Sandbox) -> Sandbox:
    lasting_sandbox.reset()
    return lasting_sandbox


@pytest.fixture
def connect(sign_on: Callable[..., Provider]) -> Callable[..., Provider]:
    """Return a function that opens ElevenLabs with one of the sandbox's keys."""

    def _connect(kind: str = "full") -> Provider:
        return sign_on("elevenlabs", kind)

    return _connect


@pytest.fixture
def spoil(sandbox: Sandbox) -> Callable[..., None]:
    def _spoil(kind: FaultKind, **more: Any) -> None:
        sandbox.faults.add(Fault(kind, **more))

    return _spoil


@pytest.fixture
def sign_on(sandbox: Sandbox) -> Callable[..., Provider]:
    """Return a function that opens any provider with one of the sandbox's keys."""

    def _sign_on(slug: str, kind: str = "full") -> Provider:
        return open_provider(slug, {"api_key": f"sandbox-{slug}-{kind}"}, sandbox.url(slug))

    return _sign_on
