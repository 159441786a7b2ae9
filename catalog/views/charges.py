"""Spending: what was charged in a month, unclear calls, the limits, and an export."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from catalog import policies
from catalog.forms.budgets import BudgetForm, ChargeDecisionForm, read_month
from catalog.models import Budget, Charge
from catalog.policies.budgets import may_read_all_charges, may_set_budgets, may_settle_charges
from catalog.queries.budgets import find_first_limit, find_limits, find_team_budgets, month_of
from catalog.queries.charges import (
    CSV_COLUMNS,
    find_spending_months,
    find_unclear_charges,
    find_unused_slots,
    report_spending,
)
from catalog.queries.teams import find_members
from catalog.services.budgets import BudgetParams, set_budget
from catalog.services.charges import AlreadySettled, decide_charge, export_charges
from catalog.views.base.downloads import send_rows
from catalog.views.base.requests import Request, signed_in


@signed_in
@require_safe
def charge_list(request: Request) -> HttpResponseBase:
    return _show_spending(request)


def _show_spending(
    request: Request,
    form: BudgetForm | None = None,
    *,
    status: int = 200,
    refused: tuple[Charge, ChargeDecisionForm] | None = None,
) -> HttpResponseBase:
    user, team, now = request.user, request.team, timezone.now()
    months = find_spending_months(user, now)
    asked = f"{month_of(refused[0].charged_at):%Y-%m}" if refused else request.GET.get("month", "")
    month = read_month(asked, months)
    limits = find_limits(user, team, now)
    may_set = may_set_budgets(user, team)
    context: dict[str, Any] = {
        "report": report_spending(user, month, now),
        "months": months,
        "month": month,
        "limits": limits,
        "first_limit": find_first_limit(limits, Charge.Unit.CHARACTERS),
        "first_clone_limit": find_first_limit(limits, Charge.Unit.VOICES),
        "unclear": find_unclear_charges(user, month) if may_settle_charges(user, team) else [],
        "refused": refused,
        "slots": find_unused_slots(user),
        "sees_all": may_read_all_charges(user, team),
        "may_read_log": policies.may_read_log(user, team),
        "may_set": may_set,
        "budgets": find_team_budgets(user) if may_set else [],
        "form": form or (BudgetForm(members=find_members(user)) if may_set else None),
    }
    return render(request, "catalog/charges/list.html", context, status=status)


@signed_in
@require_POST
def charge_export(request: Request) -> HttpResponseBase:
    now = timezone.now()
    month = read_month(request.POST.get("month", ""), find_spending_months(request.user, now))

    def find_rows() -> Any:
        return export_charges(request.user, team=request.team, month=month, now=now)

    return send_rows(find_rows, CSV_COLUMNS, name=f"voiceboard-spending-{month:%Y-%m}", form="csv")


@signed_in
@require_POST
def budget_set(request: Request) -> HttpResponseBase:
    if not may_set_budgets(request.user, request.team):
        raise PermissionDenied
    form = BudgetForm(request.POST, members=find_members(request.user))
    if not form.is_valid():
        return _show_spending(request, form, status=422)
    values, person = form.cleaned_data, form.chosen_person
    scope = Budget.Scope.PERSON if person else values["whose"]
    params = BudgetParams(scope, values["unit"], values["warn_at"], values["most"], person)
    set_budget(request.user, team=request.team, params=params, now=timezone.now())
    return redirect("catalog:charge-list")


@signed_in
@require_POST
def charge_settle(request: Request, pk: int) -> HttpResponseBase:
    charge = get_object_or_404(Charge.objects.visible_to(request.user), pk=pk)
    if not may_settle_charges(request.user, request.team):
        raise PermissionDenied
    form = ChargeDecisionForm(request.POST)
    if not form.is_valid():
        return _show_spending(request, status=422, refused=(charge, form))
    values = form.cleaned_data
    is_charged, reason = values["decision"] == "charged", values["reason"]
    try:
        decide_charge(
            request.user, charge=charge, is_charged=is_charged, reason=reason, now=timezone.now()
        )
    except AlreadySettled:
        messages.info(request, "This call is settled already.")
    address = reverse("catalog:charge-list")
    return redirect(f"{address}?month={month_of(charge.charged_at):%Y-%m}#month")
