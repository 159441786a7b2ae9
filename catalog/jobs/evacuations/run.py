"""Request the clones of a replacement plan, some in each transaction, each exactly once.

The plan is the leased row. What was requested is committed together with its line, so a worker
that dies loses nothing, and the next one continues with the lines that are left.
"""

import logging
from collections.abc import Iterator
from uuid import UUID

from django.db import transaction

from catalog import policies
from catalog.core.locales import storing
from catalog.jobs.base.leases import Clock, Lease, LeaseLost, RowId, claim_work, keep_alive
from catalog.jobs.clones.request import store_batch, store_job
from catalog.models import CloneJob, Evacuation, EvacuationLine, User
from catalog.queries.evacuations.targets import (
    CarriedConsents,
    find_clone_obstacle,
    find_target_obstacle,
    list_wanted,
)

logger = logging.getLogger(__name__)

State = Evacuation.State
_AT_ONCE = 25
_ROWS = (
    "voice",
    "credential__account",
    "credential__team",
    "job__account",
    "job__batch__consent__speaker__team",
    "job__batch__consent__attested_by",
)


def run_evacuation(evacuation_id: RowId, clock: Clock) -> Iterator[UUID]:
    """Request the clones of a plan that was started, and yield the id of each new job.

    Safe to call any number of times, from any number of workers.
    """
    lease = claim_work(
        Evacuation,
        evacuation_id,
        states=Evacuation.ACTIVE_STATES,
        running=State.RUNNING,
        clock=clock,
    )
    if lease is None:
        return
    plan = Evacuation.objects.select_related("team", "started_by").get(pk=evacuation_id)
    with keep_alive(lease):
        try:
            while requested := _request_some(plan, lease, clock):
                yield from filter(None, requested)
        except LeaseLost:
            logger.info("Plan %s was taken over by another worker", evacuation_id)


@transaction.atomic
@storing()
def _request_some(plan: Evacuation, lease: Lease, clock: Clock) -> list[UUID | None]:
    """Request the next clones: an id for each line, None if it failed; [] after the last one."""
    lease.demand()
    queued = plan.lines.filter(state=EvacuationLine.State.QUEUED).order_by("position")
    lines = list(
        queued.select_related(*_ROWS).prefetch_related("job__batch__sources__sample")[:_AT_ONCE]
    )
    if not lines:
        lease.release(state=State.STARTED)
        return []
    jobs = [line.job for line in lines if line.job]
    consents = CarriedConsents(jobs, clock().date())
    is_allowed = plan.started_by is not None and policies.may_clone(plan.started_by, plan.team)
    made = [_request_one(plan, line, consents, is_allowed, clock) for line in lines]
    EvacuationLine.objects.bulk_update(lines, ["state", "message", "batch"])
    # A worker that was frozen past its lease must not commit what another one requested too.
    lease.demand()
    return made


def _request_one(
    plan: Evacuation,
    line: EvacuationLine,
    consents: CarriedConsents,
    is_allowed: bool,
    clock: Clock,
) -> UUID | None:
    now, user, job = clock(), plan.started_by, line.job
    problem = _find_problem(line, consents, is_allowed, user)
    consent = consents.find(job)[0] if job is not None else None
    if problem or not (user and job and consent and line.credential):
        line.state, line.message = EvacuationLine.State.FAILED, problem
        return None
    line.batch = store_batch(
        user,
        consent=consent,
        cuts=[
            (source.sample, source.start_seconds, source.end_seconds)
            for source in sorted(job.batch.sources.all(), key=lambda each: each.position)
        ],
        form_token=line.pk,
        now=now,
    )
    wanted = list_wanted(job, line.voice, line.credential.info)
    made = store_job(user, line.batch, line.credential, wanted, now)
    line.state, line.message = EvacuationLine.State.ASKED, ""
    return made.pk


def _find_problem(
    line: EvacuationLine,
    consents: CarriedConsents,
    is_allowed: bool,
    user: User | None,
) -> str:
    """Return why the clone can't be requested anymore, "" if it can."""
    if not is_allowed or user is None:
        return "Whoever started the plan can't create clones in this team anymore."
    job: CloneJob | None = line.job
    obstacle = find_clone_obstacle(job, consents)
    if obstacle or job is None:
        return obstacle
    key = line.credential
    if key is None or key.account is None or not policies.may_use_credential(user, key):
        return "The key for this clone was removed. Choose another one."
    return find_target_obstacle(job, line.voice, key.info)
