"""What a key may do, found out by harmless calls where no page of the provider tells it."""

from collections.abc import Callable
from typing import Any

from catalog.providers import errors
from catalog.providers.key_checks import CredentialCheck
from catalog.providers.types import Answer

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
    reference, can_list, out_of_credit = "", Answer.YES, False
    problems, missing = [], []
    try:
        reference = list_own()
    except errors.PermissionMissing as exc:
        can_list = Answer.NO
        missing.append(exc.permission or "read")
        problems.append(exc.message)
    can_write = Answer.UNKNOWN
    try:
        write_nothing()
    except errors.CredentialRejected as exc:
        # The key itself is good, or the listing would have failed.
        can_write = Answer.NO
        missing.append(getattr(exc, "permission", "") or "write")
        problems.append(f"This key may not make, change or delete voices. {exc.message}")
    except errors.OutOfCredit as exc:
        out_of_credit = True
        problems.append(exc.message)
    except errors.RequestRejected as exc:
        # Without a code it is not the provider who speaks, but something on the way there.
        if exc.code and exc.status in _SAYS_WHAT_IS_WRONG:
            can_write = Answer.YES
    except errors.TryLater:
        pass
    return CredentialCheck(
        account_ref=reference,
        can_list=can_list,
        can_preview=can_list,
        can_clone=can_write,
        can_delete=can_write,
        missing_permissions=tuple(missing),
        is_out_of_credit=out_of_credit,
        problem=" ".join(problems),
    )
