"""The log: who did what; filtered, page by page, and as a file."""

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBadRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from catalog import policies
from catalog.forms.audit import AuditExportForm, AuditFilterForm
from catalog.models import AuditEntry
from catalog.models.audit import AuditEntryQuerySet
from catalog.queries.audit import (
    NOBODY,
    find_audit_choices,
    get_audit_page,
)
from catalog.services.audit import export_log
from catalog.views.requests import Request, render_part, signed_in

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
# A sheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


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
        "people": [(NOBODY, "Voiceboard itself"), *people],
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
        return HttpResponseBadRequest("CSV or JSON?")
    now, kind = timezone.now(), form.cleaned_data["form"]
    rows = export_log(request.user, team=request.team, wanted=form.wanted, form=kind, now=now)
    lines = _as_csv(rows) if kind == "csv" else _as_json(rows)
    response = StreamingHttpResponse(
        lines, content_type="text/csv; charset=utf-8" if kind == "csv" else "application/json"
    )
    name = f"voiceboard-log-{now:%Y-%m-%d}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


class _Line:
    """A file for the csv module that hands each line on."""

    def write(self, line: str) -> str:
        return line


def _as_csv(rows: AuditEntryQuerySet) -> Iterator[str]:
    writer = csv.writer(_Line())
    # The mark by which sheets know UTF-8.
    yield "\ufeff" + writer.writerow(_COLUMNS)
    for entry in rows.iterator(chunk_size=500):
        yield writer.writerow([_as_cell(value) for value in _values(entry).values()])


def _as_json(rows: AuditEntryQuerySet) -> Iterator[str]:
    start = "[\n"
    for entry in rows.iterator(chunk_size=500):
        yield start + json.dumps(_values(entry), ensure_ascii=False)
        start = ",\n"
    yield "\n]\n" if start != "[\n" else "[]\n"


def _values(entry: AuditEntry) -> dict[str, Any]:
    values = {name: getattr(entry, name) for name in _COLUMNS}
    return values | {"at": entry.at.isoformat()}


def _as_cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
