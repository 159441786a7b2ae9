"""What a key may do, found out by harmless calls where no page of the provider tells it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from catalog.providers import errors
from catalog.providers.key_checks import CredentialCheck
from catalog.providers.types import PermissionState

# Whoever may not write is told so before anybody looks at what was sent.
_SAYS_WHAT_IS_WRONG = (400, 404, 409, 422)
# A form without any field: neither name nor recording, so nothing can be made of it.
EMPTY_FORM: dict[str, Any] = {
    "content": b"--voiceboard--\r\n",
    "headers": {"Content-Type": "multipart/form-data; boundary=voiceboard"},
}


def try_permissions(
    list_own: Callable[[], str], write_nothing: Callable[[], object]
) -> CredentialCheck:
    """Return what two calls tell of a key; raises what the first does if the key opens nothing.

    ``list_own`` lists voices and returns the account's reference, "" where that is not told.
    ``write_nothing`` asks for a clone without anything that one could be made of.
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
            # Without a code it is not the provider who speaks, but something on the way there.
            if not exc.code:
                raise
            # An unpaid invoice, for example: the key is good, the account is not.
            self.problems.append(exc.message)
        else:
            self.can_list = PermissionState.YES

    def ask_for_writing(self, write_nothing: Callable[[], object]) -> None:
        try:
            write_nothing()
        except errors.CredentialRejected as exc:
            # The key itself is good, or the listing would have failed.
            self.can_write = PermissionState.NO
            self.missing.append(getattr(exc, "permission", "") or "write")
            words = "This key may not make, change or delete voices."
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
