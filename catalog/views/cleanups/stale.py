"""List stale voices, and draw up a plan to delete them."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from catalog import policies
from catalog.forms.cleanups import SelectionForm, StaleFilterForm
from catalog.queries.cleanups.plans import find_plans
from catalog.queries.cleanups.stale import find_archived_voices, get_stale_page
from catalog.services.cleanups.plans import NothingToPlan, create_plan
from catalog.views.base.requests import Request, signed_in


@signed_in
@require_safe
def cleanup_list(request: Request) -> HttpResponseBase:
    return _show_list(request, request.GET)


@signed_in
@require_POST
def plan_create(request: Request) -> HttpResponseBase:
    form, now = SelectionForm(request.POST), timezone.now()
    if form.error:
        return _show_list(request, form.query, error=form.error)
    ids = form.voice_ids
    if form.is_from_list:
        wanted = StaleFilterForm(form.query)
        page = get_stale_page(
            request.user,
            request.team,
            now,
            section=wanted.section,
            rule=wanted.rule,
            provider=wanted.provider,
        )
        # Voices with an active Keep also match; the plan lists them but doesn't delete them.
        ids = [*(page.all_ids if form.is_all else ids), *page.kept_ids]
    try:
        plan = create_plan(request.user, team=request.team, voice_ids=ids, now=now)
    except NothingToPlan:
        words = (
            "None of these voices can be deleted now: they are kept, protected, in another plan, "
            "gone, or not yours."
        )
        return _show_list(request, form.query, error=words)
    return redirect("catalog:plan-detail", pk=plan.pk)


def _show_list(request: Request, query: QueryDict, error: str = "") -> HttpResponseBase:
    if not policies.may_delete_voices(request.user, request.team):
        raise PermissionDenied
    form = StaleFilterForm(query)
    page = get_stale_page(
        request.user,
        request.team,
        timezone.now(),
        section=form.section,
        rule=form.rule,
        provider=form.provider,
        page=form.page,
    )
    context = {
        "page": page,
        "plans": find_plans(request.user),
        "archived": find_archived_voices(request.user),
        "error": error,
        "cleanup_tab": {"list": True},
    }
    return render(request, "catalog/cleanups/list.html", context, status=422 if error else 200)
