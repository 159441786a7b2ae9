"""The team that a person works in."""

from catalog.models import Membership
from catalog.queries.teams import find_members, find_own_memberships
from tests import factories


def test_a_person_works_in_the_team_joined_first(cast):
    Membership.objects.create(team=cast.borealis, user=cast.mia)

    teams = [membership.team for membership in find_own_memberships(cast.mia)]
    assert teams == [cast.aurora, cast.borealis]


def test_who_is_in_no_team_works_in_none(cast):
    Membership.objects.filter(user=cast.mia).delete()

    assert find_own_memberships(cast.mia) == []
    assert find_members(cast.mia) == []


def test_members_are_those_of_the_team(cast):
    kim = factories.make_user("Kim", cast.aurora, Membership.Role.VIEWER)

    shown = [(row.user, row.role) for row in find_members(cast.mia)]

    assert shown == [(cast.ana, "admin"), (kim, "viewer"), (cast.mia, "member")]
