"""Reads what an account at StepFun has left to spend.

https://platform.stepfun.com/docs/zh/api-reference/accounts/get
"""

from catalog.providers.lenient_json import LenientJson


def is_out_of_credit(account: LenientJson) -> bool:
    """Tell whether the account plainly says that nothing is left to spend.

    Only a prepaid account can run out: a postpaid one is billed afterwards, and its balance may be
    zero or below. Vouchers pay as well, and are counted apart from the balance.
    """
    if account.line("type", 40).lower() != "prepaid":
        return False
    balance, vouchers = account.amount("balance"), account.amount("total_voucher_balance")
    if balance is None or account.faults:
        return False
    return balance <= 0 and (vouchers or 0) <= 0
