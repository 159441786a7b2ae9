"""Usage history of voices, for providers that keep one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

# A longer history is only read this far back, and the page says so.
LONGEST_HISTORY = 50_000


@dataclass(frozen=True, slots=True)
class RemoteUse:
    """One use of a voice at its provider, by any program."""

    remote_id: str
    at: datetime
    ref: str = ""  # the entry's id in the history
    charged: int | None = None  # characters or credits, if known


@runtime_checkable
class UsageSource(Protocol):
    """An adapter with a usage history; its ``info`` sets ``tells_uses``."""

    def uses(self, since: datetime | None = None) -> Iterator[RemoteUse]:
        """Return the uses since then, newest first; raises PermissionMissing."""
