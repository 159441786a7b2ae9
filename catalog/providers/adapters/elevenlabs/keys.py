"""Check which account an ElevenLabs key belongs to, and what it may do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from catalog.providers import errors
from catalog.providers.key_checks import CredentialCheck, Slots
from catalog.providers.lenient_json import LenientJson
from catalog.providers.types import PermissionState

_NO_PLAN_FOR_CLONES = {"paid_plan_required", "can_not_use_instant_voice_cloning"}


@dataclass(slots=True)
class KeyReport:
    """What is known about a key so far; every request adds to it."""

    account_ref: str = ""
    account_label: str = ""
    can_list: PermissionState = PermissionState.UNKNOWN
    can_clone: PermissionState = PermissionState.UNKNOWN
    can_delete: PermissionState = PermissionState.UNKNOWN
    missing: list[str] = field(default_factory=list)
    is_out_of_credit: bool = False
    slots: Slots | None = None
    problems: list[str] = field(default_factory=list)

    def ask_for_list(self, ask: Callable[[], object]) -> None:
        """Record whether the key may list voices; raises for an invalid key."""
        try:
            ask()
        except errors.PermissionMissing as exc:
            self.can_list = PermissionState.NO
            self._lack(exc, "voices_read", "This key can't list voices")
        except errors.OutOfCredit as exc:
            self._note_credit(exc.message)
        except errors.RequestRejected as exc:
            # For example an unpaid invoice: the key is fine, the account isn't.
            if not exc.code:
                raise
            self.problems.append(exc.message)
        else:
            self.can_list = PermissionState.YES

    def ask_for_account(self, ask: Callable[[], dict[str, Any]]) -> None:
        """Record whose account it is; a key without this permission is still usable."""
        try:
            user = LenientJson(ask())
        except errors.CredentialRejected as exc:
            # The key itself is valid, or listing voices would have failed.
            self._lack(exc, "user_read", "This key can't read the account's slots")
            return
        except errors.RequestRejected:
            return
        self.account_ref = user.line("workspace_id", 200) or user.line("user_id", 200)
        self.account_label = user.line("first_name", 80)

    def ask_for_subscription(self, ask: Callable[[], dict[str, Any]]) -> None:
        """Record what the plan still allows."""
        try:
            plan = LenientJson(ask())
        except (errors.CredentialRejected, errors.RequestRejected):
            return
        tier = plan.line("tier", 40)
        if tier:
            self.account_label = f"{self.account_label} ({tier})".strip()
        self._judge_credit(plan)
        self._judge_slots(plan)
        if plan.flag("can_use_instant_voice_cloning") is False:
            self._deny_plan()

    def ask_for_writing(self, ask: Callable[[], object]) -> None:
        """Record whether the key may create and delete voices, judged by an incomplete request."""
        try:
            ask()
        except errors.PermissionMissing as exc:
            self.can_clone = self.can_delete = PermissionState.NO
            self._lack(exc, "voices_write", "This key can't create or delete voices")
        except errors.CredentialRejected:
            return
        except errors.RequestRejected as exc:
            self._judge_refusal(exc)
        except errors.TryLater:
            return

    def conclude(self) -> CredentialCheck:
        """Return the result."""
        return CredentialCheck(
            account_ref=self.account_ref,
            account_label=self.account_label,
            can_list=self.can_list,
            # A preview is a URL from the list, or a sample that any key with list access can fetch.
            can_preview=self.can_list,
            can_clone=self.can_clone,
            can_delete=self.can_delete,
            missing_permissions=tuple(self.missing),
            is_out_of_credit=self.is_out_of_credit,
            slots=self.slots,
            problem=" ".join(self.problems),
        )

    def _judge_credit(self, plan: LenientJson) -> None:
        used, limit = plan.count("character_count"), plan.count("character_limit")
        if used is None or limit is None:
            return
        # Accounts with usage-based billing may exceed the limit, up to a number or without end.
        is_endless = plan.line("max_credit_limit_extension", 20) == "unlimited"
        extension = 0 if is_endless else plan.count("max_credit_limit_extension") or 0
        if not is_endless and used >= limit + extension:
            self._note_credit(f"The account is out of credit: {used:,} of {limit:,} are used.")

    def _judge_slots(self, plan: LenientJson) -> None:
        self.slots = read_slots(plan)
        if self.slots is not None and self.slots.left == 0:
            self.problems.append(f"All {self.slots.limit:,} voice slots are in use.")
        edits, most = plan.count("voice_add_edit_counter"), plan.count("max_voice_add_edits")
        if edits is not None and most is not None and edits >= most:
            self.problems.append(f"All {most:,} voice changes in this billing period are used up.")

    def _judge_refusal(self, exc: errors.RequestRejected) -> None:
        if exc.code in _NO_PLAN_FOR_CLONES:
            self.can_delete = PermissionState.YES
            self._deny_plan()
        elif exc.status in (400, 422):
            self.can_delete = PermissionState.YES
            if self.can_clone is PermissionState.UNKNOWN:
                self.can_clone = PermissionState.YES

    def _deny_plan(self) -> None:
        self.can_clone = PermissionState.NO
        reason = "The account's plan doesn't include voice cloning."
        if reason not in self.problems:
            self.problems.append(reason)

    def _note_credit(self, words: str) -> None:
        if not self.is_out_of_credit:
            self.is_out_of_credit = True
            self.problems.append(words)

    def _lack(self, exc: errors.CredentialRejected, usual: str, words: str) -> None:
        permission = getattr(exc, "permission", "") or usual
        self.missing.append(permission)
        self.problems.append(f"{words}. Missing permission: {permission}.")


def read_slots(subscription: LenientJson) -> Slots | None:
    """Return the slots in a subscription, None if it doesn't contain them."""
    used = subscription.count("voice_slots_used")
    return None if used is None else Slots(used, subscription.count("voice_limit"))
