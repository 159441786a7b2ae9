"""The overview of voices and plans that expire, of announced ends, and of free slots."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from catalog import policies
from catalog.forms.evacuations import EndForm
from catalog.models import EndNotice, ProviderAccount
from catalog.policies.evacuations import may_announce_end
from catalog.queries.cleanups.expiry import get_end_board
from catalog.services.evacuations.notices import KnownEnd, announce_end, withdraw_end
from catalog.views.base.requests import Request, signed_in


@signed_in
@require_safe
def expiry_list(request: Request) -> HttpResponseBase:
    return _show(request, EndForm(accounts=_find_accounts(request)))


def _show(request: Request, form: EndForm, status: int = 200) -> HttpResponseBase:
    context = {
        "board": get_end_board(request.user, timezone.now()),
        "cleanup_tab": {"ends": True},
        "is_admin": policies.may_delete_voices(request.user, request.team),
        "may_clone": policies.may_clone(request.user, request.team),
        "form": form,
    }
    return render(request, "catalog/cleanups/expiry.html", context, status=status)


@signed_in
@require_POST
def end_announce(request: Request) -> HttpResponseBase:
    """Store that a provider or an account ends, or deletes unused clones."""
    if not may_announce_end(request.user, request.team):
        raise PermissionDenied
    form = EndForm(request.POST, accounts=_find_accounts(request))
    if not form.is_valid():
        return _show(request, form, status=422)
    end = KnownEnd(
        provider=form.provider,
        account=form.account,
        ends_on=form.last_day,
        unused_days=form.cleaned_data["unused_days"],
        note=form.cleaned_data["note"],
    )
    announce_end(request.user, team=request.team, end=end, now=timezone.now())
    return redirect("catalog:expiry-list")


@signed_in
@require_POST
def end_withdraw(request: Request, pk: int) -> HttpResponseBase:
    notice = get_object_or_404(EndNotice.objects.visible_to(request.user), pk=pk)
    withdraw_end(request.user, notice=notice, now=timezone.now())
    return redirect("catalog:expiry-list")


def _find_accounts(request: Request) -> list[ProviderAccount]:
    rows = ProviderAccount.objects.visible_to(request.user)
    return list(rows.filter(team=request.team).order_by("provider", "pk"))
