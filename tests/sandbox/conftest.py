"""A sandbox that is reset before each test, and clients with its keys."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import numpy as np
import pytest

from catalog.sandbox import Sandbox, running_sandbox
from catalog.sandbox.waveforms import Waveform, to_wav

Connect = Callable[..., httpx.Client]


@pytest.fixture(scope="session")
def lasting_sandbox() -> Iterator[Sandbox]:
    with running_sandbox(voices=60) as running:
        yield running


@pytest.fixture
def sandbox(lasting_sandbox: Sandbox) -> Sandbox:
    lasting_sandbox.reset()
    return lasting_sandbox


@pytest.fixture
def open_client(sandbox: Sandbox) -> Iterator[Connect]:
    """Return a function that opens a client with headers for one of the providers."""
    with ExitStack() as clients:

        def _open(provider: str, headers: dict[str, str], **more: Any) -> httpx.Client:
            client = httpx.Client(base_url=sandbox.url(provider), headers=headers, **more)
            return clients.enter_context(client)

        yield _open


@pytest.fixture
def connect(open_client: Connect) -> Connect:
    """Return a function that opens an ElevenLabs client with one of the sandbox's keys."""

    def _connect(kind: str = "full", **more: Any) -> httpx.Client:
        return open_client("elevenlabs", {"xi-api-key": f"sandbox-elevenlabs-{kind}"}, **more)

    return _connect


@pytest.fixture
def full(connect: Connect) -> httpx.Client:
    return connect("full")


@pytest.fixture
def control(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{sandbox.address}/_control", timeout=60) as client:
        yield client


@pytest.fixture
def configure(control: httpx.Client) -> Callable[..., None]:
    """Return a function that changes an account's limits."""

    def _configure(provider: str, account: str = "full", **values: Any) -> None:
        payload = {"provider": provider, "account": account, "values": values}
        control.post("/accounts", json=payload).raise_for_status()

    return _configure


@pytest.fixture
def spoil(control: httpx.Client) -> Callable[..., None]:
    """Return a function that makes the next matching request fail."""

    def _spoil(fault: str, **more: Any) -> None:
        control.post("/faults", json={"fault": fault, **more}).raise_for_status()

    return _spoil


def hum(pitch: float, seconds: float = 3.0) -> bytes:
    """Return a WAV with the overtones of a voice at the given pitch, in Hz."""
    rate = 16_000
    moments = np.arange(int(seconds * rate)) / rate
    overtones = [np.sin(2 * np.pi * pitch * part * moments) / part for part in range(1, 12)]
    samples = (0.1 * np.sum(overtones, axis=0)).astype(np.float32)
    return to_wav(Waveform(samples, rate), rate=rate, seconds=seconds)


def clone(client: httpx.Client, name: str = "Nora", sample: bytes | None = None) -> str:
    """Create a clone and return its ID."""
    files = [("files", ("nora.wav", sample or hum(200), "audio/wav"))]
    answer = client.post("/v1/voices/add", data={"name": name}, files=files)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["voice_id"])


def own_names(client: httpx.Client) -> list[str]:
    """Return the names of the account's own voices."""
    answer = client.get("/v2/voices", params={"voice_type": "personal", "page_size": 100})
    return [voice["name"] for voice in answer.json()["voices"]]
