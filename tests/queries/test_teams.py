"""The team that a person works in."""

from catalog.models import Membership
from catalog.queries.teams import find_members, get_current_team
from tests import factories


def test_a_person_works_in_the_team_joined_first(cast):
    Membership.objects.create(team=cast.borealis, user=cast.mia)

    assert get_current_team(cast.mia) == cast.aurora
    assert get_current_team(cast.sam) == cast.borealis


def test_who_is_in_no_team_works_in_none(cast):
    Membership.objects.filter(user=cast.mia).delete()

    assert get_current_team(cast.mia) is None
    assert find_members(cast.mia) == []


def test_members_are_those_of_the_own_teams(cast):
    kim = factories.make_user("Kim", cast.aurora, Membership.Role.VIEWER)

    shown = [(row.user, row.role) for row in find_members(cast.mia)]

    assert shown == [(cast.ana, "admin"), (kim, "viewer"), (cast.mia, "member")]
