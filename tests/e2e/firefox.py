"""This machine's Firefox, driven by WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/).

Playwright needs its own build of Firefox, which Debian doesn't package.
"""

import itertools
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.e2e.browsers import PATIENCE_SECONDS, WIDE


def find_firefox() -> str | None:
    """Return the Firefox of this machine."""
    return next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)


class Firefox:
    """One window. Scripts are expressions whose value can be serialized as JSON."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection, self._numbers = connection, itertools.count(1)
        self.complaints: list[str] = []
        self._send("session.new", capabilities={})
        self._send("session.subscribe", events=["log.entryAdded"])
        self._window = self._send("browsingContext.getTree")["contexts"][0]["context"]
        viewport = {"width": WIDE[0], "height": WIDE[1]}
        self._send("browsingContext.setViewport", context=self._window, viewport=viewport)

    def open(self, address: str) -> None:
        """Open an address and wait until the page has loaded."""
        where = {"context": self._window, "url": address, "wait": "complete"}
        self._send("browsingContext.navigate", **where)

    def go(self, steps: int) -> None:
        """Move in the history: forward by a positive number of steps, back by a negative one."""
        self._send("browsingContext.traverseHistory", context=self._window, delta=steps)

    def reload(self) -> None:
        """Load the page again."""
        self._send("browsingContext.reload", context=self._window, wait="complete")

    def type(self, text: str) -> None:
        """Type a text key by key, like a person."""
        presses: list[dict[str, Any]] = []
        for key in text:
            presses += [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
            presses.append({"type": "pause", "duration": 40})
        keys = {"type": "key", "id": "keys", "actions": presses}
        self._send("input.performActions", context=self._window, actions=[keys])

    def ask(self, script: str) -> Any:
        """Return the value of an expression in the page, or None if it failed."""
        said = self._send(
            "script.evaluate",
            expression=f"JSON.stringify({script} ?? null)",
            target={"context": self._window},
            awaitPromise=False,
        )
        return json.loads(said["result"]["value"]) if said["type"] == "success" else None

    def wait_until(self, script: str, is_right: Callable[[Any], bool]) -> Any:
        """Evaluate the expression until its value is right, and return the value."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_right(found := self.ask(script)):
            assert time.monotonic() < deadline, f"{script} stayed {found}"
            time.sleep(0.05)
        return found

    def _send(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            said = json.loads(self._connection.recv(PATIENCE_SECONDS))
            if said.get("method") == "log.entryAdded" and said["params"]["level"] == "error":
                self.complaints.append(said["params"]["text"])
            if said.get("id") == number:
                assert said["type"] == "success", said
                result: dict[str, Any] = said["result"]
                return result


@contextmanager
def open_firefox(program: str, profile: Path) -> Iterator[Firefox]:
    """Start Firefox with an empty profile, and stop it afterward."""
    said = profile / "said.txt"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [program, "--headless", "--profile", str(profile), "--remote-debugging-port=0"],
            env={"HOME": str(profile), "PATH": os.environ["PATH"]},
            stdout=output,
            stderr=output,
        )
    try:
        address = _read_address(process, said)
        with connect(f"{address}/session", max_size=None) as connection:
            yield Firefox(connection)
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _read_address(process: "subprocess.Popen[bytes]", said: Path) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if found := re.search(r"ws://\S+", said.read_text()):
            return found[0]
        time.sleep(0.1)
    raise RuntimeError(f"Firefox did not start: {said.read_text()[-500:]}")
