"""Request clones: one transaction stores the batch, the consent, and a job for each provider."""

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
from catalog.jobs.clones.request import WANTED, store_batch, store_job
from catalog.jobs.notifications.clones import notify_of_end
from catalog.models import (
    Charge,
    CloneBatch,
    CloneJob,
    Consent,
    Credential,
    Sample,
    Team,
    TeamPolicy,
    User,
)
from catalog.queries.consents.requests import find_usable_consents
from catalog.queries.speakers import find_sample_obstacle, find_speaker_obstacle
from catalog.services.budgets import demand_budget
from catalog.services.consents.statements import ConsentNeeded, ConsentStatement, attest_consent
from catalog.tasks import enqueue_clone

State, Step = CloneJob.State, CloneJob.Step


class NothingToDo(Exception):
    """The job's state doesn't allow this; the message explains why."""


@dataclass(frozen=True, slots=True)
class SampleCut:
    """The part of a sample that a request uses; an end of None means the sample's own end."""

    sample: Sample
    start_seconds: float = 0
    end_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class CloneRequest:
    """What to clone; a second submission with the same ``form_token`` is the same request."""

    form_token: uuid.UUID
    cuts: Sequence[SampleCut]
    name: str
    description: str
    consent: ConsentStatement
    # What the speaker recorded; then ``consent`` repeats it, and nothing is attested.
    recorded: Consent | None = None
    removes_noise: bool = False
    language: str = ""
    gender: str = ""
    transcript: str = ""


def request_clones(
    user: User, *, credentials: Sequence[Credential], params: CloneRequest, now: datetime
) -> CloneBatch:
    """Queue one clone for each key and return the batch; a repeated form token returns the first.

    Raises ConsentNeeded, OverBudget.
    """
    if not credentials or not params.cuts:
        raise ValueError("A clone needs a sample and a key.")
    team = credentials[0].team
    for credential in credentials:
        _demand_use(user, credential, team)
    for cut in params.cuts:
        if not Sample.objects.visible_to(user).filter(pk=cut.sample.pk, team=team).exists():
            raise PermissionDenied
    params.consent.demand(now)
    with params.consent.stored_proof() as path, transaction.atomic():
        return _write_batch(user, credentials, params, path, now)


def _write_batch(
    user: User,
    credentials: Sequence[Credential],
    params: CloneRequest,
    proof_path: str,
    now: datetime,
) -> CloneBatch:
    team = credentials[0].team
    # Locking the team's row serializes two submissions at the same moment.
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    made = CloneBatch.objects.filter(form_token=params.form_token).first()
    if made is not None:
        if made.asked_by_id != user.pk:
            raise PermissionDenied
        return made
    paid = sum(not credential.info.is_built_in for credential in credentials)
    demand_budget(user, team=team, unit=Charge.Unit.VOICES, amount=paid, now=now)
    consent = _find_recorded(user, params.recorded, now) or attest_consent(
        user, team=team, statement=params.consent, proof_path=proof_path, now=now
    )
    policy = TeamPolicy.objects.of(team.pk)
    if gap := policy.forbid_consent(consent.level) or policy.forbid_language(params.language):
        raise ConsentNeeded(gap)
    samples = [cut.sample for cut in params.cuts]
    obstacle = find_speaker_obstacle(consent.speaker_id, now.date())
    if obstacle := obstacle or find_sample_obstacle(samples):
        raise ConsentNeeded(obstacle)
    batch = store_batch(
        user,
        consent=consent,
        cuts=[(cut.sample, cut.start_seconds, cut.end_seconds) for cut in params.cuts],
        form_token=params.form_token,
        now=now,
    )
    wanted = {name: getattr(params, name) for name in WANTED}
    for credential in credentials:
        _queue_job(user, batch, credential, wanted, now)
    return batch


def _find_recorded(user: User, recorded: Consent | None, now: datetime) -> Consent | None:
    if recorded is None:
        return None
    found = find_usable_consents(user, now).filter(pk=recorded.pk).first()
    if found is None:
        raise ConsentNeeded("Consent needed: the recorded consent has ended or was withdrawn.")
    return found


