"""Provider accounts: our copy of their voices, and syncing it."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from catalog import policies
from catalog.models import ProviderAccount
from catalog.queries.credentials import find_account_statuses
from catalog.services.credentials.keys import request_sync
from catalog.views.base.requests import Request, render_part, signed_in


@signed_in
@require_safe
def account_list(request: Request) -> HttpResponseBase:
    statuses = find_account_statuses(request.user, timezone.now())
    return render_part(
        request,
        page="catalog/accounts/list.html",
        part="catalog/accounts/_accounts.html",
        context={
            "statuses": statuses,
            "is_running": any(row.is_running for row in statuses),
            "may_change_owner": policies.may_change_owner(request.user, request.team),
            "may_sync": policies.may_sync(request.user, request.team),
        },
    )


@signed_in
@require_POST
def account_sync(request: Request, pk: int) -> HttpResponseBase:
    account = get_object_or_404(ProviderAccount.objects.visible_to(request.user), pk=pk)
    request_sync(request.user, account=account, now=timezone.now())
    messages.success(request, f"Syncing voices from {account.info.label}.")
    return redirect("catalog:credential-list")
