"""Draw up a replacement plan, decide its lines, start its clones, and cancel it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.core.locales import storing
from catalog.models import (
    Charge,
    Credential,
    Evacuation,
    EvacuationLine,
    ProviderAccount,
    Team,
    User,
    Voice,
)
from catalog.policies.evacuations import may_change_evacuation
from catalog.queries.evacuations.candidates import find_candidates, find_lasting
from catalog.queries.evacuations.targets import (
    CarriedConsents,
    LineChoice,
    choose_target,
    count_asked,
    find_clone_obstacle,
    find_makers,
    find_move_targets,
    find_target_obstacle,
    sum_targets,
)
from catalog.services.budgets import OverBudget, demand_budget
from catalog.tasks import enqueue_evacuation

MOST_VOICES = 1000
_BATCH = 200
State, Choice = Evacuation.State, EvacuationLine.Choice
CONFIRMATION = "The speakers' permission covers these providers, and I can prove it."


class NothingToReplace(Exception):
    """The user can see none of the voices, or all of them are in other open plans."""


class CannotStartClones(Exception):
    """The clones can't be started; the message says why, and what to do."""


class PlanClosed(Exception):
    """The plan was approved or canceled, so it can't be changed."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends: a whole provider, an account, or the voices themselves."""

    cause: str = Evacuation.Cause.MOVE
    provider: str = ""
    account: ProviderAccount | None = None


@transaction.atomic
@storing()
def create_evacuation(
    user: User, *, team: Team, voice_ids: Collection[int], ending: Ending, now: datetime
) -> Evacuation:
    """Store a draft with a proposal for each voice. Nothing is cloned or replaced.

    A voice's own samples come first, and are chosen if another provider can take them. Otherwise
    a person decides between the nearest voices. Raises NothingToReplace.
    """
    if not policies.may_clone(user, team):
        raise PermissionDenied
    rows = Voice.objects.visible_to(user).filter(pk__in=list(voice_ids), account__team=team)
    voices = list(rows.select_related("account").order_by("provider", "sort_name", "pk"))
    voices = voices[:MOST_VOICES]
    if not voices:
        raise NothingToReplace
    plan = Evacuation.objects.create(
        team=team,
        made_by=user,
        cause=ending.cause,
        provider=ending.provider,
        account=ending.account,
        created_at=now,
    )
    EvacuationLine.objects.bulk_create(_propose(user, plan, voices, now), batch_size=_BATCH)
    record(user, "replacement plan created", plan, team=team, now=now, voices=len(voices))
    return plan


def _propose(
    user: User, plan: Evacuation, voices: list[Voice], now: datetime
) -> list[EvacuationLine]:
    ids = [voice.pk for voice in voices]
    makers, targets = find_makers(user, ids), find_move_targets(user)
    consents = CarriedConsents(makers.values(), now.date())
    target = choose_target(targets, voices)
    lasting = find_lasting(user, besides=ids)
    if plan.cause == Evacuation.Cause.ACCOUNT:
        lasting = lasting.exclude(account=plan.account)
    if plan.cause == Evacuation.Cause.PROVIDER:
        lasting = lasting.exclude(provider=plan.provider)
    found = find_candidates(user, voices, lasting)
    lines = []
    for position, voice in enumerate(voices, start=1):
        job = makers.get(voice.pk)
        obstacle = find_clone_obstacle(job, consents)
        is_possible = not obstacle and target is not None and job is not None
        if is_possible and job and target and find_target_obstacle(job, voice, target.info):
            is_possible = False
        lines.append(
            EvacuationLine(
                evacuation=plan,
                position=position,
                voice=voice,
                name=voice.shown_name,
                job=job,
                obstacle=obstacle,
                candidates=[each.as_json() for each in found[voice.pk]],
                choice=Choice.CLONE if is_possible else Choice.OPEN,
                credential=target if is_possible else None,
            )
        )
    return lines


@transaction.atomic
@storing()
def choose_replacements(
    user: User, *, evacuation: Evacuation, choices: Mapping[UUID, LineChoice], now: datetime
) -> int:
    """Decide lines of an open plan; return how many changed.

    A choice that a line doesn't allow is left out: a clone without samples or consent, or a voice
    that is itself replaced by the plan. Raises PlanClosed.
    """
    plan = _lock_open(user, evacuation)
    rows = plan.lines.filter(pk__in=list(choices)).select_related("job__account", "voice")
    lines = list(rows.prefetch_related("job__batch__sources__sample"))
    replaced = set(plan.lines.values_list("voice", flat=True))
    changed = [line for line in lines if _decide(line, choices[line.pk], replaced)]
    EvacuationLine.objects.bulk_update(
        changed, ["choice", "credential", "replacement", "state", "message"], batch_size=_BATCH
    )
    record(user, "replacements chosen", plan, team=plan.team, now=now, voices=len(changed))
    return len(changed)


