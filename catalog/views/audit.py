"""The audit log: filter it, page through it, and export it."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBadRequest, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from catalog import policies
from catalog.forms.audit import AuditExportForm, AuditFilterForm
from catalog.models import AuditEntry
from catalog.queries.audit import (
    NOBODY,
    find_audit_choices,
    get_audit_page,
)
from catalog.services.audit import export_log
from catalog.views.base.downloads import send_rows
from catalog.views.base.requests import Request, render_part, signed_in

_COLUMNS = (
    "number",
    "at",
    "who",
    "action",
    "target",
    "target_name",
    "reason",
    "before",
    "after",
    "facts",
    "request_number",
    "address",
    "digest",
)


@signed_in
@require_safe
def audit_list(request: Request) -> HttpResponseBase:
    if not policies.may_read_log(request.user, request.team):
        raise PermissionDenied
    form = AuditFilterForm(request.GET)
    people, actions = find_audit_choices(request.user)
    context = {
        "page": get_audit_page(request.user, form.wanted, form.below_number),
        "wanted": form.wanted,
        "is_first": form.below_number is None,
        "people": [(NOBODY, "Voiceboard (automatic)"), *people],
        "actions": actions,
    }
    return render_part(
        request,
        page="catalog/audit/list.html",
        part="catalog/audit/_results.html",
        context=context,
    )


@signed_in
@require_POST
def audit_export(request: Request) -> HttpResponseBase:
    form = AuditExportForm(request.POST)
    if not policies.may_read_log(request.user, request.team):
        raise PermissionDenied
    if form.errors.get("form"):
        return HttpResponseBadRequest("Choose CSV or JSON.")
    now, kind = timezone.now(), form.cleaned_data["form"]

    def find_rows() -> Iterator[dict[str, Any]]:
        rows = export_log(request.user, team=request.team, wanted=form.wanted, form=kind, now=now)
        return (_values(entry) for entry in rows.iterator(chunk_size=500))

    return send_rows(find_rows, _COLUMNS, name=f"voiceboard-log-{now:%Y-%m-%d}", form=kind)


def _values(entry: AuditEntry) -> dict[str, Any]:
    values = {name: getattr(entry, name) for name in _COLUMNS}
    return values | {"at": entry.at.isoformat()}
