"""The keys that the sandbox accepts, and their accounts.

``sandbox-<slug>-full`` may do everything, ``sandbox-<slug>-readonly`` may not create, change, or
delete, ``sandbox-<slug>-broke`` has neither credit nor slots left, ``sandbox-<slug>-empty`` has no
voices of its own. With ``-2``, ``-3`` and so on behind it, a key opens another account of the same
kind. With ``-member2`` and so on at the end, it is the key of another member of the account's
workspace, where the provider has such.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

_SHAPE = re.compile(
    r"sandbox-(?P<slug>[a-z0-9]+)-(?P<kind>full|readonly|broke|empty)(?:-(?P<no>\d{1,4}))?"
    r"(?:-member(?P<member>[1-9]))?"
)


class AccountKind(StrEnum):
    """The kinds of sandbox accounts."""

    FULL = "full"
    READONLY = "readonly"
    BROKE = "broke"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class AccountName:
    """The account of a key, and the member it belongs to."""

    kind: AccountKind
    number: int = 1
    member: int = 1

    @classmethod
    def from_key(cls, slug: str, key: str) -> Self | None:
        """Return the account of a provider's key, or None if the key is invalid."""
        found = _SHAPE.fullmatch(key)
        if found is None or found["slug"] != slug:
            return None
        kind, number, member = found["kind"], int(found["no"] or 1), int(found["member"] or 1)
        return cls(AccountKind(kind), number, member)

    def __str__(self) -> str:
        return self.kind if self.number == 1 else f"{self.kind}-{self.number}"