def _decide(line: EvacuationLine, wanted: LineChoice, replaced: set[int]) -> bool:
    if wanted.choice == Choice.CLONE and not _may_clone_line(line, wanted.credential):
        return False
    if wanted.choice == Choice.VOICE and (wanted.voice is None or wanted.voice.pk in replaced):
        return False
    is_clone = wanted.choice == Choice.CLONE
    credential = wanted.credential if is_clone and line.batch_id is None else line.credential
    replacement = wanted.voice if wanted.choice == Choice.VOICE else None
    before = (line.choice, line.credential_id, line.replacement_id)
    line.choice, line.credential, line.replacement = wanted.choice, credential, replacement
    if line.state == EvacuationLine.State.FAILED:
        line.state, line.message = EvacuationLine.State.PLANNED, ""
    return before != (line.choice, line.credential_id, line.replacement_id)


def _may_clone_line(line: EvacuationLine, credential: Credential | None) -> bool:
    if line.batch_id is not None:
        return True  # it was requested before, and can be chosen again
    if line.obstacle or line.job is None or credential is None:
        return False
    return not find_target_obstacle(line.job, line.voice, credential.info)


@transaction.atomic
def start_clones(user: User, *, evacuation: Evacuation, is_confirmed: bool, now: datetime) -> int:
    """Have a worker request the clones that the plan still needs; return how many.

    The consent that each voice was made under is carried over, which the user confirms. Raises
    CannotStartClones, PlanClosed.
    """
    plan = _lock_open(user, evacuation)
    wanted = plan.lines.filter(choice=Choice.CLONE, batch=None, state=EvacuationLine.State.PLANNED)
    count = wanted.count()
    if not count or plan.is_starting:
        raise CannotStartClones("There is no clone to start.")
    if not is_confirmed:
        raise CannotStartClones("Confirm the speakers' permission first.")
    lines = list(wanted.select_related("credential"))
    _check_targets(user, lines)
    paid = sum(not line.credential.info.is_built_in for line in lines if line.credential)
    try:
        demand_budget(user, team=plan.team, unit=Charge.Unit.VOICES, amount=paid, now=now)
    except OverBudget as exc:
        raise CannotStartClones(str(exc)) from None
    wanted.update(state=EvacuationLine.State.QUEUED, message="")
    Evacuation.objects.filter(pk=plan.pk).update(
        state=State.QUEUED,
        started_by=user,
        started_at=plan.started_at or now,
        not_before=None,
        woken_at=now,
        told_at=None,
    )
    record(
        user,
        "replacement clones started",
        plan,
        team=plan.team,
        now=now,
        voices=count,
        statement=CONFIRMATION,
    )
    transaction.on_commit(partial(enqueue_evacuation, plan.pk))
    return count


def _check_targets(user: User, lines: Collection[EvacuationLine]) -> None:
    counts = count_asked(lines)
    sums = sum_targets(find_move_targets(user), counts.items())
    if sum(each.count for each in sums) < counts.total():
        raise CannotStartClones(
            "A key was removed, or its account ends too. Choose another provider."
        )
    for each in sums:
        title = each.target.credential.title
        if each.target.obstacle:
            raise CannotStartClones(f"{title}: {each.target.obstacle}")
        if each.lacking_count:
            raise CannotStartClones(
                f"{title} has too few free slots: {each.lacking_count} of {each.count} clones don't"
                " fit. Free slots, or choose another replacement for some voices."
            )


@transaction.atomic
def cancel_evacuation(user: User, *, evacuation: Evacuation, now: datetime) -> None:
    """Close an open plan: nothing is replaced. Requested clones stay. Raises PlanClosed."""
    plan = _lock_open(user, evacuation)
    plan.lines.filter(state=EvacuationLine.State.QUEUED).update(state=EvacuationLine.State.PLANNED)
    Evacuation.objects.filter(pk=plan.pk).update(
        state=State.CANCELED, canceled_by=user, ended_at=now, fence=plan.fence + 1, lease_until=None
    )
    record(user, "replacement plan canceled", plan, team=plan.team, now=now)


def _lock_open(user: User, evacuation: Evacuation) -> Evacuation:
    """Return the plan, locked against a worker and other people."""
    if not may_change_evacuation(user, evacuation):
        raise PermissionDenied
    rows = Evacuation.objects.select_for_update(of=("self",), no_key=True).select_related("team")
    plan = rows.get(pk=evacuation.pk)
    if not plan.is_open:
        raise PlanClosed("This plan is closed.")
    return plan
