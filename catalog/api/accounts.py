"""Accounts at providers: their voices, slots, and syncs. Nothing of a key is ever sent."""

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from catalog.api.endpoints import Answer, ApiCall, endpoint
from catalog.api.pages import cut_list
from catalog.api.parameters import NoParams, PageParams
from catalog.models import ProviderAccount
from catalog.models.tokens import Scope
from catalog.queries.credentials import AccountStatus, find_account_statuses
from catalog.services.credentials.keys import request_sync


class AccountInfo(Answer):
    """An account at a provider. ``has_key`` is false if no key reaches it anymore."""

    id: int
    provider: str
    label: str
    is_shared: bool
    has_key: bool
    voice_count: int
    archived_count: int
    slots_used: int | None
    slots_limit: int | None
    synced_at: datetime | None
    is_syncing: bool
    sync_error: str | None
    sync_warning: str | None


class AccountList(Answer):
    """A page of accounts, by provider."""

    data: list[AccountInfo]
    next_cursor: str | None


@endpoint(
    "GET", "accounts", tag="Accounts", scope=Scope.READ, answer=AccountList, params=PageParams
)
def list_accounts(call: ApiCall[PageParams]) -> AccountList:
    """List the accounts at providers whose voices you can see."""
    start = {status.account: status for status in find_account_statuses(call.user, call.now)}
    shown, cursor = cut_list(call, list(start))
    return AccountList(data=[_describe(start[each]) for each in shown], next_cursor=cursor)


@endpoint(
    "POST",
    "accounts/<row:account_id>/sync",
    tag="Accounts",
    scope=Scope.WRITE,
    answer=None,
    statuses=(202,),
)
def sync_account(call: ApiCall[NoParams], account_id: int) -> HttpResponse:
    """Fetch an account's voices from its provider soon; synced_at tells when it's done."""
    account = get_object_or_404(ProviderAccount.objects.visible_to(call.user), pk=account_id)
    request_sync(call.user, account=account, now=call.now)
    return HttpResponse(status=202)


def _describe(status: AccountStatus) -> AccountInfo:
    account = status.account
    return AccountInfo(
        id=account.pk,
        provider=account.provider,
        label=account.label,
        is_shared=account.is_shared,
        has_key=account.has_key,  # type: ignore[attr-defined]
        voice_count=status.listed_count,
        archived_count=status.archived_count,
        slots_used=account.slots_used,
        slots_limit=account.slots_limit,
        synced_at=account.synced_at,
        is_syncing=status.is_running,
        sync_error=account.sync_error or None,
        sync_warning=status.warning or None,
    )
