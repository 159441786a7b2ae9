"""A one-time link works only while its creator could still make it for the same person."""

import pytest
from django.test import Client

from catalog.models import Invitation, Membership, PasswordLink, User
from catalog.services.teams.invitations import (
    InvitationSpent,
    accept_invitation,
    find_invitation,
    invite,
)
from catalog.services.teams.members import change_role, remove_member
from catalog.services.users.password_links import (
    ResetSpent,
    find_password_link,
    make_password_link,
    set_password_by_link,
)
from catalog.services.users.sign_in import note_account
from tests import factories

NOW = factories.NOW
NEW = "another long pass phrase"


@pytest.fixture
def bob(cast):
    """A second admin of Aurora, who creates the links."""
    return factories.make_user("Bob", cast.aurora, "admin")


def member(user):
    return Membership.objects.select_related("user", "team").get(user=user)


def demote(cast, bob):
    change_role(cast.ana, membership=member(bob), role="member", now=NOW)


def remove(cast, bob):
    remove_member(cast.ana, membership=member(bob), new_owner=None, reason="", now=NOW)


def deactivate(cast, bob):
    User.objects.filter(pk=bob.pk).update(is_active=False)


def move_to_another_team(cast, bob):
    Membership.objects.filter(user=bob).update(team=cast.borealis)


def lock_out(cast, bob):
    type(cast.aurora).objects.filter(pk=cast.aurora.pk).update(requires_second_factor=True)


LOSSES = [demote, remove, deactivate, move_to_another_team]


@pytest.mark.parametrize("revoke", LOSSES, ids=lambda revoke: revoke.__name__)
def test_password_link_ends_when_its_creator_loses_the_right(cast, bob, revoke):
    token = make_password_link(bob, membership=member(cast.mia), now=NOW)
    assert find_password_link(token, now=NOW)

    revoke(cast, bob)

    assert find_password_link(token, now=NOW) is None
    with pytest.raises(ResetSpent):
        set_password_by_link(token=token, password=NEW, now=NOW)
    assert User.objects.get(pk=cast.mia.pk).check_password(factories.PASSWORD)
    assert Client().get(f"/password/{token}/").status_code == 404


@pytest.mark.parametrize("revoke", [*LOSSES, lock_out], ids=lambda revoke: revoke.__name__)
@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_invitation_ends_when_its_creator_loses_the_right(cast, bob, revoke, role):
    token = invite(bob, team=cast.aurora, role=role, label="", days=7, now=NOW)
    assert find_invitation(token, now=NOW)

    revoke(cast, bob)

    assert find_invitation(token, now=NOW) is None
    with pytest.raises(InvitationSpent):
        accept_invitation(cast.sam, token=token, now=NOW)
    assert not Membership.objects.filter(user=cast.sam, team=cast.aurora).exists()


@pytest.mark.parametrize("revoke", [demote, remove], ids=lambda revoke: revoke.__name__)
def test_withdrawn_links_stay_withdrawn_if_the_creator_is_admin_again(cast, bob, revoke):
    invitation = invite(bob, team=cast.aurora, role="viewer", label="", days=7, now=NOW)
    token = make_password_link(bob, membership=member(cast.mia), now=NOW)

    revoke(cast, bob)
    Membership.objects.filter(user=bob).delete()
    Membership.objects.create(user=bob, team=cast.aurora, role="admin")

    assert find_invitation(invitation, now=NOW) is None
    assert find_password_link(token, now=NOW) is None
    assert Invitation.objects.get().withdrawn_at == PasswordLink.objects.get().withdrawn_at == NOW


def test_links_of_other_admins_stay_valid(cast, bob):
    token = make_password_link(cast.ana, membership=member(cast.mia), now=NOW)
    invitation = invite(cast.ana, team=cast.aurora, role="viewer", label="", days=7, now=NOW)

    remove(cast, bob)

    assert find_password_link(token, now=NOW)
    assert find_invitation(invitation, now=NOW)


def test_password_link_ends_when_the_member_becomes_an_admin(cast, bob):
    token = make_password_link(bob, membership=member(cast.mia), now=NOW)

    change_role(cast.ana, membership=member(cast.mia), role="admin", now=NOW)

    assert find_password_link(token, now=NOW) is None
    assert PasswordLink.objects.get().withdrawn_at == NOW


def test_password_link_ends_even_if_the_role_was_changed_in_the_database(cast, bob):
    token = make_password_link(bob, membership=member(cast.mia), now=NOW)

    Membership.objects.filter(user=cast.mia).update(role="admin")

    assert find_password_link(token, now=NOW) is None


def test_password_link_made_for_an_admin_works(cast, bob):
    token = make_password_link(cast.ana, membership=member(bob), now=NOW)

    assert set_password_by_link(token=token, password=NEW, now=NOW) == bob


def test_password_link_ends_when_the_member_joins_another_team(cast, bob):
    token = make_password_link(bob, membership=member(cast.mia), now=NOW)

    Membership.objects.create(user=cast.mia, team=cast.borealis)

    assert find_password_link(token, now=NOW) is None


def test_password_link_ends_when_the_member_leaves_the_team(cast, bob):
    token = make_password_link(bob, membership=member(cast.mia), now=NOW)

    remove_member(cast.ana, membership=member(cast.mia), new_owner=None, reason="", now=NOW)

    assert find_password_link(token, now=NOW) is None
    assert PasswordLink.objects.get().withdrawn_at == NOW


@pytest.mark.parametrize("action", ["password changed", "password reset", "password set"])
def test_password_change_ends_the_password_link(cast, bob, action):
    token = make_password_link(bob, membership=member(cast.mia), now=NOW)

    note_account(cast.mia, action=action, now=NOW)

    assert find_password_link(token, now=NOW) is None


def test_second_password_link_ends_the_first(cast, bob):
    first = make_password_link(bob, membership=member(cast.mia), now=NOW)
    second = make_password_link(cast.ana, membership=member(cast.mia), now=NOW)

    assert find_password_link(first, now=NOW) is None
    assert find_password_link(second, now=NOW)
