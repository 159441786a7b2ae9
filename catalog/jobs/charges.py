"""The ledger: a charge is stored before its call is made, and settled by how the call ends.

A charge is reserved in the commit that marks the call as sent, so whenever a worker dies, no call
at the provider is without one. A call whose response was lost stays *unclear*, unless the
provider's own history tells.
"""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from catalog.core.crypto import CannotOpen
from catalog.jobs.base.leases import RowId
from catalog.models import Charge, CloneJob, Credential, ProviderAccount, Synthesis
from catalog.providers.errors import OutcomeUnknown, ProviderError
from catalog.providers.types import Price
from catalog.providers.usage import RemoteUse

State, Kind, Unit = Charge.State, Charge.Kind, Charge.Unit

# How long after a lost response the provider's history is asked, and how far apart our time of
# the call and the provider's may be.
_HISTORY_AFTER = timedelta(minutes=10)
_BEFORE, _BEHIND = timedelta(minutes=2), timedelta(minutes=8)
_MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Attempt:
    """The attempt of a job whose one call is charged."""

    work: RowId
    fence: int

    def rows(self) -> QuerySet[Charge]:
        """Return the attempt's charge as a queryset."""
        return Charge.objects.filter(work=self.work, fence=self.fence)


def reserve_speech(speech: Synthesis, fence: int, now: datetime) -> Attempt:
    """Store the charge of a text; call it in the transaction that marks it as sent."""
    info = speech.voice.info
    Charge.objects.create(
        team=speech.team,
        person=speech.requested_by,
        voice=speech.voice,
        voice_name=speech.voice.shown_name,
        remote_id=speech.voice.remote_id,
        kind=Kind.PREVIEW if speech.is_preview else Kind.SPEECH,
        work=speech.pk,
        fence=fence,
        charged_at=now,
        **_name_payer(speech.voice.account, speech.credential),
        **_estimate(speech.characters, Unit.CHARACTERS, info.speech_price),
        is_free=info.speaks_free,
    )
    return Attempt(speech.pk, fence)


def reserve_clone(job: CloneJob, fence: int, now: datetime) -> Attempt:
    """Store the charge of a clone; call it in the transaction that marks it as sent."""
    _create_clone(job, fence, now, State.RESERVED)
    return Attempt(job.pk, fence)


def _create_clone(job: CloneJob, fence: int, now: datetime, state: Charge.State) -> Charge:
    info = job.account.info
    return Charge.objects.create(
        team=job.team,
        person=job.requested_by,
        voice_name=job.name,
        kind=Kind.CLONE,
        work=job.pk,
        fence=fence,
        charged_at=now,
        **_name_payer(job.account, job.credential),
        **_estimate(1, Unit.VOICES, info.clone_price),
        is_free=info.is_built_in,
        state=state,
    )


def _name_payer(account: ProviderAccount, credential: Credential | None) -> dict[str, Any]:
    return {
        "provider": account.provider,
        "account": account,
        "account_name": account.label or f"Account {account.pk}",
        "credential": credential,
        "key_name": credential.title if credential else "",
    }


def _estimate(quantity: int, unit: Charge.Unit, price: Price | None) -> dict[str, Any]:
    values: dict[str, Any] = {"quantity": quantity, "unit": unit}
    if price is None:
        return values
    stated = {"price": price.amount, "currency": price.currency, "price_source": price.source}
    return values | stated | {"estimated": quantity * price.amount}


@contextmanager
def settles(attempt: Attempt, clock: Any) -> Iterator[None]:
    """Settle the attempt's charge if the call in the block fails; its success is up to the caller.

    Raises what the block raises. A worker that dies in the block settles nothing.
    """
    try:
        yield
    except OutcomeUnknown:
        settle(attempt, State.UNCLEAR, clock())
        raise
    except (ProviderError, CannotOpen):
        settle(attempt, State.NOT_CHARGED, clock())
        raise


def settle(
    attempt: Attempt, state: Charge.State, now: datetime, *, reported: int | None = None
) -> None:
    """Settle the charge of one attempt, also if another worker holds the job by now."""
    charge = attempt.rows().select_related("account").first()
    if charge is not None:
        _write(charge, state, now, reported)


def _write(charge: Charge, state: Charge.State, now: datetime, reported: int | None = None) -> None:
    values: dict[str, Any] = {"state": state, "settled_at": now}
    if reported is not None:
        values["reported"] = reported
    if state == State.CHARGED:
        values["actual"] = _find_actual(charge, reported)
    Charge.objects.filter(pk=charge.pk).update(**values)
    account = charge.account
    if state == State.UNCLEAR and account is not None and account.info.tells_uses:
        rows = ProviderAccount.objects.filter(pk=account.pk)
        rows.update(uses_due_at=now + _HISTORY_AFTER)


def _find_actual(charge: Charge, reported: int | None) -> Decimal | None:
    """Return what the provider charged in the price's currency, None if it didn't say."""
    if charge.is_free:
        return Decimal(0)
    if reported is None or charge.price is None:
        return None
    return Decimal(reported) if charge.currency == "credits" else reported * charge.price


