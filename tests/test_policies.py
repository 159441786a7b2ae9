"""What each role can do."""

from types import SimpleNamespace

import pytest

from catalog import policies
from catalog.models import Membership
from tests import factories

Role = Membership.Role
ROLES = ["stranger", *Role.values]


@pytest.fixture
def person(cast: SimpleNamespace, request: pytest.FixtureRequest):
    if request.param == "stranger":
        return cast.sam
    return factories.make_user("Kim", cast.aurora, request.param)


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        (policies.may_add_credential, {Role.MEMBER, Role.CLONER, Role.ADMIN}),
        (policies.may_clone, {Role.CLONER, Role.ADMIN}),
        (policies.may_speak, {Role.MEMBER, Role.CLONER, Role.ADMIN}),
        (policies.may_sync, {Role.MEMBER, Role.CLONER, Role.ADMIN}),
        (policies.may_delete_voices, {Role.ADMIN}),
        (policies.may_read_log, {Role.ADMIN}),
        (policies.may_manage_people, {Role.ADMIN}),
    ],
)
@pytest.mark.parametrize("person", ROLES, indirect=True)
def test_a_role_allows_exactly_what_the_table_says(cast, person, policy, allowed):
    role = policies.role_in(person, cast.aurora)

    assert policy(person, cast.aurora) is (role in allowed)


@pytest.mark.parametrize("is_shared", [True, False])
@pytest.mark.parametrize("person", ROLES, indirect=True)
def test_teammates_can_use_a_key_only_if_its_owner_shares_it(cast, person, is_shared):
    credential = factories.make_credential(cast.mia, cast.account, is_shared=is_shared)
    is_teammate = policies.role_in(person, cast.aurora) is not None

    assert policies.may_use_credential(person, credential) is (is_teammate and is_shared)
    assert policies.may_use_credential(cast.mia, credential)


@pytest.mark.parametrize("person", ROLES, indirect=True)
def test_only_the_owner_can_change_a_key(cast, person):
    credential = factories.make_credential(cast.mia, cast.account, is_shared=True)

    assert not policies.may_change_credential(person, credential)
    assert policies.may_change_credential(cast.mia, credential)


def test_a_former_member_can_neither_use_nor_change_their_old_key(cast):
    Membership.objects.filter(user=cast.ana).delete()

    assert not policies.may_use_credential(cast.ana, cast.credential)
    assert not policies.may_change_credential(cast.ana, cast.credential)
    assert policies.role_in(cast.ana, cast.aurora) is None


@pytest.mark.parametrize("person", ROLES, indirect=True)
def test_the_owner_and_admins_can_remove_a_key(cast, person):
    credential = factories.make_credential(cast.mia, cast.account, is_shared=True)
    role = policies.role_in(person, cast.aurora)

    assert policies.may_remove_credential(person, credential) is (role == Role.ADMIN)
    assert policies.may_remove_credential(cast.mia, credential)


@pytest.mark.parametrize("person", ROLES, indirect=True)
def test_admins_can_remove_anyone_and_everyone_can_leave(cast, person):
    role = policies.role_in(person, cast.aurora)
    mia = Membership.objects.get(user=cast.mia)
    own = Membership.objects.get(user=person)

    assert policies.may_remove_member(person, mia) is (role == Role.ADMIN)
    assert policies.may_remove_member(person, own)


@pytest.mark.parametrize("person", ROLES, indirect=True)
def test_members_cloners_and_admins_who_stay_can_inherit(cast, person):
    role = policies.role_in(person, cast.aurora)
    mia = Membership.objects.get(user=cast.mia)
    new_owner = Membership.objects.get(user=person)

    assert policies.may_take_over(new_owner, mia) is (
        role in {Role.MEMBER, Role.CLONER, Role.ADMIN}
    )
    assert not policies.may_take_over(mia, mia)


@pytest.mark.parametrize("person", Role.values, indirect=True)
def test_only_admins_can_create_another_team(cast, person):
    assert policies.may_make_team(person) is (policies.role_in(person, cast.aurora) == Role.ADMIN)


def test_the_rights_page_lists_every_role_in_order():
    assert [role for role, _ in policies.RIGHTS] == list(Role)
