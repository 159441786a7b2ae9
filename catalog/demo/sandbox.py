"""The sandbox's control API: recordings of speakers, and calls that will fail."""

import json
import urllib.request
from typing import Any
from urllib.parse import quote

from django.conf import settings

_SECONDS = 60


def fetch_recording(seed: str) -> bytes:
    """Return what a person of the sandbox recorded for a clone, as WAV."""
    return _ask("GET", f"/recordings/{quote(seed)}")


def plan_fault(**fault: Any) -> None:
    """Let the next matching call fail; see ``sandbox/control.py``. A restart forgets it."""
    _ask("POST", "/faults", fault)


def _ask(method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
    request = urllib.request.Request(
        f"http://127.0.0.1:{settings.SANDBOX_PORT}/_control{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
        content: bytes = answer.read()
    return content
