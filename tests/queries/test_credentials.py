"""Keys in their order, and the one to work through."""

import pytest

from catalog.models import Credential
from catalog.queries.credentials import (
    find_accounts,
    find_credentials,
    get_credential,
    usable_credential,
)
from tests import factories


def test_own_keys_come_before_those_that_teammates_share(cast):
    own = factories.make_credential(cast.mia, cast.account, is_shared=False)
    factories.make_credential(cast.ana, cast.account, is_shared=False)

    assert find_credentials(cast.mia) == [own, cast.credential]
    assert find_credentials(cast.sam) == [cast.other_credential]


@pytest.mark.parametrize("which", ["hidden", "foreign"])
def test_a_key_that_may_not_be_used_does_not_exist_for_who_asks(cast, which):
    hidden = factories.make_credential(cast.ana, cast.account, is_shared=False)
    credential = {"hidden": hidden, "foreign": cast.other_credential}[which]

    with pytest.raises(Credential.DoesNotExist):
        get_credential(cast.mia, credential.pk)


def test_accounts_are_those_that_the_person_sees(cast):
    hidden = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.ana)

    assert find_accounts(cast.ana) == [cast.account, hidden]
    assert find_accounts(cast.mia) == [cast.account]
    assert find_accounts(cast.sam) == [cast.other_account]


def test_the_own_key_is_used_before_a_shared_one(cast):
    own = factories.make_credential(cast.mia, cast.account, is_shared=False)

    assert usable_credential(cast.mia, factories.make_voice(cast.account), "delete") == own
    assert (
        usable_credential(cast.ana, factories.make_voice(cast.account), "delete") == cast.credential
    )


@pytest.mark.parametrize(
    "values",
    [
        {"health": "rejected"},
        {"health": "unchecked"},
        {"health": "unreachable"},
        {"abilities": {"delete": "no"}},
        {"is_shared": False},
    ],
)
def test_a_key_that_cannot_do_it_is_passed_over(cast, values):
    Credential.objects.filter(pk=cast.credential.pk).update(**values)

    assert usable_credential(cast.mia, factories.make_voice(cast.account), "delete") is None


def test_a_key_of_another_team_is_never_used_not_even_for_the_same_account(cast):
    Credential.objects.filter(pk=cast.other_credential.pk).update(
        account=cast.account, is_shared=True
    )

    assert (
        usable_credential(cast.sam, factories.make_voice(cast.account), "list")
        == cast.other_credential
    )
    assert (
        usable_credential(cast.ana, factories.make_voice(cast.account), "list") == cast.credential
    )
    cast.credential.delete()
    assert usable_credential(cast.ana, factories.make_voice(cast.account), "list") is None
