"""Clients of the Inworld sandbox, and common requests."""

import base64
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Connect, hum

VOICES = "/voices/v1/voices"


@pytest.fixture
def sign_on(open_client) -> Connect:
    """Return a function that opens an Inworld client with one of the sandbox's keys."""

    def _sign_on(kind: str = "full", scheme: str = "Basic") -> httpx.Client:
        return open_client("inworld", {"Authorization": f"{scheme} sandbox-inworld-{kind}"})

    return _sign_on


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
