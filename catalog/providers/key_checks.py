"""The result of a key check: its account and permissions, as far as the provider reports them."""

from dataclasses import dataclass

from catalog.providers.types import PermissionState


@dataclass(frozen=True, slots=True)
class Slots:
    """How many own voices the account holds and can hold; ``limit`` is None if unknown."""

    used: int
    limit: int | None = None

    @property
    def left(self) -> int | None:
        """Free slots, or None if the provider reports no limit."""
        return None if self.limit is None else max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class CredentialCheck:
    """Which account a key belongs to, and what it may do.

    ``account_ref`` identifies the provider account, "" if the provider doesn't report it.
    ``problem`` is "" if everything works, else one sentence for the user.
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
