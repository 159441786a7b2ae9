"""Ask for clones: batch, consent and one job for each provider in one transaction."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F

from catalog import policies
from catalog.audit import record
from catalog.jobs.notifications import tell_end
from catalog.models import (
    CloneBatch,
    CloneJob,
    CloneSource,
    Credential,
    Installation,
    Sample,
    Team,
    User,
)
from catalog.services.consents import ConsentStatement, attest_consent
from catalog.tasks import enqueue_clone

State, Step = CloneJob.State, CloneJob.Step

_WANTED = ("name", "description", "removes_noise", "language", "gender", "transcript")


class NothingToDo(Exception):
    """The job is not in a state in which this could be done; the message says it in words."""


@dataclass(frozen=True, slots=True)
class SampleCut:
    """One sample of a wish and the part of it that is used; an end of None is the sample's own."""

    sample: Sample
    start_seconds: float = 0
    end_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class CloneRequest:
    """What a person asked for; ``form_token`` makes a second press of the button the same wish."""

    form_token: uuid.UUID
    cuts: Sequence[SampleCut]
    name: str
    description: str
    consent: ConsentStatement
    removes_noise: bool = False
    language: str = ""
    gender: str = ""
    transcript: str = ""


def request_clones(
    user: User, *, credentials: Sequence[Credential], wish: CloneRequest, now: datetime
) -> CloneBatch:
    """Queue one clone for each key and return their batch; the same form token returns the same.

    Raises ConsentNeeded.
    """
    if not credentials or not wish.cuts:
        raise ValueError("A clone needs a sample and a key.")
    team = credentials[0].team
    for credential in credentials:
        _demand_use(user, credential, team)
    for cut in wish.cuts:
        if not Sample.objects.visible_to(user).filter(pk=cut.sample.pk, team=team).exists():
            raise PermissionDenied
    wish.consent.demand(now)
    with wish.consent.stored_proof() as path, transaction.atomic():
        return _write_batch(user, credentials, wish, path, now)


def _write_batch(
    user: User,
    credentials: Sequence[Credential],
    wish: CloneRequest,
    proof_path: str,
    now: datetime,
) -> CloneBatch:
    team = credentials[0].team
    # The lock of the team's row makes two presses at the same moment come one after the other.
    Team.objects.select_for_update().get(pk=team.pk)
    made = CloneBatch.objects.filter(form_token=wish.form_token).first()
    if made is not None:
        if made.asked_by_id != user.pk:
            raise PermissionDenied
        return made
    consent = attest_consent(user, team=team, wish=wish.consent, proof_path=proof_path, now=now)
    batch = CloneBatch.objects.create(
        team=team,
        asked_by=user,
        speaker=consent.speaker,
        consent=consent,
        form_token=wish.form_token,
        asked_at=now,
    )
    CloneSource.objects.bulk_create(
        CloneSource(
            batch=batch,
            sample=cut.sample,
            position=position,
            start_seconds=cut.start_seconds,
            end_seconds=cut.end_seconds,
        )
        for position, cut in enumerate(wish.cuts, start=1)
    )
    wanted = {name: getattr(wish, name) for name in _WANTED}
    for credential in credentials:
        _queue_job(user, batch, credential, wanted, now)
    return batch


def _queue_job(
    user: User,
    batch: CloneBatch,
    credential: Credential,
    wanted: Mapping[str, object],
    now: datetime,
    retry_of: CloneJob | None = None,
) -> CloneJob:
    if credential.account is None:
        raise PermissionDenied
    job_id = uuid.uuid4()
    job = CloneJob.objects.create(
        **wanted,
        id=job_id,
        team=batch.team,
        requested_by=user,
        credential=credential,
        account=credential.account,
        batch=batch,
        retry_of=retry_of,
        marker=f"vb1:{Installation.objects.get().code}:{job_id.hex}",
        created_at=now,
        woken_at=now,
    )
    facts = {"retry_of": str(retry_of.pk)} if retry_of else {}
    record(
        user,
        "clone requested",
        job,
        team=batch.team,
        now=now,
        provider=credential.provider,
        **facts,
    )
    transaction.on_commit(partial(enqueue_clone, job.pk))
    return job


@transaction.atomic
def cancel_clone(user: User, *, job: CloneJob, now: datetime) -> None:
    """Stop a job; what was sent already, a worker finds and removes. Raises NothingToDo."""
    if not policies.may_steer_job(user, job):
        raise PermissionDenied
    locked = CloneJob.objects.select_for_update().get(pk=job.pk)
    if locked.is_finished:
        raise NothingToDo(f"It has ended already: {locked.get_state_display().lower()}.")
    rows = CloneJob.objects.filter(pk=job.pk)
    if locked.step == Step.PLANNED:
        # A worker may hold it, with the key in hand: past the fence it sends nothing.
        message = "Nothing was sent."
        rows.update(
            state=State.CANCELLED,
            cancel_asked_at=now,
            ended_at=now,
            lease_until=None,
            fence=F("fence") + 1,
            message=message,
        )
        if locked.responsible.pk != user.pk:
            tell_end(locked, State.CANCELLED, message, now)
    else:
        rows.update(cancel_asked_at=locked.cancel_asked_at or now, not_before=None, woken_at=now)
        transaction.on_commit(partial(enqueue_clone, job.pk))
    record(user, "clone cancel asked", job, team=job.team, now=now)


@transaction.atomic
def retry_clone(user: User, *, job: CloneJob, now: datetime) -> CloneJob:
    """Ask once more for what failed, from the same samples; twice is the same new job.

    Raises NothingToDo, ConsentNeeded.
    """
    locked = CloneJob.objects.select_for_update().get(pk=job.pk)
    if not policies.may_steer_job(user, locked):
        raise PermissionDenied
    again = CloneJob.objects.filter(retry_of=locked).first()
    if again is not None:
        return again
    if not locked.can_be_retried:
        raise NothingToDo("Only what failed or was cancelled can be tried again.")
    credential = locked.credential or _find_other_key(user, locked)
    if credential is None:
        raise NothingToDo(f"There is no key for this account at {locked.account.info.label}.")
    _demand_use(user, credential, locked.team)
    ConsentStatement.of(locked.batch.consent).demand(now)
    wanted = {name: getattr(locked, name) for name in _WANTED}
    return _queue_job(user, locked.batch, credential, wanted, now, retry_of=locked)


@transaction.atomic
def look_again(user: User, *, job: CloneJob, now: datetime) -> None:
    """Have a worker look once more for what could not be settled; nothing is sent by that."""
    if not policies.may_steer_job(user, job):
        raise PermissionDenied
    rows = CloneJob.objects.filter(pk=job.pk, state=State.NEEDS_LOOK).exclude(credential=None)
    unclear = rows.exclude(step=Step.PLANNED)
    # The day in which the provider could not be asked begins anew.
    changed = unclear.update(
        state=State.WAITING, sent_at=now, ended_at=None, not_before=None, woken_at=now
    )
    if not changed:
        raise NothingToDo("There is nothing that a worker could look for.")
    record(user, "clone looked for", job, team=job.team, now=now)
    transaction.on_commit(partial(enqueue_clone, job.pk))


def _demand_use(user: User, credential: Credential, team: Team) -> None:
    if credential.team_id != team.pk or credential.account is None:
        raise PermissionDenied
    if not policies.may_clone(user, team) or not policies.may_use_credential(user, credential):
        raise PermissionDenied


def _find_other_key(user: User, job: CloneJob) -> Credential | None:
    keys = Credential.objects.visible_to(user).filter(account=job.account)
    return keys.working().order_by("created_at", "pk").first()
