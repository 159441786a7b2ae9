"""Cleanup plans. A program can read them; people approve them."""

import uuid
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from catalog import policies
from catalog.api.endpoints import Answer, ApiCall, endpoint
from catalog.api.pages import cut_list, cut_page
from catalog.api.parameters import NoParams, PageParams
from catalog.models import CleanupPlan, PlannedDeletion
from catalog.models.tokens import Scope
from catalog.services.cleanups.keeps import keep_voice
from catalog.views.base.problems import RequestRefused

_TAG = "Cleanup"


class PlanSummary(Answer):
    """A plan to delete voices at their providers."""

    id: int
    state: str
    drawn_up_by: str
    drawn_up_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    due_at: datetime | None
    started_at: datetime | None
    canceled_at: datetime | None


class PlanList(Answer):
    """A page of plans, the newest first."""

    data: list[PlanSummary]
    next_cursor: str | None


class PlanLine(Answer):
    """One voice of a plan, why it is in it, and what became of it."""

    id: uuid.UUID
    voice_id: int | None
    name: str
    provider_voice_id: str
    account_id: int
    reasons: list[str]
    state: str
    message: str
    responsible: str | None
    ended_at: datetime | None


class PlanDetail(PlanSummary):
    """A plan with a page of its voices."""

    voices: list[PlanLine]
    next_cursor: str | None


@endpoint("GET", "plans", tag=_TAG, scope=Scope.ADMIN, answer=PlanList, params=PageParams)
def list_plans(call: ApiCall[PageParams]) -> PlanList:
    """List the team's cleanup plans."""
    shown, cursor = cut_page(call, _find_plans(call))
    return PlanList(data=[PlanSummary(**_summarize(each)) for each in shown], next_cursor=cursor)


@endpoint(
    "GET",
    "plans/<row:plan_id>",
    tag=_TAG,
    scope=Scope.ADMIN,
    answer=PlanDetail,
    params=PageParams,
)
def get_plan(call: ApiCall[PageParams], plan_id: int) -> PlanDetail:
    """Get a plan with its voices, a page at a time."""
    plan = _find_plans(call).get(pk=plan_id)
    rows = plan.lines.taken().select_related("responsible").order_by("position", "name", "pk")
    lines, cursor = cut_list(call, list(rows))
    return PlanDetail(
        **_summarize(plan), voices=[_describe(each) for each in lines], next_cursor=cursor
    )


@endpoint(
    "POST",
    "plans/<row:plan_id>/lines/<uuid:line_id>/keep",
    tag=_TAG,
    scope=Scope.WRITE,
    answer=None,
    problems=("not-possible",),
)
def keep_planned_voice(call: ApiCall[NoParams], plan_id: int, line_id: uuid.UUID) -> HttpResponse:
    """Keep a voice that you are responsible for, or any as an admin, out of a plan."""
    plan = CleanupPlan.objects.visible_to(call.user).get(pk=plan_id)
    line = plan.lines.select_related("voice", "plan__team").get(pk=line_id)
    if not keep_voice(call.user, line=line, now=call.now):
        raise RequestRefused("not-possible", "Its deletion has already started, or isn't planned.")
    return HttpResponse(status=204)


def _find_plans(call: ApiCall[PageParams]) -> Any:
    if not policies.may_delete_voices(call.user, call.team):
        raise PermissionDenied
    rows = CleanupPlan.objects.visible_to(call.user)
    return rows.select_related("drawn_up_by", "approved_by")


def _summarize(plan: CleanupPlan) -> dict[str, Any]:
    return {
        "id": plan.pk,
        "state": plan.state_words,
        "drawn_up_by": str(plan.drawn_up_by),
        "drawn_up_at": plan.drawn_up_at,
        "approved_by": str(plan.approved_by) if plan.approved_by else None,
        "approved_at": plan.approved_at,
        "due_at": plan.due_at,
        "started_at": plan.started_at,
        "canceled_at": plan.called_off_at,
    }


def _describe(line: PlannedDeletion) -> PlanLine:
    return PlanLine(
        id=line.pk,
        voice_id=line.voice_id,
        name=line.name,
        provider_voice_id=line.remote_id,
        account_id=line.account_id,
        reasons=[str(each["label"]) for each in line.reasons],
        state=line.state,
        message=line.message_words,
        responsible=str(line.responsible) if line.responsible else None,
        ended_at=line.ended_at,
    )
