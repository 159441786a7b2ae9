"""The order of keys, and which one is used."""

import pytest

from catalog.models import Credential
from catalog.queries.credentials import (
    find_accounts,
    find_credentials,
    get_credential,
    usable_credential,
)
from tests import factories


def test_own_keys_come_before_shared_ones(cast):
    own = factories.make_credential(cast.mia, cast.account, is_shared=False)
    factories.make_credential(cast.ana, cast.account, is_shared=False)

    assert find_credentials(cast.mia) == [own, cast.credential]
    assert find_credentials(cast.sam) == [cast.other_credential]


@pytest.mark.parametrize("which", ["hidden", "foreign"])
def test_key_that_the_user_cannot_use_is_not_found(cast, which):
    hidden = factories.make_credential(cast.ana, cast.account, is_shared=False)
    credential = {"hidden": hidden, "foreign": cast.other_credential}[which]

    with pytest.raises(Credential.DoesNotExist):
        get_credential(cast.mia, credential.pk)


def test_only_visible_accounts_are_listed(cast):
    hidden = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.ana)

    assert find_accounts(cast.ana) == [cast.account, hidden]
    assert find_accounts(cast.mia) == [cast.account]
    assert find_accounts(cast.sam) == [cast.other_account]


def test_own_key_is_used_before_a_shared_one(cast):
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
def test_key_that_is_not_working_or_not_permitted_is_skipped(cast, values):
    Credential.objects.filter(pk=cast.credential.pk).update(**values)

    assert usable_credential(cast.mia, factories.make_voice(cast.account), "delete") is None


def test_key_of_another_team_is_never_used_even_for_the_same_account(cast):
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
