"""What a provider tells of the use of voices, where it keeps a history of that."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class RemoteUse:
    """A voice was spoken with at its provider, by whatever program."""

    remote_id: str
    at: datetime


@runtime_checkable
class UsageSource(Protocol):
    """An adapter whose provider tells of uses; its ``info`` says ``tells_uses``."""

    def uses(self, since: datetime | None = None) -> Iterator[RemoteUse]:
        """Return the uses since then, newest first; raises PermissionMissing."""
