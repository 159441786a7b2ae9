"""First sign-ins by the company's provider."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError

from catalog.models import User
from catalog.services.users import company_sign_in
from catalog.services.users.company_sign_in import AddressTaken, admit_identity
from tests import factories
from tests.threads import call_at_once


def admit():
    identity = SocialAccount(provider="company", uid="1", extra_data={"sub": "nora"})
    return admit_identity(
        identity=identity,
        email="nora@example.com",
        name="Nora",
        is_confirmed=True,
        now=factories.NOW,
    ).user.email


def test_two_first_sign_ins_at_once_make_one_account(file_database, cast):
    assert call_at_once(admit, admit) == ["nora@example.com"] * 2

    assert User.objects.filter(email="nora@example.com").count() == 1
    assert SocialAccount.objects.count() == 1


@pytest.mark.parametrize("problem", [IntegrityError, AddressTaken])
def test_the_slower_one_gets_the_account_of_the_faster_one(problem, cast, monkeypatch):
    find_or_make = company_sign_in._find_or_make

    def lose(*values):
        monkeypatch.setattr(company_sign_in, "_find_or_make", find_or_make)
        admit()
        raise problem

    monkeypatch.setattr(company_sign_in, "_find_or_make", lose)

    assert admit() == "nora@example.com"
    assert SocialAccount.objects.count() == 1
