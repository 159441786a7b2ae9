"""Export the audit log; each export is itself an entry."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.models import Team, User
from catalog.models.audit import AuditEntryQuerySet
from catalog.queries.audit import AuditFilter, find_entries


@transaction.atomic
def export_log(
    user: User, *, team: Team, wanted: AuditFilter, form: str, now: datetime
) -> AuditEntryQuerySet:
    """Record the export, then return the matching entries for the caller to write to a file."""
    if not policies.may_read_log(user, team):
        raise PermissionDenied
    record(
        user, "audit log exported", team, team=team, now=now, form=form, filter=wanted.query_string
    )
    return find_entries(user, wanted)
