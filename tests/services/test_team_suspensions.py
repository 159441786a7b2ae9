"""A suspended member can do nothing, keeps what they own, and can come back."""

import pytest
from django.core.exceptions import PermissionDenied

from catalog import policies
from catalog.core.crypto import hash_token
from catalog.models import (
    AuditEntry,
    CloneJob,
    Invitation,
    Membership,
    Notification,
    Team,
    Voice,
)
from catalog.queries.cleanups.rules import gather_facts
from catalog.queries.teams import find_members, find_own_memberships, find_successors
from catalog.services.teams.invitations import (
    MembershipSuspended,
    accept_invitation,
    find_invitation,
)
from catalog.services.teams.members import (
    change_role,
    lift_suspension,
    remove_member,
    suspend_member,
)
from tests import factories

NOW = factories.NOW
State, Step = CloneJob.State, CloneJob.Step


@pytest.fixture
def cast(cast):
    cast.cleo = factories.make_user("Cleo", cast.aurora, Membership.Role.CLONER)
    return cast


def membership_of(user, team=None):
    rows = Membership.everyone.filter(user=user).select_related("user", "team")
    return rows.get(team=team) if team else rows.get()


def suspend(actor, user, team=None):
    suspend_member(actor, membership=membership_of(user, team), now=NOW)


def lift(actor, user):
    lift_suspension(actor, membership=membership_of(user), now=NOW)


def test_a_suspended_member_sees_nothing_and_has_no_role(cast):
    suspend(cast.ana, cast.cleo)

    assert not Team.objects.visible_to(cast.cleo).exists()
    assert not Voice.objects.visible_to(cast.cleo).exists()
    assert find_own_memberships(cast.cleo) == []
    assert policies.role_in(cast.cleo, cast.aurora) is None
    assert not policies.may_use_credential(cast.cleo, cast.credential)
    assert cast.cleo.pk not in cast.aurora.memberships.values_list("user", flat=True)


def test_another_team_becomes_the_current_one(cast):
    Membership.objects.filter(user=cast.mia).update(chosen_at=NOW)
    Membership.objects.create(user=cast.mia, team=cast.borealis)

    suspend(cast.ana, cast.mia, cast.aurora)

    assert list(Team.objects.visible_to(cast.mia)) == [cast.borealis]


def test_only_admins_suspend_others_and_nobody_themself(cast):
    for actor, user in [(cast.mia, cast.cleo), (cast.sam, cast.mia), (cast.ana, cast.ana)]:
        with pytest.raises(PermissionDenied):
            suspend(actor, user)
    suspend(cast.ana, cast.cleo)
    for actor in (cast.mia, cast.sam, cast.cleo):
        with pytest.raises(PermissionDenied):
            lift(actor, cast.cleo)


def test_a_suspension_is_logged_once_and_told_to_the_other_admins(cast):
    Membership.objects.filter(user=cast.cleo).update(role="admin")

    suspend(cast.ana, cast.mia)
    suspend(cast.ana, cast.mia)

    entry = AuditEntry.objects.get(action="member suspended")
    assert (entry.who, entry.target_name, entry.team) == ("Ana", "Mia", cast.aurora)
    notice = Notification.objects.get()
    assert (notice.user, notice.page) == (cast.cleo, "team")
    assert "name a new owner" in notice.text


def test_jobs_that_were_not_sent_stop_and_the_others_go_on(cast):
    waiting = factories.make_job(cast.cleo, cast.credential)
    sent = factories.make_job(cast.cleo, cast.credential, step=Step.SENT, state=State.WAITING)

    suspend(cast.ana, cast.cleo)

    waiting.refresh_from_db()
    sent.refresh_from_db()
    assert (waiting.state, sent.state) == (State.FAILED, State.WAITING)
    assert waiting.message == "Stopped: Cleo was suspended."
    assert AuditEntry.objects.get(action="member suspended").facts["stopped_jobs"] == 1


def test_links_that_a_suspended_admin_made_never_work_again(cast):
    Membership.objects.filter(user=cast.cleo).update(role="admin")
    factories.make_invitation(cast.cleo, cast.aurora, token_hash=hash_token("t"))

    suspend(cast.ana, cast.cleo)
    lift(cast.ana, cast.cleo)

    assert find_invitation("t", now=NOW) is None
    assert Invitation.objects.get().withdrawn_at == NOW


def test_an_invitation_does_not_lift_a_suspension(cast):
    factories.make_invitation(cast.ana, cast.aurora, token_hash=hash_token("t"))
    suspend(cast.ana, cast.mia)

    with pytest.raises(MembershipSuspended):
        accept_invitation(cast.mia, token="t", now=NOW)

    assert Invitation.objects.get().used_at is None


def test_what_a_suspended_member_owns_stays_theirs(cast):
    voice = factories.make_clone(cast.account, responsible=cast.mia)

    suspend(cast.ana, cast.mia)

    voice.refresh_from_db()
    facts = gather_facts(cast.aurora, Voice.objects.filter(pk=voice.pk), NOW)
    assert voice.responsible == cast.mia
    assert cast.mia.pk in facts.members


def test_a_lifted_suspension_gives_back_the_role(cast):
    suspend(cast.ana, cast.cleo)
    lift(cast.ana, cast.cleo)
    lift(cast.ana, cast.cleo)

    assert policies.role_in(cast.cleo, cast.aurora) == "cloner"
    assert AuditEntry.objects.filter(action="suspension lifted").count() == 1


def test_a_suspended_member_can_be_removed_but_takes_over_nothing(cast):
    suspend(cast.ana, cast.cleo)
    assert cast.cleo not in [row.user for row in find_successors(membership_of(cast.mia))]

    factories.make_clone(cast.account, responsible=cast.cleo)
    remove_member(
        cast.ana,
        membership=membership_of(cast.cleo),
        new_owner=membership_of(cast.mia),
        reason="",
        now=NOW,
    )

    assert not Membership.everyone.filter(user=cast.cleo).exists()


def test_a_suspended_admin_does_not_count_as_the_team_s_admin(cast):
    Membership.objects.filter(user=cast.cleo).update(role="admin")
    suspend(cast.ana, cast.cleo)

    assert not policies.runs_a_team(cast.cleo)
    # Cleo's password opens the team again once the suspension is lifted.
    assert policies.holds_admin_role(cast.cleo)
    change_role(cast.ana, membership=membership_of(cast.cleo), role="viewer", now=NOW)
    assert membership_of(cast.cleo).role == "admin"


def test_an_admin_of_one_team_resets_no_password_of_someone_suspended_in_another(cast):
    Membership.objects.create(user=cast.mia, team=cast.borealis, suspended_at=NOW)

    assert not policies.may_reset_password(cast.ana, cast.mia)
    assert policies.find_resettable(cast.ana, [membership_of(cast.mia, cast.aurora)]) == []


def test_only_admins_see_who_is_suspended(cast):
    suspend(cast.ana, cast.cleo)

    shown = [row.user for row in find_members(cast.ana, with_suspended=True)]
    assert cast.cleo in shown
    assert cast.cleo not in [row.user for row in find_members(cast.mia)]
