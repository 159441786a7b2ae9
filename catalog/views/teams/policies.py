"""Policies: what a team allows, for everyone to read and for admins to change."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from catalog import policies
from catalog.forms.teams import PolicyForm
from catalog.policies.budgets import may_change_policy
from catalog.providers.registry import all_infos
from catalog.queries.teams import get_team_policy
from catalog.services.teams.policies import change_policy
from catalog.views.base.requests import Request, signed_in


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def team_policies(request: Request) -> HttpResponseBase:
    policy = get_team_policy(request.team)
    may_change = may_change_policy(request.user, request.team)
    form = PolicyForm(request.POST if request.method == "POST" else None, policy=policy)
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        if form.is_valid():
            values = form.values
            change_policy(request.user, team=request.team, values=values, now=timezone.now())
            messages.success(request, "The team's policies were changed.")
            return redirect("catalog:team-policies")
    context = {
        "policy": policy,
        "form": form,
        "may_change": may_change,
        "blocked": [info for info in all_infos() if policy.forbid_provider(info)],
        "may_read_log": policies.may_read_log(request.user, request.team),
    }
    status = 422 if form.is_bound else 200
    return render(request, "catalog/teams/policies.html", context, status=status)
