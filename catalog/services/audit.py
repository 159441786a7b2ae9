"""Take the log along: that somebody did so is an entry of its own."""

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
    """Return the entries asked for, to be written into a file; the export is noted first."""
    if not policies.may_read_log(user, team):
        raise PermissionDenied
    record(user, "log exported", team, team=team, now=now, form=form, filter=wanted.query_string)
    return find_entries(user, wanted)
