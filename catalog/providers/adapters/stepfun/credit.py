"""Reads the remaining credit of a StepFun account.

https://platform.stepfun.com/docs/zh/api-reference/accounts/get
"""

from catalog.providers.lenient_json import LenientJson


def is_out_of_credit(account: LenientJson) -> bool:
    """Return whether the account clearly has no credit left.

    Only prepaid accounts can run out: postpaid ones are billed later, and their balance may be zero
    or negative. Vouchers count too, and are separate from the balance.
    """
    if account.line("type", 40).lower() != "prepaid":
        return False
    balance, vouchers = account.amount("balance"), account.amount("total_voucher_balance")
    if balance is None or account.faults:
        return False
    return balance <= 0 and (vouchers or 0) <= 0