def _queue_job(
    user: User,
    batch: CloneBatch,
    credential: Credential,
    wanted: Mapping[str, object],
    now: datetime,
    retry_of: CloneJob | None = None,
) -> CloneJob:
    job = store_job(user, batch, credential, wanted, now, retry_of)
    transaction.on_commit(partial(enqueue_clone, job.pk))
    return job


@transaction.atomic
def cancel_clone(user: User, *, job: CloneJob, now: datetime) -> None:
    """Cancel a job; a worker finds and removes what was already sent. Raises NothingToDo."""
    if not policies.may_steer_job(user, job):
        raise PermissionDenied
    locked = CloneJob.objects.select_for_update(no_key=True).get(pk=job.pk)
    if locked.is_finished:
        raise NothingToDo(f"This job has already ended: {locked.get_state_display().lower()}.")
    rows = CloneJob.objects.filter(pk=job.pk)
    if locked.step == Step.PLANNED:
        # A worker may hold the job and its key right now; the new fence keeps it from sending.
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
            notify_of_end(locked, State.CANCELLED, message, now)
    else:
        rows.update(cancel_asked_at=locked.cancel_asked_at or now, not_before=None, woken_at=now)
        transaction.on_commit(partial(enqueue_clone, job.pk))
    record(user, "clone cancellation requested", job, team=job.team, now=now)


@transaction.atomic
def retry_clone(user: User, *, job: CloneJob, now: datetime) -> CloneJob:
    """Retry a failed or cancelled clone from the same samples; repeating it returns the same job.

    Raises NothingToDo, ConsentNeeded, OverBudget.
    """
    locked = CloneJob.objects.select_for_update(no_key=True).get(pk=job.pk)
    if not policies.may_steer_job(user, locked):
        raise PermissionDenied
    again = CloneJob.objects.filter(retry_of=locked).first()
    if again is not None:
        return again
    if not locked.can_be_retried:
        raise NothingToDo("Only failed or canceled clones can be retried.")
    credential = locked.credential or _find_other_key(user, locked)
    if credential is None:
        label = locked.account.info.label
        raise NothingToDo(f"You have no key for this {label} account. Add one first.")
    _demand_use(user, credential, locked.team)
    policy = TeamPolicy.objects.of(locked.team_id)
    if gap := policy.forbid_consent(locked.batch.consent.level):
        raise ConsentNeeded(gap)
    if obstacle := find_speaker_obstacle(locked.batch.speaker_id, now.date()):
        raise ConsentNeeded(obstacle)
    paid = int(not credential.info.is_built_in)
    demand_budget(user, team=locked.team, unit=Charge.Unit.VOICES, amount=paid, now=now)
    wanted = {name: getattr(locked, name) for name in WANTED}
    return _queue_job(user, locked.batch, credential, wanted, now, retry_of=locked)


@transaction.atomic
def look_again(user: User, *, job: CloneJob, now: datetime) -> None:
    """Have a worker check again for a clone whose outcome is unknown; nothing is sent to clone."""
    if not policies.may_steer_job(user, job):
        raise PermissionDenied
    rows = CloneJob.objects.filter(pk=job.pk, state=State.NEEDS_LOOK).exclude(credential=None)
    unclear = rows.exclude(step=Step.PLANNED)
    # Restart the day that the provider has to answer.
    changed = unclear.update(
        state=State.WAITING, sent_at=now, ended_at=None, not_before=None, woken_at=now
    )
    if not changed:
        raise NothingToDo("There is nothing to check at the provider.")
    record(user, "clone rechecked", job, team=job.team, now=now)
    transaction.on_commit(partial(enqueue_clone, job.pk))


def _demand_use(user: User, credential: Credential, team: Team) -> None:
    if credential.team_id != team.pk or credential.account is None:
        raise PermissionDenied
    if not policies.may_clone(user, team) or not policies.may_use_credential(user, credential):
        raise PermissionDenied
    if TeamPolicy.objects.of(team.pk).forbid_provider(credential.info):
        raise PermissionDenied


def _find_other_key(user: User, job: CloneJob) -> Credential | None:
    keys = Credential.objects.visible_to(user).filter(account=job.account)
    return keys.working().order_by("created_at", "pk").first()
