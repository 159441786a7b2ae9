"""Export charges, and settle unclear ones by hand; both are recorded."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.models import Charge, Team, User
from catalog.policies.budgets import may_settle_charges
from catalog.queries.charges import list_charges


class AlreadySettled(Exception):
    """The charge isn't unclear anymore; the provider or another admin has settled it."""


@transaction.atomic
def decide_charge(
    user: User, *, charge: Charge, is_charged: bool, reason: str, now: datetime
) -> None:
    """Settle an unclear charge by what an admin found out; raises AlreadySettled.

    What the provider says later still counts more.
    """
    if not may_settle_charges(user, charge.team):
        raise PermissionDenied
    state = Charge.State.CHARGED if is_charged else Charge.State.NOT_CHARGED
    rows = Charge.objects.filter(pk=charge.pk, state=Charge.State.UNCLEAR)
    if not rows.update(state=state, settled_at=now):
        raise AlreadySettled
    record(
        user,
        "charge settled",
        charge,
        team=charge.team,
        now=now,
        reason=reason,
        before={"state": Charge.State.UNCLEAR.label},
        after={"state": state.label},
        voice=charge.voice_name,
        quantity=charge.quantity,
    )


@transaction.atomic
def export_charges(
    user: User, *, team: Team, month: date, now: datetime
) -> Iterator[dict[str, Any]]:
    """Record the export, then return the rows that the user may see."""
    if policies.role_in(user, team) is None:
        raise PermissionDenied
    record(user, "spending exported", team, team=team, now=now, month=f"{month:%Y-%m}")
    return list_charges(user, month)
