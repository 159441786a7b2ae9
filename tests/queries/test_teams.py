"""The selected team and its members."""

from catalog.models import Membership
from catalog.queries.teams import find_members, find_own_memberships
from tests import factories


def test_first_joined_team_is_selected(cast):
    Membership.objects.create(team=cast.borealis, user=cast.mia)

    teams = [membership.team for membership in find_own_memberships(cast.mia)]
    assert teams == [cast.aurora, cast.borealis]


def test_user_without_a_team_has_no_memberships_or_members(cast):
    Membership.objects.filter(user=cast.mia).delete()

    assert find_own_memberships(cast.mia) == []
    assert find_members(cast.mia) == []


def test_only_members_of_the_team_are_listed(cast):
    kim = factories.make_user("Kim", cast.aurora, Membership.Role.VIEWER)

    shown = [(row.user, row.role) for row in find_members(cast.mia)]

    assert shown == [(cast.ana, "admin"), (kim, "viewer"), (cast.mia, "member")]
