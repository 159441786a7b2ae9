"""Clients of the Inworld sandbox, and common requests."""

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import hum

VOICES = "/voices/v1/voices"
Connect = Callable[[str], httpx.Client]


@pytest.fixture
def sign_on(sandbox) -> Iterator[Connect]:
    """Return a function that opens an Inworld client with one of the sandbox's keys."""
    with ExitStack() as clients:

        def _sign_on(kind: str = "full", scheme: str = "Basic") -> httpx.Client:
            headers = {"Authorization": f"{scheme} sandbox-inworld-{kind}"}
            client = httpx.Client(base_url=sandbox.url("inworld"), headers=headers)
            return clients.enter_context(client)

        yield _sign_on


@pytest.fixture
def inworld(sign_on) -> httpx.Client:
    return sign_on("full")


def sample(content: bytes, **more: str) -> dict[str, str]:
    return {"audioData": base64.b64encode(content).decode(), **more}


def clone(client: httpx.Client, name: str = "Nora", **more: Any) -> dict[str, Any]:
    body = {"displayName": name, "langCode": "EN_US", "voiceSamples": [sample(hum(200, 6))]}
    answer = client.post(f"{VOICES}:clone", json={**body, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def found(client: httpx.Client, **params: Any) -> list[dict[str, Any]]:
    answer = client.get(VOICES, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["voices"]
