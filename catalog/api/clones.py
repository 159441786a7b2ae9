"""Clone jobs."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from catalog.api.endpoints import Answer, ApiCall, CreatedAnswer, endpoint
from catalog.api.pages import cut_by_time
from catalog.api.parameters import NoParams, PageParams
from catalog.models import CloneJob
from catalog.models.tokens import Scope
from catalog.queries.clones import get_clone_job
from catalog.services.budgets import OverBudget
from catalog.services.clones import NothingToDo, cancel_clone, retry_clone
from catalog.services.consents.statements import ConsentNeeded
from catalog.views.base.problems import RequestRefused

_TAG = "Clones"


class CloneJobParams(PageParams, frozen=True, kw_only=True):
    """Which clone jobs to list."""

    state: Annotated[
        Literal[tuple(CloneJob.State.values)] | None,  # type: ignore[valid-type]
        msgspec.Meta(description="Only in this state"),
    ] = None


class CloneJobInfo(Answer):
    """A clone at one account. When its state is ready, ``voice_id`` is the new voice.

    ``step`` says how far the call to the provider got; ``needs_look`` means that a person has to
    find out what happened.
    """

    id: uuid.UUID
    name: str
    provider: str
    account_id: int
    state: str
    step: str
    percent: int
    message: str
    speaker: str
    requested_by: str
    responsible: str
    voice_id: int | None
    retry_of: uuid.UUID | None
    created_at: datetime
    ended_at: datetime | None


class CloneJobList(Answer):
    """A page of clone jobs, the newest first."""

    data: list[CloneJobInfo]
    next_cursor: str | None


@endpoint(
    "GET", "clone-jobs", tag=_TAG, scope=Scope.CLONE, answer=CloneJobList, params=CloneJobParams
)
def list_clone_jobs(call: ApiCall[CloneJobParams]) -> CloneJobList:
    """List the clones that were requested."""
    rows = CloneJob.objects.visible_to(call.user)
    if call.params.state is not None:
        rows = rows.filter(state=call.params.state)
    around = ("account", "requested_by", "kept_by", "batch__speaker")
    shown, cursor = cut_by_time(call, rows.select_related(*around))
    return CloneJobList(data=[_describe(each) for each in shown], next_cursor=cursor)


@endpoint("GET", "clone-jobs/<uuid:job_id>", tag=_TAG, scope=Scope.CLONE, answer=CloneJobInfo)
def get_job(call: ApiCall[NoParams], job_id: uuid.UUID) -> CloneJobInfo:
    """Get a clone job, to see whether its voice is ready."""
    return _describe(get_clone_job(call.user, job_id))


@endpoint(
    "POST",
    "clone-jobs/<uuid:job_id>/cancel",
    tag=_TAG,
    scope=Scope.CLONE,
    answer=CloneJobInfo,
    problems=("not-possible",),
)
def cancel_job(call: ApiCall[NoParams], job_id: uuid.UUID) -> CloneJobInfo:
    """Cancel a clone; what the provider already made is removed there."""
    try:
        cancel_clone(call.user, job=get_clone_job(call.user, job_id), now=call.now)
    except NothingToDo as exc:
        raise RequestRefused("not-possible", str(exc)) from None
    return _describe(get_clone_job(call.user, job_id))


@endpoint(
    "POST",
    "clone-jobs/<uuid:job_id>/retry",
    tag=_TAG,
    scope=Scope.CLONE,
    answer=CloneJobInfo,
    statuses=(202,),
    problems=("not-possible",),
)
def retry_job(call: ApiCall[NoParams], job_id: uuid.UUID) -> CreatedAnswer:
    """Retry a clone that failed or was canceled, as a new job; the consent is the same."""
    try:
        again = retry_clone(call.user, job=get_clone_job(call.user, job_id), now=call.now)
    except (NothingToDo, ConsentNeeded, OverBudget) as exc:
        raise RequestRefused("not-possible", str(exc)) from None
    job = _describe(get_clone_job(call.user, again.pk))
    return CreatedAnswer(job, f"/api/v1/clone-jobs/{again.pk}", 202)


def _describe(job: CloneJob) -> CloneJobInfo:
    return CloneJobInfo(
        id=job.pk,
        name=job.name,
        provider=job.account.provider,
        account_id=job.account_id,
        state=job.state,
        step=job.step,
        percent=job.percent,
        message=job.message,
        speaker=job.batch.speaker.name,
        requested_by=str(job.requested_by),
        responsible=str(job.responsible),
        voice_id=job.voice_id,
        retry_of=job.retry_of_id,
        created_at=job.created_at,
        ended_at=job.ended_at,
    )
