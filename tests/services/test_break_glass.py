"""Accounts for the day on which the company's provider is away."""

import pytest

from catalog import policies
from catalog.models import AuditEntry, Mail, Membership, Notification, Team, User
from catalog.services.users.break_glass import (
    AddressUnknown,
    TeamUnknown,
    end_break_glass,
    make_break_glass,
    note_break_glass,
)
from tests import factories

NOW = factories.NOW


def make(email="Safe@example.com", team="Aurora"):
    password = make_break_glass(email=email, team_name=team, now=NOW)
    return User.objects.get(email=email.lower()), password


def test_it_is_an_admin_with_a_password_and_opens_nothing_without_a_second_factor(cast, settings):
    settings.OIDC_ONLY = True

    user, password = make()

    assert user.check_password(password)
    assert policies.role_in(user, cast.aurora) == "admin"
    assert policies.lacks_second_factor(user, cast.aurora)
    factories.make_factor(user)
    assert not policies.lacks_second_factor(user, cast.aurora)


def test_a_second_factor_at_the_company_s_provider_is_not_enough_for_it(cast):
    user, _ = make()
    user.has_company_factor = True

    assert policies.lacks_second_factor(user, cast.aurora)


def test_an_account_that_exists_gets_a_new_password_and_is_signed_out(cast):
    Membership.objects.filter(user=cast.mia).update(suspended_at=NOW, suspension="groups")
    session = factories.make_session(cast.mia, "one")

    user, password = make(cast.mia.email)

    assert user == cast.mia
    assert not user.check_password(factories.PASSWORD)
    assert user.check_password(password)
    assert policies.role_in(user, cast.aurora) == "admin"
    assert not type(session).objects.filter(user=user).exists()
    assert AuditEntry.objects.get().action == "emergency account made"


def test_its_team_must_be_one(cast):
    Team.objects.create(name="Aurora")

    for name in ("Aurora", "Corona"):
        with pytest.raises(TeamUnknown):
            make(team=name)
    assert not User.objects.filter(is_break_glass=True).exists()


def test_ended_it_has_no_password(cast):
    user, password = make()
    end_break_glass(email=user.email, now=NOW)

    user.refresh_from_db()
    assert (user.is_break_glass, user.check_password(password)) == (False, False)
    with pytest.raises(AddressUnknown):
        end_break_glass(email=user.email, now=NOW)


def test_each_sign_in_is_logged_and_told_to_the_other_admins(cast, settings):
    settings.SENDS_MAIL = True
    user, _ = make()

    note_break_glass(user, now=NOW)
    note_break_glass(user, now=NOW)

    assert [notice.user for notice in Notification.objects.all()] == [cast.ana, cast.ana]
    assert (
        list(Mail.objects.values_list("address", "subject"))
        == [(cast.ana.email, "The emergency account safe@example.com signed in")] * 2
    )
    entries = AuditEntry.objects.filter(action="emergency account signed in", actor=user)
    assert entries.count() == 2
