"""An invitation link expires, works once, and is logged."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from catalog.models import AuditEntry, Invitation, Membership, User
from catalog.queries.teams import find_invitations
from catalog.services.teams.invitations import (
    AlreadyThere,
    InvitationSpent,
    KeptForAnother,
    accept_invitation,
    answer_invitation,
    find_invitation,
    invite,
    withdraw_invitation,
)
from tests import factories
from tests.threads import call_at_once

NOW = factories.NOW
KIM = {"name": "Kim", "email": "Kim@Example.com", "password": "pass phrase"}


def make_link(cast, **values):
    wanted = {"team": cast.aurora, "role": "cloner", "label": "Kim", "days": 7, **values}
    return invite(cast.ana, now=NOW, **wanted)


def test_new_user_joins_with_the_role_of_the_invitation(cast):
    token = make_link(cast)

    answer_invitation(token=token, now=NOW, **KIM)
    kim = User.objects.get(email="kim@example.com")
    assert not kim.memberships.exists()
    accept_invitation(kim, token=token, now=NOW)

    assert (str(kim), kim.check_password("pass phrase")) == ("Kim", True)
    assert Membership.objects.get(user=kim).role == "cloner"
    invitation = Invitation.objects.get()
    assert (invitation.used_by, invitation.used_at) == (kim, NOW)


def test_user_of_another_team_joins_and_switches_to_the_new_team(cast):
    accept_invitation(cast.sam, token=make_link(cast), now=NOW)

    teams = [membership.team for membership in Membership.objects.of(cast.sam)]
    assert teams == [cast.aurora, cast.borealis]


def test_invitation_works_once(cast):
    token = make_link(cast)
    accept_invitation(cast.sam, token=token, now=NOW)

    assert find_invitation(token, now=NOW) is None
    with pytest.raises(InvitationSpent):
        answer_invitation(token=token, now=NOW, **KIM)
    assert not User.objects.filter(email="kim@example.com").exists()


@pytest.mark.parametrize(("after", "is_open"), [(6, True), (7, False), (70, False)])
def test_invitation_expires(cast, after, is_open):
    token = make_link(cast)
    later = NOW + timedelta(days=after)

    assert (find_invitation(token, now=later) is not None) is is_open
    if not is_open:
        with pytest.raises(InvitationSpent):
            accept_invitation(cast.sam, token=token, now=later)


def test_invitation_can_be_withdrawn_until_it_is_used(cast):
    token = make_link(cast)
    withdraw_invitation(cast.ana, invitation=Invitation.objects.get(), now=NOW)

    with pytest.raises(InvitationSpent):
        accept_invitation(cast.sam, token=token, now=NOW)

    used = make_link(cast)
    accept_invitation(cast.sam, token=used, now=NOW)
    row = Invitation.objects.latest("pk")
    withdraw_invitation(cast.ana, invitation=row, now=NOW)
    assert Invitation.objects.get(pk=row.pk).withdrawn_at is None


def test_existing_member_does_not_use_up_the_invitation(cast):
    token = make_link(cast)

    with pytest.raises(AlreadyThere):
        accept_invitation(cast.mia, token=token, now=NOW)

    assert find_invitation(token, now=NOW) is not None
    assert Membership.objects.get(user=cast.mia).role == "member"


def test_existing_email_gets_no_second_account_and_keeps_its_password(cast):
    token = make_link(cast)

    for _ in range(2):
        answer_invitation(token=token, now=NOW, **{**KIM, "email": "SAM@example.com"})

    assert User.objects.get(pk=cast.sam.pk).check_password(factories.PASSWORD)
    assert User.objects.count() == 3
    accept_invitation(cast.sam, token=token, now=NOW)


@pytest.mark.parametrize("email", ["kim@example.com", "sam@example.com"])
def test_first_answer_reserves_the_invitation_for_its_email(cast, email):
    token = make_link(cast)
    answer_invitation(token=token, now=NOW, **{**KIM, "email": email})

    for other in ("eve@example.com", "mia@example.com"):
        with pytest.raises(KeptForAnother):
            answer_invitation(token=token, now=NOW, **{**KIM, "email": other})
    with pytest.raises(KeptForAnother):
        accept_invitation(factories.make_user("Lou", cast.borealis), token=token, now=NOW)
    assert not User.objects.filter(email="eve@example.com").exists()


def test_new_user_can_reenter_the_password_until_the_first_sign_in(cast):
    token = make_link(cast)
    answer_invitation(token=token, now=NOW, **KIM)

    answer_invitation(token=token, now=NOW, **{**KIM, "password": "pass phrase again"})
    kim = User.objects.get(email="kim@example.com")
    assert kim.check_password("pass phrase again")
    User.objects.filter(pk=kim.pk).update(last_login=NOW)
    answer_invitation(token=token, now=NOW, **KIM)

    assert User.objects.get(pk=kim.pk).check_password("pass phrase again")


@pytest.mark.parametrize("email", ["kim@example.com", "sam@example.com"])
def test_log_and_invitation_do_not_reveal_if_the_email_has_an_account(cast, email):
    token = make_link(cast)

    answer_invitation(token=token, now=NOW, **{**KIM, "email": email})

    entry = AuditEntry.objects.latest("number")
    assert (entry.action, entry.who, entry.facts) == ("invitation form submitted", "Voiceboard", {})
    (row,) = find_invitations(cast.ana, NOW)
    assert row.state == "Open, waiting for a sign-in"


def test_invitation_used_concurrently_admits_one_user(file_database, cast):
    token = make_link(cast)
    people = [factories.make_user(name, cast.borealis) for name in ("Kim", "Eve", "Lou")]

    answers = call_at_once(
        *[lambda who=who: accept_invitation(who, token=token, now=NOW) for who in people]
    )

    assert sorted(type(each).__name__ for each in answers) == ["InvitationSpent"] * 2 + ["Team"]
    assert Membership.objects.filter(team=cast.aurora).count() == 3


def test_invitation_answered_concurrently_is_reserved_for_one(file_database, cast):
    token = make_link(cast)
    people = [{**KIM, "email": f"{name}@example.com"} for name in ("kim", "eve", "lou")]

    answers = call_at_once(
        *[lambda who=who: answer_invitation(token=token, now=NOW, **who) for who in people]
    )

    assert sorted(type(each).__name__ for each in answers) == ["KeptForAnother"] * 2 + ["NoneType"]
    assert User.objects.count() == 4


def test_only_admins_can_invite_and_withdraw(cast):
    row = factories.make_invitation(cast.ana, cast.aurora)

    for person in (cast.mia, cast.sam):
        with pytest.raises(PermissionDenied):
            invite(person, team=cast.aurora, role="viewer", label="", days=1, now=NOW)
        with pytest.raises(PermissionDenied):
            withdraw_invitation(person, invitation=row, now=NOW)

    assert Invitation.objects.count() == 1


@pytest.mark.parametrize("token", ["", "guess", "x" * 5000])
def test_guessed_invitation_token_is_rejected(cast, token):
    make_link(cast)

    assert find_invitation(token, now=NOW) is None


def test_audit_log_has_every_step_without_the_token(cast):
    token = make_link(cast)
    accept_invitation(cast.sam, token=token, now=NOW)

    entries = AuditEntry.objects.order_by("number")
    assert [(entry.action, entry.who) for entry in entries] == [
        ("invitation created", "Ana"), ("invitation used", "Sam")
    ]  # fmt: skip
    assert entries[1].facts["invited_by"] == "Ana"
    kept = str(list(entries.values()) + list(Invitation.objects.values()))
    assert token not in kept


def test_a_link_takes_no_password_if_the_company_s_provider_is_the_only_way_in(cast, settings):
    settings.OIDC_ONLY = True
    token = invite(cast.ana, team=cast.aurora, role="member", label="", days=7, now=NOW)

    with pytest.raises(PermissionDenied):
        answer_invitation(token=token, now=NOW, **KIM)

    assert not User.objects.filter(email=KIM["email"]).exists()
