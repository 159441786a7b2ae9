"""The audit log, with everything that is needed to verify a copy of it."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from django.core.exceptions import PermissionDenied

from catalog import policies
from catalog.api.endpoints import Answer, ApiCall, endpoint
from catalog.api.pages import cut_page
from catalog.api.parameters import Id, PageParams
from catalog.models import AuditEntry
from catalog.models.tokens import Scope
from catalog.queries.audit import AuditFilter, find_entries

_Action = Annotated[str, msgspec.Meta(min_length=1, max_length=60, description="Only this action")]
_Target = Annotated[
    str, msgspec.Meta(min_length=1, max_length=120, description="Part of what it was done to")
]


class AuditParams(PageParams, frozen=True, kw_only=True):
    """Which entries to list. Days are in UTC."""

    person_id: Annotated[Id | None, msgspec.Meta(description="Only by this person")] = None
    action: _Action | None = None
    target: _Target | None = None
    since: date | None = None
    until: date | None = None


class AuditInfo(Answer):
    """One entry. ``digest`` signs it together with ``previous``, the digest before it."""

    number: int
    at: datetime
    person_id: int | None
    person: str
    action: str
    target: str
    target_name: str
    reason: str
    before: dict[str, Any]
    after: dict[str, Any]
    facts: dict[str, Any]
    request_id: str
    address: str
    previous: str
    digest: str


class AuditList(Answer):
    """A page of entries, the newest first."""

    data: list[AuditInfo]
    next_cursor: str | None


@endpoint("GET", "audit", tag="Audit", scope=Scope.ADMIN, answer=AuditList, params=AuditParams)
def list_audit(call: ApiCall[AuditParams]) -> AuditList:
    """List who did what, and to what."""
    if not policies.may_read_log(call.user, call.team):
        raise PermissionDenied
    params = call.params
    wanted = AuditFilter(
        who=str(params.person_id or ""),
        action=params.action or "",
        target=params.target or "",
        since=params.since,
        until=params.until,
    )
    shown, cursor = cut_page(call, find_entries(call.user, wanted), by="number")
    return AuditList(data=[_describe(each) for each in shown], next_cursor=cursor)


def _describe(entry: AuditEntry) -> AuditInfo:
    return AuditInfo(
        number=entry.number,
        at=entry.at,
        person_id=entry.actor_id,
        person=entry.who,
        action=entry.action,
        target=entry.target,
        target_name=entry.target_name,
        reason=entry.reason,
        before=entry.before,
        after=entry.after,
        facts=entry.facts,
        request_id=entry.request_number,
        address=entry.address,
        previous=entry.previous,
        digest=entry.digest,
    )
