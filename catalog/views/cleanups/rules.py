"""The page where a team's admins set the cleanup rules."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from catalog import policies
from catalog.forms.cleanups import RulesForm
from catalog.models.cleanups.rules import rules_of
from catalog.services.cleanups.rules import change_rules
from catalog.views.base.requests import Request, signed_in


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def cleanup_rules(request: Request) -> HttpResponseBase:
    if not policies.may_delete_voices(request.user, request.team):
        raise PermissionDenied
    if request.method != "POST":
        return _show(request, RulesForm(instance=rules_of(request.team)), 200)
    form = RulesForm(request.POST, instance=rules_of(request.team))
    if not form.is_valid():
        return _show(request, form, 422)
    change_rules(request.user, team=request.team, values=form.cleaned_data, now=timezone.now())
    messages.success(request, "Rules saved.")
    return redirect("catalog:cleanup-rules")


def _show(request: Request, form: RulesForm, status: int) -> HttpResponseBase:
    context = {"form": form, "cleanup_tab": {"rules": True}}
    return render(request, "catalog/cleanups/rules.html", context, status=status)
