"""Clients of the Telnyx sandbox, and common requests."""

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Connect, hum


@pytest.fixture
def sign_on(open_client) -> Connect:
    """Return a function that opens a Telnyx client with one of the sandbox's keys."""

    def _sign_on(kind: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer sandbox-telnyx-{kind}"}
        return open_client("telnyx", headers)

    return _sign_on


@pytest.fixture
def client(sign_on) -> httpx.Client:
    return sign_on("full")


@pytest.fixture
def limit(configure) -> Callable[..., None]:
    """Return a function that changes the account's limits."""
    return partial(configure, "telnyx")


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
