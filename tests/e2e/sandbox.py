"""Talk to the sandbox behind the product's back: spoil its calls, and see what it holds."""

import json
import urllib.request
from dataclasses import dataclass
from typing import Any

ADD_VOICE = {"method": "POST", "path": "/v1/voices/add"}


@dataclass(frozen=True)
class SandboxControl:
    """The control interface of a sandbox that runs."""

    address: str

    def spoil(self, fault: str, **details: Any) -> None:
        """Let the next call that fits go wrong."""
        self._ask("POST", "/faults", {"provider": "elevenlabs", "fault": fault, **details})

    def heal(self) -> None:
        """Drop all faults that still wait."""
        self._ask("DELETE", "/faults")

    def has_taken(self, fault: str) -> bool:
        """Return whether no fault of this kind waits any more: a call has met it."""
        waiting = self._ask("GET", "/faults")["faults"]
        return fault not in [each["fault"] for each in waiting]

    def account(self, name: str, provider: str = "elevenlabs") -> dict[str, Any]:
        """Return what the sandbox knows of an account."""
        state = self._ask("GET", "/state")
        found: dict[str, Any] = state["providers"][provider]["accounts"][name]
        return found

    def voices_called(self, name: str, account: str) -> int:
        """Count the account's own voices of that name."""
        return [voice["name"] for voice in self.account(account)["own_voices"]].count(name)

    def inworld_voices(self) -> list[dict[str, Any]]:
        """Return Inworld's whole list as it stands before any fault."""
        request = urllib.request.Request(  # noqa: S310  (our own)
            f"{self.address}/inworld/voices/v1/voices",
            headers={"Authorization": "Basic sandbox-inworld-full"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            found: list[dict[str, Any]] = json.load(answer)["voices"]
        return found

    def show_inworld(self, voices: list[dict[str, Any]]) -> None:
        """Let Inworld list these, and nothing else, until it is healed."""
        self.heal()
        values = {"voices": voices, "totalSize": len(voices), "nextPageToken": ""}
        path = "/voices/v1/voices"
        self.spoil("change_json", provider="inworld", path=path, times=0, values=values)

    def changes(self, account: str, provider: str = "elevenlabs") -> tuple[int, int]:
        """Return how many voices were made and deleted in the account."""
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
