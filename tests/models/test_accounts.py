"""Users, memberships, and teams."""

import pytest
from django.db import IntegrityError

from catalog.models import Membership, Team, User
from tests import factories


def test_email_is_case_insensitive_and_unique(db):
    made = User.objects.create_user(" Ana@Example.COM ", "secret phrase")

    assert made.email == "ana@example.com"
    assert User.objects.get_by_natural_key("ANA@example.com") == made
    with pytest.raises(IntegrityError):
        User.objects.create_user("ana@EXAMPLE.com")


@pytest.mark.parametrize(
    ("name", "email", "shown", "initials"),
    [
        ("Ana", "ana@example.com", "Ana", "A"),
        ("Ana María", "ana@example.com", "Ana María", "AM"),
        ("", "ana@example.com", "ana@example.com", "AE"),
        ("李", "li@example.com", "李", "李"),
    ],
)
def test_user_is_shown_by_name_or_else_by_email(name, email, shown, initials):
    person = User(email=email, first_name=name)

    assert (str(person), person.initials) == (shown, initials)


def test_user_has_one_role_in_a_team(cast):
    with pytest.raises(IntegrityError):
        Membership.objects.create(team=cast.aurora, user=cast.mia, role=Membership.Role.ADMIN)


def test_user_sees_only_the_selected_team(cast):
    guest = factories.make_user("Kim", cast.aurora)
    second = Membership.objects.create(team=cast.borealis, user=guest)

    assert list(Team.objects.visible_to(cast.ana)) == [cast.aurora]
    assert list(Team.objects.visible_to(guest)) == [cast.aurora]
    Membership.objects.filter(pk=second.pk).update(chosen_at=factories.NOW)
    assert list(Team.objects.visible_to(guest)) == [cast.borealis]


def test_superuser_has_full_admin_access(db):
    operator = User.objects.create_superuser("root@example.com", "secret phrase")

    assert (operator.is_staff, operator.is_superuser) == (True, True)
    assert operator.check_password("secret phrase")
