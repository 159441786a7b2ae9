"""Links for outsiders: make, list, and revoke them, and see the votes."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import policies
from catalog.forms.shares import ShareForm
from catalog.models import Collection, Comparison, Share
from catalog.queries.shares import find_outside_votes, find_shares, is_share_open, may_revoke_share
from catalog.services.shares import ShareRequest, make_share, revoke_share
from catalog.views.base.requests import Request, signed_in


@signed_in
@require_safe
def share_list(request: Request) -> HttpResponseBase:
    now = timezone.now()
    rows = [(share, is_share_open(share, now)) for share in find_shares(request.user)]
    return render(request, "catalog/shares/list.html", {"rows": rows})


@signed_in
@require_safe
def share_detail(request: Request, pk: int) -> HttpResponseBase:
    share = _get_share(request, pk)
    context = {
        "share": share,
        "target": share.collection or share.comparison,
        "is_open": is_share_open(share, timezone.now()),
        "rounds": find_outside_votes(share),
        "may_revoke": may_revoke_share(request.user, share),
    }
    return render(request, "catalog/shares/detail.html", context)


@signed_in
@require_POST
def share_revoke(request: Request, pk: int) -> HttpResponseBase:
    revoke_share(request.user, share=_get_share(request, pk), now=timezone.now())
    messages.success(request, "The link no longer works.")
    return redirect("catalog:share-detail", pk)


@never_cache
@sensitive_post_parameters()
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def collection_share(request: Request, pk: int) -> HttpResponseBase:
    rows = Collection.objects.visible_to(request.user).kept().select_related("team")
    collection = get_object_or_404(rows, pk=pk)
    above = (reverse("catalog:collection-list"), "Collections")
    return _share(request, collection, [above, (_address(collection), str(collection))])


@never_cache
@sensitive_post_parameters()
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def comparison_share(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    rows = Comparison.objects.visible_to(request.user).filter(first=None).select_related("team")
    comparison = get_object_or_404(rows, pk=pk)
    above = (reverse("catalog:comparison-create"), "Compare")
    return _share(request, comparison, [above, (_address(comparison), "Comparison")])


def _share(
    request: Request, target: Collection | Comparison, above: list[tuple[str, str]]
) -> HttpResponseBase:
    """Show the form, and after it the link: it isn't stored and can't be shown again."""
    if not policies.may_share_with_team(request.user, request.team):
        raise PermissionDenied
    form = ShareForm(request.POST if request.method == "POST" else None)
    link, share = "", None
    if request.method == "POST" and form.is_valid():
        params = ShareRequest(**form.cleaned_data)
        share, token = make_share(request.user, target=target, params=params, now=timezone.now())
        link = request.build_absolute_uri(reverse("catalog:share-open", args=[token]))
    context = {"form": form, "above": above, "target": target, "link": link, "share": share}
    context["is_collection"] = isinstance(target, Collection)
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render(request, "catalog/shares/create.html", context, status=status)


def _address(target: Collection | Comparison) -> str:
    kind = "collection" if isinstance(target, Collection) else "comparison"
    return reverse(f"catalog:{kind}-detail", args=[target.pk])


def _get_share(request: Request, pk: int) -> Share:
    rows = Share.objects.visible_to(request.user)
    related = "team", "made_by", "collection", "comparison__made_by"
    return get_object_or_404(rows.select_related(*related), pk=pk)
