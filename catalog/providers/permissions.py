"""Find out a key's permissions with harmless calls, for providers that don't report them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from catalog.providers import errors
from catalog.providers.key_checks import CredentialCheck
from catalog.providers.types import PermissionState

# Permissions are checked before the request's content, so these statuses prove write access.
_SAYS_WHAT_IS_WRONG = (400, 404, 409, 422)
# A form without any field: without name and recording, no voice can be made.
EMPTY_FORM: dict[str, Any] = {
    "content": b"--voiceboard--\r\n",
    "headers": {"Content-Type": "multipart/form-data; boundary=voiceboard"},
}


def try_permissions(
    list_own: Callable[[], str], write_nothing: Callable[[], object]
) -> CredentialCheck:
    """Return what two calls show about a key; raises the first one's error if the key is invalid.

    ``list_own`` lists voices and returns the account's reference, "" if unknown. ``write_nothing``
    requests a clone without the required data.
    """
    found = _Findings()
    found.ask_for_list(list_own)
    found.ask_for_writing(write_nothing)
    return CredentialCheck(
        account_ref=found.reference,
        can_list=found.can_list,
        can_preview=found.can_list,
        can_clone=found.can_write,
        can_delete=found.can_write,
        missing_permissions=tuple(found.missing),
        is_out_of_credit=found.is_out_of_credit,
        problem=" ".join(dict.fromkeys(found.problems)),
    )


@dataclass(slots=True)
class _Findings:
    reference: str = ""
    can_list: PermissionState = PermissionState.UNKNOWN
    can_write: PermissionState = PermissionState.UNKNOWN
    missing: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    is_out_of_credit: bool = False

    def ask_for_list(self, list_own: Callable[[], str]) -> None:
        try:
            self.reference = list_own()
        except errors.PermissionMissing as exc:
            self.can_list = PermissionState.NO
            self.missing.append(exc.permission or "read")
            self.problems.append(exc.message)
        except errors.OutOfCredit as exc:
            self._note_credit(exc)
        except errors.RequestRejected as exc:
            # Without a code, the error comes from a proxy rather than the provider.
            if not exc.code:
                raise
            # For example an unpaid invoice: the key is fine, the account isn't.
            self.problems.append(exc.message)
        else:
            self.can_list = PermissionState.YES

    def ask_for_writing(self, write_nothing: Callable[[], object]) -> None:
        try:
            write_nothing()
        except errors.CredentialRejected as exc:
            # The key itself is valid, or the listing would have failed.
            self.can_write = PermissionState.NO
            self.missing.append(getattr(exc, "permission", "") or "write")
            words = "This key can't create, change, or delete voices."
            self.problems.append(f"{words} {exc.message}")
        except errors.OutOfCredit as exc:
            self._note_credit(exc)
        except errors.RequestRejected as exc:
            if exc.code and exc.status in _SAYS_WHAT_IS_WRONG:
                self.can_write = PermissionState.YES
        except errors.TryLater:
            return

    def _note_credit(self, exc: errors.OutOfCredit) -> None:
        self.is_out_of_credit = True
        self.problems.append(exc.message)
