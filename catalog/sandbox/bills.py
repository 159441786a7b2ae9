"""An account's bill: an entry for each call that was charged, whatever became of its answer."""

import secrets
from collections.abc import Iterable
from typing import Any, Protocol

from catalog.sandbox.store import Store

_SHELF = "bill"


class _Account(Protocol):
    """What has a bill."""

    shelf: str
    store: Store

    def now(self) -> float: ...


def bill_speech(account: _Account, voice_id: str, text: str) -> None:
    """Charge the characters of a text."""
    entry = {"kind": "speech", "unit": "characters", "quantity": len(text), "text": text}
    _add(account, {**entry, "voice_id": voice_id})


def bill_clone(account: _Account, voice_id: str, name: str) -> None:
    """Charge a new voice."""
    entry = {"kind": "clone", "unit": "voices", "quantity": 1, "text": name}
    _add(account, {**entry, "voice_id": voice_id})


def read_bill(store: Store, shelf: str) -> dict[str, Any]:
    """Return the entries of an account, oldest first, and what they add up to."""
    entries = list(store.find(shelf, _SHELF).values())
    return {
        "characters": _add_up(entries, "characters"),
        "voices": _add_up(entries, "voices"),
        "entries": entries,
    }


def _add(account: _Account, entry: dict[str, Any]) -> None:
    at = account.now()
    account.store.put(account.shelf, _SHELF, secrets.token_hex(12), {"at": at, **entry})


def _add_up(entries: Iterable[dict[str, Any]], unit: str) -> int:
    return sum(entry["quantity"] for entry in entries if entry["unit"] == unit)
