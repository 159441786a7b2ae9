"""A link into a team ends, works once, and leaves its trace."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from catalog.models import AuditEntry, Invitation, Membership, User
from catalog.services.invitations import (
    AddressTaken,
    AlreadyThere,
    InvitationSpent,
    accept_invitation,
    find_invitation,
    invite,
    join_by_invitation,
    withdraw_invitation,
)
from tests import factories
from tests.threads import call_at_once

NOW = factories.NOW
KIM = {"name": "Kim", "email": "Kim@Example.com", "password": "pass phrase"}


def make_link(cast, **values):
    wanted = {"team": cast.aurora, "role": "cloner", "label": "Kim", "days": 7, **values}
    return invite(cast.ana, now=NOW, **wanted)


def test_somebody_new_comes_in_with_the_role_of_the_link(cast):
    token = make_link(cast)

    kim = join_by_invitation(token=token, now=NOW, **KIM)

    assert (kim.email, kim.check_password("pass phrase")) == ("kim@example.com", True)
    assert Membership.objects.get(user=kim).role == "cloner"
    invitation = Invitation.objects.get()
    assert (invitation.used_by, invitation.used_at) == (kim, NOW)


def test_somebody_of_another_team_comes_in_and_works_there_from_now_on(cast):
    accept_invitation(cast.sam, token=make_link(cast), now=NOW)

    teams = [membership.team for membership in Membership.objects.of(cast.sam)]
    assert teams == [cast.aurora, cast.borealis]


def test_it_works_once(cast):
    token = make_link(cast)
    accept_invitation(cast.sam, token=token, now=NOW)

    assert find_invitation(token, now=NOW) is None
    with pytest.raises(InvitationSpent):
        join_by_invitation(token=token, now=NOW, **KIM)
    assert not User.objects.filter(email="kim@example.com").exists()


@pytest.mark.parametrize(("after", "is_open"), [(6, True), (7, False), (70, False)])
def test_it_ends(cast, after, is_open):
    token = make_link(cast)
    later = NOW + timedelta(days=after)

    assert (find_invitation(token, now=later) is not None) is is_open
    if not is_open:
        with pytest.raises(InvitationSpent):
            accept_invitation(cast.sam, token=token, now=later)


def test_it_can_be_taken_back_until_it_is_used(cast):
    token = make_link(cast)
    withdraw_invitation(cast.ana, invitation=Invitation.objects.get(), now=NOW)

    with pytest.raises(InvitationSpent):
        accept_invitation(cast.sam, token=token, now=NOW)

    used = make_link(cast)
    accept_invitation(cast.sam, token=used, now=NOW)
    row = Invitation.objects.latest("pk")
    withdraw_invitation(cast.ana, invitation=row, now=NOW)
    assert Invitation.objects.get(pk=row.pk).withdrawn_at is None


def test_who_is_there_already_does_not_use_it_up(cast):
    token = make_link(cast)

    with pytest.raises(AlreadyThere):
        accept_invitation(cast.mia, token=token, now=NOW)

    assert find_invitation(token, now=NOW) is not None
    assert Membership.objects.get(user=cast.mia).role == "member"


def test_an_address_with_an_account_is_not_made_twice_and_its_password_stays(cast):
    token = make_link(cast)

    with pytest.raises(AddressTaken):
        join_by_invitation(token=token, now=NOW, **{**KIM, "email": "SAM@example.com"})

    assert User.objects.get(pk=cast.sam.pk).check_password(factories.PASSWORD)
    assert find_invitation(token, now=NOW) is not None


def test_used_twice_at_once_it_lets_one_in(file_database, cast):
    token = make_link(cast)
    people = [{**KIM, "email": f"{name}@example.com"} for name in ("kim", "eve", "lou")]

    answers = call_at_once(
        *[lambda who=who: join_by_invitation(token=token, now=NOW, **who) for who in people]
    )

    assert sorted(type(each).__name__ for each in answers) == ["InvitationSpent"] * 2 + ["User"]
    assert Membership.objects.filter(team=cast.aurora).count() == 3
    assert User.objects.count() == 4


def test_only_admins_invite_and_take_back(cast):
    row = factories.make_invitation(cast.ana, cast.aurora)

    for person in (cast.mia, cast.sam):
        with pytest.raises(PermissionDenied):
            invite(person, team=cast.aurora, role="viewer", label="", days=1, now=NOW)
        with pytest.raises(PermissionDenied):
            withdraw_invitation(person, invitation=row, now=NOW)

    assert Invitation.objects.count() == 1


@pytest.mark.parametrize("token", ["", "guess", "x" * 5000])
def test_a_guess_is_no_good(cast, token):
    make_link(cast)

    assert find_invitation(token, now=NOW) is None


def test_the_log_has_every_step_and_nobody_can_read_the_token(cast):
    token = make_link(cast)
    accept_invitation(cast.sam, token=token, now=NOW)

    entries = AuditEntry.objects.order_by("number")
    assert [(entry.action, entry.who) for entry in entries] == [
        ("invitation made", "Ana"), ("invitation used", "Sam")
    ]  # fmt: skip
    assert entries[1].facts["invited_by"] == "Ana"
    kept = str(list(entries.values()) + list(Invitation.objects.values()))
    assert token not in kept
