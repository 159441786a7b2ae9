"""Pages of rows, newest first, each with the cursor of the next one."""

from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from catalog.api.cursors import fingerprint_list, read_cursor, write_cursor
from catalog.api.endpoints import ApiCall
from catalog.views.base.problems import RequestRefused

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")
# Rows, and the cursor of the next page.
Page = tuple[list[Row], str | None]


def cut_page(call: ApiCall[Any], rows: "QuerySet[Row]", by: str = "pk") -> Page[Row]:
    """Return one page, ordered by a number that only grows, and the cursor of the next page."""
    of, after = _read_place(call)
    if after is not None:
        rows = rows.filter(**{f"{by}__lt": int(after)})
    found = list(rows.order_by(f"-{by}")[: call.params.limit + 1])
    more = len(found) > call.params.limit
    shown = found[: call.params.limit]
    return shown, write_cursor(of, getattr(shown[-1], by)) if more else None


def cut_by_time(call: ApiCall[Any], rows: "QuerySet[Row]", by: str = "created_at") -> Page[Row]:
    """Return one page, ordered by a time and then by id, and the cursor of the next page."""
    of, after = _read_place(call)
    if after is not None:
        at, pk = _split_place(str(after))
        rows = rows.filter(Q(**{f"{by}__lt": at}) | Q(**{by: at, "pk__lt": pk}))
    found = list(rows.order_by(f"-{by}", "-pk")[: call.params.limit + 1])
    more = len(found) > call.params.limit
    shown = found[: call.params.limit]
    if not more:
        return shown, None
    return shown, write_cursor(of, f"{getattr(shown[-1], by).isoformat()} {shown[-1].pk}")


def cut_list(call: ApiCall[Any], rows: list[Item]) -> tuple[list[Item], str | None]:
    """Return one page of a list in its own order, and the cursor of the next page."""
    of, after = _read_place(call)
    start = 0 if after is None else int(after)
    stop = start + call.params.limit
    return rows[start:stop], write_cursor(of, stop) if stop < len(rows) else None


def _read_place(call: ApiCall[Any]) -> tuple[str, int | str | None]:
    query = call.request.GET.copy()
    for name in ("cursor", "limit"):
        query.pop(name, None)
    of = fingerprint_list(call.request.path, query.urlencode(), call.user.pk, call.team.pk)
    return of, read_cursor(call.params.cursor, of)[0] if call.params.cursor else None


def _split_place(text: str) -> tuple[datetime, str]:
    at, _, pk = text.rpartition(" ")
    try:
        return datetime.fromisoformat(at), pk
    except ValueError:
        raise RequestRefused("bad-cursor") from None
