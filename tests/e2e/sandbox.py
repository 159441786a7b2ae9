"""Control the sandbox directly: inject faults, and read its state."""

import json
import urllib.request
from dataclasses import dataclass
from typing import Any

# The provider that is meant unless another one is named.
USUAL = "elevenlabs"
ADD_VOICE = {"method": "POST", "path": "/v1/voices/add"}


@dataclass(frozen=True)
class SandboxControl:
    """The control API of a running sandbox."""

    address: str

    def spoil(self, fault: str, **details: Any) -> None:
        """Make the next matching request fail."""
        self._ask("POST", "/faults", {"provider": USUAL, "fault": fault, **details})

    def heal(self) -> None:
        """Remove all pending faults."""
        self._ask("DELETE", "/faults")

    def has_taken(self, fault: str) -> bool:
        """Return whether a request has triggered the fault."""
        waiting = self._ask("GET", "/faults")["faults"]
        return fault not in [each["fault"] for each in waiting]

    def give_slots(self, count: int) -> None:
        """Let the account hold this many voices: the tests of a worker share it."""
        values = {"provider": USUAL, "account": "full", "values": {"voice_limit": count}}
        self._ask("POST", "/accounts", values)

    def account(self, name: str, provider: str = USUAL) -> dict[str, Any]:
        """Return the sandbox's state of an account."""
        state = self._ask("GET", "/state")
        found: dict[str, Any] = state["providers"][provider]["accounts"][name]
        return found

    def voices_called(self, name: str, account: str) -> int:
        """Count the account's own voices of that name."""
        return [voice["name"] for voice in self.account(account)["own_voices"]].count(name)

    def inworld_voices(self) -> list[dict[str, Any]]:
        """Return Inworld's full list without any fault."""
        request = urllib.request.Request(  # noqa: S310  (our own)
            f"{self.address}/inworld/voices/v1/voices",
            headers={"Authorization": "Basic sandbox-inworld-full"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            found: list[dict[str, Any]] = json.load(answer)["voices"]
        return found

    def show_inworld(self, voices: list[dict[str, Any]]) -> None:
        """Make Inworld list only these voices until faults are removed."""
        self.heal()
        values = {"voices": voices, "totalSize": len(voices), "nextPageToken": ""}
        path = "/voices/v1/voices"
        self.spoil("change_json", provider="inworld", path=path, times=0, values=values)

    def changes(self, account: str, provider: str = USUAL) -> tuple[int, int]:
        """Return how many voices were created and deleted in the account."""
        found = self.account(account, provider)
        return found["creates"], found["deletes"]

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310  (our own)
            f"{self.address}/_control{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            read: dict[str, Any] = json.load(answer)
        return read
