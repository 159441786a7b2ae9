"""Creating, renaming, and switching teams."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from catalog.models import (
    CleanupPlan,
    CloneJob,
    Collection,
    Credential,
    Membership,
    ProviderAccount,
    Team,
    Voice,
)
from catalog.services.teams.teams import choose_team, make_team, rename_team
from tests import factories

NOW = factories.NOW


def test_admin_can_create_another_team_and_switches_to_it(cast):
    team = make_team(cast.ana, name="Corona", now=NOW)

    assert Team.objects.visible_to(cast.ana).get() == team
    assert Membership.objects.get(team=team).role == "admin"
    with pytest.raises(PermissionDenied):
        make_team(cast.mia, name="Mine", now=NOW)


def test_only_admins_can_rename_the_team(cast):
    rename_team(cast.ana, team=cast.aurora, name="Corona", now=NOW)

    with pytest.raises(PermissionDenied):
        rename_team(cast.mia, team=cast.aurora, name="Mine", now=NOW)
    assert Team.objects.get(pk=cast.aurora.pk).name == "Corona"


def test_user_sees_only_the_data_of_the_selected_team(cast):
    Membership.objects.create(user=cast.ana, team=cast.borealis, role="viewer")
    factories.make_voice(cast.account)
    factories.make_voice(cast.other_account)
    shared = {"is_shared": True}
    ProviderAccount.objects.update(**shared)
    Credential.objects.update(**shared)
    for team, key, person in (
        (cast.aurora, cast.credential, cast.mia),
        (cast.borealis, cast.other_credential, cast.sam),
    ):
        factories.make_job(person, key)
        factories.make_plan(person, team, [])
        Collection.objects.create(team=team, owner=person, name="x", is_shared=True, created_at=NOW)

    models = (ProviderAccount, Credential, CloneJob, CleanupPlan, Collection, Membership)
    seen = []
    for place, team in enumerate((cast.borealis, cast.aurora)):
        choose_team(cast.ana, team=team, now=NOW + timedelta(minutes=place))
        voices = {row.account.team for row in Voice.objects.visible_to(cast.ana)}
        seen.append([voices, *({r.team for r in m.objects.visible_to(cast.ana)} for m in models)])

    assert seen == [[{cast.borealis}] * 7, [{cast.aurora}] * 7]


def test_user_cannot_switch_to_a_team_without_membership(cast):
    with pytest.raises(PermissionDenied):
        choose_team(cast.ana, team=cast.borealis, now=NOW)

    assert Team.objects.visible_to(cast.ana).get() == cast.aurora


def test_user_who_left_a_team_switches_to_the_next_one(cast):
    Membership.objects.create(user=cast.ana, team=cast.borealis, chosen_at=NOW)
    Membership.objects.filter(user=cast.ana, team=cast.borealis).delete()

    assert Team.objects.visible_to(cast.ana).get() == cast.aurora
