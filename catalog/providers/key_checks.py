"""What a key opens and may do, as far as its provider tells."""

from dataclasses import dataclass

from catalog.providers.types import PermissionState


@dataclass(frozen=True, slots=True)
class Slots:
    """How many voices of one's own the account may hold; ``limit`` is None where not told."""

    used: int
    limit: int | None = None

    @property
    def left(self) -> int | None:
        """Slots still free, or None where the provider names no limit."""
        return None if self.limit is None else max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class CredentialCheck:
    """What a key opens and may do.

    ``account_ref`` identifies the provider account, or is "" where the provider does not tell it.
    ``problem`` is "" when everything works, else one sentence for the person.
    """

    account_ref: str = ""
    account_label: str = ""
    can_list: PermissionState = PermissionState.UNKNOWN
    can_preview: PermissionState = PermissionState.UNKNOWN
    can_clone: PermissionState = PermissionState.UNKNOWN
    can_delete: PermissionState = PermissionState.UNKNOWN
    missing_permissions: tuple[str, ...] = ()
    is_out_of_credit: bool = False
    slots: Slots | None = None
    problem: str = ""
