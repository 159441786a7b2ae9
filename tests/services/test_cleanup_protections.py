"""An approved plan waits while owners can keep voices; protected voices enter no plan."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from catalog.core.locales import find_locale, reading_in, say_day
from catalog.jobs.cleanups.plans import find_due_plans, start_plan
from catalog.models import (
    AuditEntry,
    CleanupPlan,
    Credential,
    Membership,
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
    create_plan,
)
from catalog.services.cleanups.protections import lift_protection, protect_voice
from catalog.services.cleanups.rules import change_rules
from tests import factories

NOW = factories.NOW
LATER = NOW + timedelta(days=7)
State = PlannedDeletion.State


@pytest.fixture
def clone(cast) -> Voice:
    """Return a clone that Mia is responsible for."""
    voice = factories.make_clone(cast.account, "Ada")
    factories.make_job(cast.mia, cast.credential, voice=voice)
    return voice


@pytest.fixture
def plan(cast, clone) -> CleanupPlan:
    """Return a waiting plan for the clone, which Ana approved."""
    made = create_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk], now=NOW)
    approve_plan(cast.ana, plan=made, now=NOW)
    return made


def test_approved_plan_waits_a_week_and_notifies_the_owner(cast, plan, wakes):
    assert plan.due_at == LATER
    assert plan.lines.get().state == State.HELD
    assert wakes == []
    notice = Notification.objects.get()
    assert (notice.user, notice.page) == (cast.mia, Notification.Page.KEEPING)
    assert notice.text.startswith("One of your clones will be deleted on")
    assert find_held_lines(cast.mia) == [plan.lines.get()]
    assert find_due_plans(LATER - timedelta(seconds=1)) == []
    assert find_due_plans(LATER) == [plan.pk]


def test_voice_in_a_waiting_plan_enters_no_other_plan(cast, clone, plan):
    other = factories.make_clone(cast.account, "Bo")

    with pytest.raises(NothingToPlan):
        create_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk], now=NOW)
    second = create_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk, other.pk], now=NOW)
    assert ([line.voice for line in second.lines.all()], second.planned_count) == ([other], 1)

    keep_voice(cast.mia, line=plan.lines.get(), now=NOW)
    with pytest.raises(NothingToPlan):
        create_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk], now=NOW)


def test_downtime_extends_the_waiting_time_and_owners_are_notified_again(
    cast, plan, wakes, monkeypatch
):
    monkeypatch.setattr("catalog.schedule.database_now", lambda: LATER)
    factories.make_beat("schedule", "", NOW + timedelta(days=1))

    sweep_task()
    sweep_task()

    plan.refresh_from_db()
    assert (plan.due_at, plan.started_at) == (LATER + timedelta(days=6), None)
    assert plan.lines.get().state == State.HELD
    assert [notice.user for notice in Notification.objects.all()] == [cast.mia]
    assert AuditEntry.objects.get(action="plan postponed").facts == {"hours": 144}


def test_restart_of_a_few_minutes_does_not_postpone_a_plan(plan, wakes, monkeypatch):
    monkeypatch.setattr("catalog.schedule.database_now", lambda: LATER)
    factories.make_beat("schedule", "", LATER - timedelta(minutes=10))

    sweep_task()

    plan.refresh_from_db()
    assert (plan.due_at, plan.started_at) == (LATER, LATER)


def test_due_plan_starts_once(plan):
    line = plan.lines.get()

    assert start_plan(plan.pk, LATER - timedelta(minutes=1)) == []
    assert Notification.objects.filter(plan=plan).exists()
    assert start_plan(plan.pk, LATER) == [line.pk]
    assert start_plan(plan.pk, LATER) == []
    assert not Notification.objects.exists()

    line.refresh_from_db()
    assert line.state == State.QUEUED
    assert AuditEntry.objects.get(action="plan started").facts == {"voices": 1, "skipped": 0}


def test_owner_can_keep_a_voice_with_an_audit_entry(cast, plan):
    line = plan.lines.get()

    assert keep_voice(cast.mia, line=line, now=NOW)

    line.refresh_from_db()
    assert (line.state, line.kept_by) == (State.KEPT, cast.mia)
    assert line.message_words == "Mia keeps this voice until Feb 19, 2027."
    with reading_in(find_locale("en-GB"), None):
        assert line.message_words == "Mia keeps this voice until 19 Feb 2027."
    assert not Notification.objects.exists()
    assert start_plan(plan.pk, LATER) == []
    assert AuditEntry.objects.get(action="voice kept").actor == cast.mia


def test_other_members_and_other_teams_cannot_keep_a_voice(cast, plan):
    other = factories.make_user("Kim", cast.aurora)

    for person in (other, cast.sam):
        with pytest.raises(PermissionDenied):
            keep_voice(person, line=plan.lines.get(), now=NOW)

    assert find_held_lines(other) == []


def test_voice_cannot_be_kept_or_called_off_once_the_plan_started(cast, plan):
    start_plan(plan.pk, LATER)

    assert not keep_voice(cast.mia, line=plan.lines.get(), now=LATER)
    assert not call_off_plan(cast.ana, plan=plan, now=LATER)
    assert plan.lines.get().state == State.QUEUED


def test_calling_off_a_plan_keeps_all_voices(cast, plan):
    assert call_off_plan(cast.ana, plan=plan, now=NOW)

    assert plan.lines.get().state == State.KEPT
    assert find_due_plans(LATER) == []
    notice = Notification.objects.get()
    assert notice.user == cast.mia
    assert notice.words == f"Ana canceled cleanup plan {plan.pk}. Your clone in it stays."
    with pytest.raises(PermissionDenied):
        call_off_plan(cast.mia, plan=plan, now=NOW)


def test_the_admin_who_approved_a_plan_is_notified_when_another_cancels_it(cast, plan):
    admin = factories.make_user("Kim", cast.aurora, role=Membership.Role.ADMIN)

    assert call_off_plan(admin, plan=plan, now=NOW)

    found = {notice.user: notice.words for notice in Notification.objects.all()}
    assert found == {
        cast.ana: f"Kim canceled cleanup plan {plan.pk}. All its voices stay.",
        cast.mia: f"Kim canceled cleanup plan {plan.pk}. Your clone in it stays.",
    }


def test_an_announcement_says_what_each_provider_can_do_and_follows_what_is_kept(cast):
    stepfun = factories.make_account(cast.aurora, provider="stepfun", last_owner=cast.ana)
    clones = [factories.make_clone(cast.account, name) for name in ("Ada", "Bo")]
    clones.append(factories.make_clone(stepfun, "Cy"))
    for voice in clones:
        factories.make_job(cast.mia, cast.credential, voice=voice)
    plan = create_plan(
        cast.ana, team=cast.aurora, voice_ids=[voice.pk for voice in clones], now=NOW
    )
    approve_plan(cast.ana, plan=plan, now=NOW)
    day = say_day(plan.due_at)
    lines = {line.name: line for line in plan.lines.all()}

    assert Notification.objects.get().words == (
        f"3 of your clones are in a cleanup plan: on {day}, 2 will be deleted and 1 hidden, "
        "because not every provider can delete voices. You can still keep them."
    )
    keep_voice(cast.mia, line=lines["Ada"], now=NOW)
    keep_voice(cast.mia, line=lines["Bo"], now=NOW)
    words = "because its provider can't delete voices. You can still keep it."
    assert Notification.objects.get().words == (
        f"One of your clones will be hidden on {day}, {words}"
    )


def test_approving_more_than_20_deletions_requires_typing_the_number(cast):
    voices = [factories.make_clone(cast.account, f"Voice {number}") for number in range(21)]
    ids = [voice.pk for voice in voices]
    plan = create_plan(cast.ana, team=cast.aurora, voice_ids=ids, now=NOW)

    for typed in ("", "20", "twenty-one"):
        with pytest.raises(NumberNotTyped):
            approve_plan(cast.ana, plan=plan, now=NOW, typed=typed)
    approve_plan(cast.ana, plan=plan, now=NOW, typed=" 21 ")

    assert plan.lines.held().count() == 21


def test_plan_has_no_more_voices_than_the_team_allows(cast):
    ids = [factories.make_clone(cast.account, name).pk for name in "abcd"]
    factories.make_rules(cast.aurora, most_per_run=3)

    plan = create_plan(cast.ana, team=cast.aurora, voice_ids=ids, now=NOW)

    assert (plan.lines.count(), plan.spare_count) == (3, 1)
    assert [line.position for line in plan.lines.order_by("position")] == [1, 2, 3]


def test_planned_deletion_shows_its_reasons_uses_and_owner(cast, clone):
    factories.make_collection(cast.mia, cast.aurora, clone, name="Trailers", is_shared=True)
    factories.make_collection(cast.mia, cast.aurora, clone, name="Secret")
    Voice.objects.update(state=Voice.State.FAILED)

    line = create_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk], now=NOW).lines.get()

    assert [reason["rule"] for reason in line.reasons] == ["failed"]
    assert line.uses == ["A private collection", "Collection Trailers"]
    assert (line.responsible, line.last_use) == (cast.mia, "never (it failed)")


def test_shared_key_that_made_the_voice_is_used_to_delete_it(cast, clone):
    own = factories.make_credential(cast.mia, cast.account, is_shared=True)
    clone.clone_jobs.update(credential=own)

    plan = create_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk], now=NOW)

    assert plan.lines.get().credential == own


def test_without_a_shared_key_the_message_names_whom_to_ask(cast, clone):
    Credential.objects.filter(pk=cast.credential.pk).update(abilities={"delete": "no"})
    factories.make_credential(cast.mia, cast.account, is_shared=False)

    plan = create_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk], now=NOW)
    approve_plan(cast.ana, plan=plan, now=NOW)
    assert (
        plan.lines.get().message == "No shared key can delete this voice. Ask Mia to share theirs."
    )
    Credential.objects.filter(owner=cast.mia).update(is_shared=True)
    start_plan(plan.pk, LATER)

    line = plan.lines.get()
    assert (line.state, line.credential.owner, line.message) == (State.QUEUED, cast.mia, "")


@pytest.mark.parametrize("kind", Protection.Kind)
def test_protected_voice_enters_no_plan(cast, clone, kind):
    other = factories.make_clone(cast.account, "Bo")
    protect_voice(cast.ana, voice=clone, kind=kind, reason="A court case", now=NOW)

    plan = create_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk, other.pk], now=NOW)

    assert [line.voice for line in plan.lines.all()] == [other]
    assert plan.protected_count == 1
    with pytest.raises(NothingToPlan):
        create_plan(cast.ana, team=cast.aurora, voice_ids=[clone.pk], now=NOW)


def test_members_can_pin_and_only_admins_can_hold_and_release(cast, clone):
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


def test_only_admins_change_rules_and_the_audit_log_has_the_changes(cast):
    with pytest.raises(PermissionDenied):
        change_rules(cast.mia, team=cast.aurora, values={"unused_days": 1}, now=NOW)

    change_rules(cast.ana, team=cast.aurora, values={"unused_days": 30, "waiting_days": 7}, now=NOW)

    entry = AuditEntry.objects.get()
    assert (entry.before, entry.after) == ({"unused_days": 180}, {"unused_days": 30})