# Clones whose call was answered later, by the provider's list


def settle_made(job: CloneJob, now: datetime) -> None:
    """Note that the clone was made. One whose charge was lost in a restore gets a new one."""
    charge = Charge.objects.filter(work=job.pk).order_by("-fence").first()
    if charge is None:
        charge = _create_clone(job, job.fence, now, State.CHARGED)
    _write(charge, State.CHARGED, now)


def settle_not_made(job: CloneJob, now: datetime) -> None:
    """Note that the provider provably didn't make the clone."""
    unsettled = Charge.objects.filter(work=job.pk, state__in=[State.RESERVED, State.UNCLEAR])
    unsettled.update(state=State.NOT_CHARGED, settled_at=now)


def note_double(job: CloneJob, now: datetime) -> None:
    """Note that the provider also made the clone in an attempt that seemed to have failed."""
    rows = Charge.objects.filter(work=job.pk).exclude(state=State.CHARGED).order_by("fence")
    charge = rows.first()
    if charge is not None:
        _write(charge, State.CHARGED, now)


# Charges whose worker died


def settle_left(now: datetime, work_id: RowId | None = None) -> int:
    """Settle the charges that dead workers left, by how their jobs ended; return how many.

    With ``work_id``, settle only those of a job that just ended.
    """
    rows = Charge.objects.filter(state=State.RESERVED).select_related("account")
    if work_id is not None:
        rows = rows.filter(work=work_id)
    open_charges = list(rows.order_by("charged_at", "pk")[:_MOST_AT_ONCE])
    ids = {charge.work for charge in open_charges}
    works: dict[uuid.UUID, Synthesis | CloneJob] = {
        **Synthesis.objects.select_related("clip").in_bulk(ids),
        **CloneJob.objects.in_bulk(ids),
    }
    count = 0
    for charge in open_charges:
        work = works.get(charge.work)
        state = _judge(charge, work)
        if state is not None:
            clip = getattr(work, "clip", None) if state == State.CHARGED else None
            _write(charge, state, now, clip.charged if clip else None)
            count += 1
    return count


def _judge(charge: Charge, work: Synthesis | CloneJob | None) -> Charge.State | None:
    """Return what became of a charge, None while its job goes on."""
    if work is None:
        return State.NOT_CHARGED if charge.is_free else State.UNCLEAR
    if charge.fence < work.fence and charge.is_free:
        return State.NOT_CHARGED
    if not work.is_finished:
        return None
    if work.step == work.Step.CONFIRMED:
        return State.CHARGED
    if charge.is_free or work.step in {work.Step.REFUSED, work.Step.PLANNED}:
        return State.NOT_CHARGED
    return State.UNCLEAR


# The provider's own history


def reconcile(
    account: ProviderAccount, uses: Iterable[RemoteUse], since: datetime | None, now: datetime
) -> int:
    """Settle unclear charges by the provider's history, read back to ``since``; return how many.

    A call and an entry match by voice, characters, and time. Calls whose end is known take their
    entries first, so that the rest tells which of the unclear ones were charged.
    """
    rows = Charge.objects.filter(account=account, charged_at__lte=now - _BEHIND)
    rows = rows.filter(unit=Unit.CHARACTERS, remote_ref="").exclude(state=State.NOT_CHARGED)
    unclear = rows.filter(state=State.UNCLEAR)
    if since is not None:
        unclear = unclear.filter(charged_at__gte=since + _BEFORE)
    first = unclear.order_by("charged_at").first()
    if first is None:
        return 0
    left = sorted((use for use in uses if use.ref and use.charged is not None), key=_by_time)
    known = rows.filter(state=State.CHARGED, charged_at__gte=first.charged_at - _BEHIND)
    for charge in known.order_by("charged_at"):
        _match(charge, left, now)
    found = list(unclear.order_by("charged_at"))
    matched = [charge for charge in found if _match(charge, left, now)]
    # An entry of another size may be the call at a rate that we don't know.
    absent = [
        charge
        for charge in found
        if charge not in matched and not any(_fits(charge, use) for use in left)
    ]
    for charge in absent:
        _write(charge, State.NOT_CHARGED, now)
    return len(matched) + len(absent)


def _fits(charge: Charge, use: RemoteUse) -> bool:
    is_near = charge.charged_at - _BEFORE <= use.at <= charge.charged_at + _BEHIND
    return is_near and use.remote_id == charge.remote_id


def _by_time(use: RemoteUse) -> datetime:
    return use.at


@transaction.atomic
def _match(charge: Charge, left: list[RemoteUse], now: datetime) -> bool:
    """Give the charge its entry of the history; return False if there is none."""
    size = charge.quantity if charge.reported is None else charge.reported
    for place, use in enumerate(left):
        if use.charged == size and _fits(charge, use):
            del left[place]
            Charge.objects.filter(pk=charge.pk).update(remote_ref=use.ref)
            _write(charge, State.CHARGED, now, use.charged)
            return True
    return False
