"""Clients of the Telnyx sandbox, and common requests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import hum


@pytest.fixture
def sign_on(sandbox) -> Iterator[Callable[[str], httpx.Client]]:
    """Return a function that opens a Telnyx client with one of the sandbox's keys."""
    with ExitStack() as clients:

        def _sign_on(kind: str) -> httpx.Client:
            headers = {"Authorization": f"Bearer sandbox-telnyx-{kind}"}
            client = httpx.Client(base_url=sandbox.url("telnyx"), headers=headers)
            return clients.enter_context(client)

        yield _sign_on


@pytest.fixture
def client(sign_on) -> httpx.Client:
    return sign_on("full")


@pytest.fixture
def limit(control) -> Callable[..., None]:
    """Return a function that changes the account's limits."""

    def _limit(**values: Any) -> None:
        wish = {"provider": "telnyx", "account": "full", "values": values}
        control.post("/accounts", json=wish).raise_for_status()

    return _limit


def upload(client: httpx.Client, sample: bytes | None = None, **more: str) -> httpx.Response:
    fields = {"name": "Nora", "language": "en", "gender": "female", "provider": "telnyx", **more}
    content = hum(200, 6) if sample is None else sample
    return client.post(
        "/voice_clones/from_upload", data=fields, files={"audio_file": ("nora.wav", content)}
    )


def clones(client: httpx.Client, **params: Any) -> list[dict[str, Any]]:
    answer = client.get("/voice_clones", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    [error] = answer.json()["errors"]
    assert error["title"]
    assert error["detail"]
    return answer.status_code, error["code"], error.get("source", {}).get("pointer", "")
