"""Saved searches: save, change, and remove them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import policies
from catalog.forms.base.text_fields import complaint_about
from catalog.forms.searches import QueryForm, SearchForm, canonical_query
from catalog.models import SavedSearch
from catalog.queries.preferences import find_searches
from catalog.services.searches import (
    change_search,
    remove_search,
    restore_search,
    save_search,
)
from catalog.views.base.requests import Request, render_part, signed_in


@signed_in
@require_safe
def search_list(request: Request) -> HttpResponseBase:
    searches = find_searches(request.user)
    changeable = {
        search.pk for search in searches if policies.may_change_search(request.user, search)
    }
    context = {"searches": searches, "changeable": changeable}
    return render(request, "catalog/searches/list.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def search_add(request: Request) -> HttpResponseBase:
    posted = request.POST if request.method == "POST" else None
    query = canonical_query(request.META.get("QUERY_STRING", ""))
    form = SearchForm(posted, initial={"query": query})
    if not form.is_bound or not form.is_valid():
        return _show_form(request, form)
    search = save_search(
        request.user,
        team=request.team,
        name=form.cleaned_data["name"],
        query=form.cleaned_data["query"],
        is_shared=form.is_shared,
        now=timezone.now(),
    )
    messages.success(request, f"Search saved as {search.name}.")
    return _open(search)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def search_change(request: Request, pk: int) -> HttpResponseBase:
    search = _get_search(request, pk)
    posted = request.POST if request.method == "POST" else None
    whose = "team" if search.is_shared else "own"
    initial = {"name": search.name, "whose": whose, "query": search.query}
    form = SearchForm(posted, initial=initial)
    if not form.is_bound or not form.is_valid():
        return _show_form(request, form, search)
    change_search(
        request.user,
        search=search,
        name=form.cleaned_data["name"],
        query=form.cleaned_data["query"],
        is_shared=form.is_shared,
        now=timezone.now(),
    )
    messages.success(request, f"Search {search.name} saved.")
    return _open(search)


@signed_in
@require_POST
def search_update(request: Request, pk: int) -> HttpResponseBase:
    """Replace the saved search's query with the current one."""
    search, form = _get_search(request, pk), QueryForm(request.POST)
    if not form.is_valid():
        messages.error(request, complaint_about(form, "This search is too long to save."))
        return _open(search)
    change_search(
        request.user,
        search=search,
        name=search.name,
        query=form.cleaned_data["query"],
        is_shared=search.is_shared,
        now=timezone.now(),
    )
    messages.success(request, f"Search {search.name} saved.")
    return _open(search)


@signed_in
@require_POST
def search_remove(request: Request, pk: int) -> HttpResponseBase:
    search = _get_search(request, pk)
    remove_search(request.user, search=search, now=timezone.now())
    undo = reverse("catalog:search-restore", args=[pk])
    messages.success(request, f"The search {search.name} was removed.", extra_tags=undo)
    return redirect("catalog:search-list")


@signed_in
@require_POST
def search_restore(request: Request, pk: int) -> HttpResponseBase:
    restore_search(request.user, search=_get_search(request, pk), now=timezone.now())
    return redirect("catalog:search-list")


def _open(search: SavedSearch) -> HttpResponseBase:
    return redirect(f"{reverse('catalog:voice-list')}?{search.query}&saved={search.pk}")


def _show_form(
    request: Request, form: SearchForm, search: SavedSearch | None = None
) -> HttpResponseBase:
    return render_part(
        request,
        page="catalog/searches/form.html",
        part="catalog/searches/_form.html",
        context={
            "form": form,
            "search": search,
            "may_share": policies.may_share_with_team(request.user, request.team),
        },
        status=422 if form.is_bound else 200,
    )


def _get_search(request: Request, pk: int) -> SavedSearch:
    rows = SavedSearch.objects.visible_to(request.user).select_related("team")
    search = get_object_or_404(rows, pk=pk)
    if not policies.may_change_search(request.user, search):
        raise PermissionDenied
    return search
