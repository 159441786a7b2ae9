"""A confirmed plan waits: owners are told and keep what they need, and nothing protected enters."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from catalog.jobs.cleanups.plans import find_due_plans, start_plan
from catalog.models import (
    AuditEntry,
    CleanupPlan,
    Credential,
    Notification,
    PlannedDeletion,
    Protection,
    Voice,
)
from catalog.queries.cleanups.plans import find_held_lines
from catalog.schedule import sweep_task
from catalog.services.cleanups.keeps import keep_voice
from catalog.services.cleanups.plans import (
    NothingToPlan,
    NumberNotTyped,
    approve_plan,
    call_off_plan,
    draw_up_plan,
)
from catalog.services.cleanups.protections import lift_protection, protect_voice
from catalog.services.cleanups.rules import change_rules
from tests import factories

NOW = factories.NOW
LATER = NOW + timedelta(days=7)
State = PlannedDeletion.State


@pytest.fixture
def clone(cast) -> Voice:
    """Return a clone that Mia answers for."""
    voice = factories.make_clone(cast.account, "Ada")
    factories.make_job(cast.mia, cast.credential, voice=voice)
    return voice


@pytest.fixture
def plan(cast, clone) -> CleanupPlan:
    """Return a plan for it that Ana confirmed, which waits."""
    made = draw_up_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk], now=NOW)
    approve_plan(cast.ana, plan=made, now=NOW)
    return made


def test_a_confirmed_plan_waits_a_week_and_tells_who_answers(cast, plan, wakes):
    assert plan.due_at == LATER
    assert plan.lines.get().state == State.HELD
    assert wakes == []
    notice = Notification.objects.get()
    assert (notice.user, notice.page) == (cast.mia, Notification.Page.KEEPING)
    assert notice.text.startswith("A clone of yours is to be deleted on")
    assert find_held_lines(cast.mia) == [plan.lines.get()]
    assert find_due_plans(LATER - timedelta(seconds=1)) == []
    assert find_due_plans(LATER) == [plan.pk]


def test_a_voice_that_waits_in_one_plan_enters_no_other(cast, clone, plan):
    other = factories.make_clone(cast.account, "Bo")

    with pytest.raises(NothingToPlan):
        draw_up_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk], now=NOW)
    second = draw_up_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk, other.pk], now=NOW)
    assert ([line.voice for line in second.lines.all()], second.planned_count) == ([other], 1)

    keep_voice(cast.mia, line=plan.lines.get(), now=NOW)
    with pytest.raises(NothingToPlan):
        draw_up_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk], now=NOW)


def test_time_in_which_nobody_could_keep_a_voice_is_added_and_owners_are_told_again(
    cast, plan, wakes, monkeypatch
):
    monkeypatch.setattr("catalog.schedule.database_now", lambda: LATER)
    factories.make_beat("schedule", "", NOW + timedelta(days=1))

    sweep_task()
    sweep_task()

    plan.refresh_from_db()
    assert (plan.due_at, plan.started_at) == (LATER + timedelta(days=6), None)
    assert plan.lines.get().state == State.HELD
    assert [notice.user for notice in Notification.objects.all()] == [cast.mia] * 2
    assert AuditEntry.objects.get(action="plan postponed").facts == {"hours": 144}


def test_a_restart_of_a_few_minutes_postpones_nothing(plan, wakes, monkeypatch):
    monkeypatch.setattr("catalog.schedule.database_now", lambda: LATER)
    factories.make_beat("schedule", "", LATER - timedelta(minutes=10))

    sweep_task()

    plan.refresh_from_db()
    assert (plan.due_at, plan.started_at) == (LATER, LATER)


def test_its_time_comes_once(plan):
    line = plan.lines.get()

    assert start_plan(plan.pk, LATER - timedelta(minutes=1)) == []
    assert start_plan(plan.pk, LATER) == [line.pk]
    assert start_plan(plan.pk, LATER) == []

    line.refresh_from_db()
    assert line.state == State.QUEUED
    assert AuditEntry.objects.get(action="plan started").facts == {"voices": 1, "skipped": 0}


def test_the_owner_keeps_a_voice_and_that_stands_in_the_log(cast, plan):
    line = plan.lines.get()

    assert keep_voice(cast.mia, line=line, now=NOW)

    line.refresh_from_db()
    assert (line.state, line.kept_by, line.message) == (
        State.KEPT,
        cast.mia,
        "Mia keeps this voice until Feb 19, 2027.",
    )
    assert start_plan(plan.pk, LATER) == []
    assert AuditEntry.objects.get(action="voice kept").actor == cast.mia


def test_neither_a_stranger_nor_another_member_keeps_it(cast, plan):
    other = factories.make_user("Kim", cast.aurora)

    for person in (other, cast.sam):
        with pytest.raises(PermissionDenied):
            keep_voice(person, line=plan.lines.get(), now=NOW)

    assert find_held_lines(other) == []


def test_what_has_begun_can_no_longer_be_kept_or_called_off(cast, plan):
    start_plan(plan.pk, LATER)

    assert not keep_voice(cast.mia, line=plan.lines.get(), now=LATER)
    assert not call_off_plan(cast.ana, plan=plan, now=LATER)
    assert plan.lines.get().state == State.QUEUED


def test_a_plan_that_is_called_off_restores_all(cast, plan):
    assert call_off_plan(cast.ana, plan=plan, now=NOW)

    assert plan.lines.get().state == State.KEPT
    assert find_due_plans(LATER) == []
    with pytest.raises(PermissionDenied):
        call_off_plan(cast.mia, plan=plan, now=NOW)


def test_more_than_twenty_need_their_number_typed(cast):
    voices = [factories.make_clone(cast.account, f"Voice {number}") for number in range(21)]
    ids = [voice.pk for voice in voices]
    plan = draw_up_plan(cast.ana, team=cast.aurora, voice_ids=ids, now=NOW)

    for typed in ("", "20", "twenty-one"):
        with pytest.raises(NumberNotTyped):
            approve_plan(cast.ana, plan=plan, now=NOW, typed=typed)
    approve_plan(cast.ana, plan=plan, now=NOW, typed=" 21 ")

    assert plan.lines.held().count() == 21


def test_one_run_deletes_no_more_than_the_team_allows(cast):
    ids = [factories.make_clone(cast.account, name).pk for name in "abcd"]
    factories.make_rules(cast.aurora, most_per_run=3)

    plan = draw_up_plan(cast.ana, team=cast.aurora, voice_ids=ids, now=NOW)

    assert (plan.lines.count(), plan.spare_count) == (3, 1)
    assert [line.position for line in plan.lines.order_by("position")] == [1, 2, 3]


def test_a_line_tells_why_where_used_and_who_is_told(cast, clone):
    factories.make_collection(cast.mia, cast.aurora, clone, name="Trailers", is_shared=True)
    factories.make_collection(cast.mia, cast.aurora, clone, name="Secret")
    Voice.objects.update(state=Voice.State.FAILED)

    line = draw_up_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk], now=NOW).lines.get()

    assert [reason["rule"] for reason in line.reasons] == ["failed"]
    assert line.uses == ["A private collection", "Collection Trailers"]
    assert (line.responsible, line.last_use) == (cast.mia, "never (it failed)")


def test_the_key_that_made_the_voice_deletes_it_where_its_owner_shares_it(cast, clone):
    own = factories.make_credential(cast.mia, cast.account, is_shared=True)
    clone.clone_jobs.update(credential=own)

    plan = draw_up_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk], now=NOW)

    assert plan.lines.get().credential == own


def test_without_a_shared_key_the_line_names_whom_to_ask(cast, clone):
    Credential.objects.filter(pk=cast.credential.pk).update(abilities={"delete": "no"})
    factories.make_credential(cast.mia, cast.account, is_shared=False)

    plan = draw_up_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk], now=NOW)
    approve_plan(cast.ana, plan=plan, now=NOW)
    assert (
        plan.lines.get().message == "No shared key can delete this voice. Ask Mia to share theirs."
    )
    Credential.objects.filter(owner=cast.mia).update(is_shared=True)
    start_plan(plan.pk, LATER)

    line = plan.lines.get()
    assert (line.state, line.credential.owner, line.message) == (State.QUEUED, cast.mia, "")


@pytest.mark.parametrize("kind", Protection.Kind)
def test_a_protected_voice_enters_no_plan(cast, clone, kind):
    other = factories.make_clone(cast.account, "Bo")
    protect_voice(cast.ana, voice=clone, kind=kind, reason="A court case", now=NOW)

    plan = draw_up_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk, other.pk], now=NOW)

    assert [line.voice for line in plan.lines.all()] == [other]
    assert plan.protected_count == 1
    with pytest.raises(NothingToPlan):
        draw_up_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk], now=NOW)


def test_members_pin_admins_hold_and_lift(cast, clone):
    protect_voice(cast.mia, voice=clone, kind="pin", reason="", now=NOW)
    assert lift_protection(cast.mia, voice=clone, now=NOW)

    with pytest.raises(PermissionDenied):
        protect_voice(cast.mia, voice=clone, kind="hold", reason="", now=NOW)
    protect_voice(cast.ana, voice=clone, kind="hold", reason="", now=NOW)
    for act in (
        lambda: lift_protection(cast.mia, voice=clone, now=NOW),
        lambda: protect_voice(cast.mia, voice=clone, kind="pin", reason="", now=NOW),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert lift_protection(cast.ana, voice=clone, now=NOW)

    assert not Protection.objects.exists()


def test_rules_are_an_admin_s_and_the_log_tells_what_changed(cast):
    with pytest.raises(PermissionDenied):
        change_rules(cast.mia, team=cast.aurora, values={"unused_days": 1}, now=NOW)

    change_rules(cast.ana, team=cast.aurora, values={"unused_days": 30, "waiting_days": 7}, now=NOW)

    entry = AuditEntry.objects.get()
    assert (entry.before, entry.after) == ({"unused_days": 180}, {"unused_days": 30})
