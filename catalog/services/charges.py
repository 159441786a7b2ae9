"""Export charges; each export is recorded."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.models import Team, User
from catalog.queries.charges import list_charges


@transaction.atomic
def export_charges(
    user: User, *, team: Team, month: date, now: datetime
) -> Iterator[dict[str, Any]]:
    """Record the export, then return the rows that the user may see."""
    if policies.role_in(user, team) is None:
        raise PermissionDenied
    record(user, "spending exported", team, team=team, now=now, month=f"{month:%Y-%m}")
    return list_charges(user, month)
