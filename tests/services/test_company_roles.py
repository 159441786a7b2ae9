"""Groups at the company's provider give and take roles, and nothing that was given by hand."""

import pytest

from catalog import policies
from catalog.models import AuditEntry, Membership, Notification, Team, User
from catalog.queries.teams import find_mapping_fault
from catalog.services.teams.company_roles import apply_groups
from catalog.services.teams.members import (
    GroupsDecide,
    change_role,
    lift_suspension,
    suspend_member,
)
from catalog.services.teams.teams import NameMapped, make_team, rename_team
from tests import factories
from tests.threads import call_at_once

NOW = factories.NOW
ROLES = [
    ("staff", "Aurora", "viewer"),
    ("audio", "Aurora", "cloner"),
    ("leads", "Aurora", "admin"),
    ("audio", "Borealis", "member"),
]


@pytest.fixture(autouse=True)
def _roles(settings):
    settings.OIDC_ROLES = ROLES


@pytest.fixture
def nora(cast):
    return User.objects.create_user("nora@example.com", first_name="Nora")


def apply(user, *groups):
    apply_groups(user, groups=set(groups), now=NOW)


def roles_of(user):
    return {team.name: policies.role_in(user, team) for team in Team.objects.order_by("name")}


def membership_of(user, team):
    return Membership.everyone.select_related("user", "team").get(user=user, team=team)


def test_the_highest_role_of_all_groups_counts_in_each_team(cast, nora):
    apply(nora, "staff", "audio", "unknown")

    assert roles_of(nora) == {"Aurora": "cloner", "Borealis": "member"}
    entry = AuditEntry.objects.filter(team=cast.aurora).get()
    assert (entry.action, entry.actor, entry.reason) == (
        "member added by group", None, "Groups at Acme"
    )  # fmt: skip


def test_other_groups_give_another_role_and_the_same_ones_change_nothing(cast, nora):
    apply(nora, "staff")
    apply(nora, "audio")
    count = AuditEntry.objects.count()
    apply(nora, "audio")

    assert roles_of(nora) == {"Aurora": "cloner", "Borealis": "member"}
    assert AuditEntry.objects.filter(action="role changed").get().changes == [
        ("role", "viewer", "cloner")
    ]
    assert AuditEntry.objects.count() == count


def test_someone_in_no_group_anymore_is_suspended_and_the_admins_are_told(cast, nora):
    apply(nora, "audio")
    apply(nora)

    assert roles_of(nora) == {"Aurora": None, "Borealis": None}
    assert membership_of(nora, cast.aurora).suspension == "groups"
    assert [notice.user for notice in Notification.objects.order_by("user")] == [cast.ana, cast.sam]


def test_groups_lift_the_suspension_that_their_loss_caused(cast, nora):
    apply(nora, "audio")
    apply(nora)
    apply(nora, "staff")

    assert roles_of(nora) == {"Aurora": "viewer", "Borealis": None}


def test_an_admin_s_suspension_stays_whatever_the_groups(cast, nora):
    apply(nora, "staff")
    suspend_member(cast.ana, membership=membership_of(nora, cast.aurora), now=NOW)

    apply(nora, "leads")
    assert roles_of(nora)["Aurora"] is None
    apply(nora)
    lift_suspension(cast.ana, membership=membership_of(nora, cast.aurora), now=NOW)

    assert roles_of(nora)["Aurora"] == "viewer"


def test_a_membership_made_by_hand_is_never_changed(cast):
    apply(cast.mia, "leads")
    assert roles_of(cast.mia)["Aurora"] == "member"
    apply(cast.mia)

    assert roles_of(cast.mia)["Aurora"] == "member"


def test_the_last_admin_stays_and_is_told(cast, nora):
    apply(nora, "leads")
    change_role(cast.ana, membership=membership_of(cast.ana, cast.aurora), role="member", now=NOW)

    apply(nora, "staff")
    apply(nora)

    assert roles_of(nora)["Aurora"] == "admin"
    notice = Notification.objects.get()
    assert (notice.user, "Make someone else an admin." in notice.text) == (nora, True)


def test_one_of_two_admins_can_lose_the_role(cast, nora):
    apply(nora, "leads")
    apply(nora, "staff")

    assert roles_of(nora)["Aurora"] == "viewer"


def test_an_admin_cannot_change_a_role_that_groups_give(cast, nora, settings):
    apply(nora, "staff")
    membership = membership_of(nora, cast.aurora)

    with pytest.raises(GroupsDecide):
        change_role(cast.ana, membership=membership, role="admin", now=NOW)
    settings.OIDC_ROLES = []
    change_role(cast.ana, membership=membership, role="cloner", now=NOW)

    assert roles_of(nora)["Aurora"] == "cloner"


def test_two_sign_ins_at_once_make_one_membership(file_database, cast, nora):
    answers = call_at_once(lambda: apply(nora, "audio"), lambda: apply(nora, "audio"))

    assert answers == [None, None]
    assert Membership.objects.filter(user=nora).count() == 2


# Names of teams


def test_a_team_that_does_not_exist_is_named(cast, settings):
    assert find_mapping_fault() == ""
    settings.OIDC_ROLES = [*ROLES, ("x", "Corona", "admin")]
    assert find_mapping_fault() == (
        "VOICEBOARD_OIDC_ROLES names the team 'Corona', but no team has this name."
    )
    Team.objects.create(name="Corona")
    Team.objects.create(name="Corona")
    assert "2 teams have this name" in find_mapping_fault()


def test_before_the_first_team_any_name_is_possible(db):
    assert find_mapping_fault() == ""


def test_a_name_shared_by_two_teams_opens_neither(cast, nora):
    Team.objects.create(name="Borealis")

    apply(nora, "audio")

    assert not Membership.objects.filter(user=nora, team__name="Borealis").exists()


def test_a_team_that_groups_lead_to_keeps_its_name_and_has_it_alone(cast):
    with pytest.raises(NameMapped):
        rename_team(cast.ana, team=cast.aurora, name="Corona", now=NOW)
    with pytest.raises(NameMapped):
        make_team(cast.ana, name="Borealis", now=NOW)
    make_team(cast.ana, name="Corona", now=NOW)
    corona = Team.objects.get(name="Corona")
    with pytest.raises(NameMapped):
        rename_team(cast.ana, team=corona, name="Aurora", now=NOW)
