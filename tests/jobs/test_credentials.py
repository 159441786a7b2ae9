"""Key checks: the account, the permissions, and the provider's message."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from catalog.jobs.credentials.check import check_credential, find_due_checks
from catalog.models import Credential, ProviderAccount
from catalog.providers.errors import (
    CredentialRejected,
    OutOfCredit,
    PermissionMissing,
    RequestRejected,
    TryLater,
)
from catalog.providers.key_checks import Slots
from catalog.providers.types import PermissionState
from catalog.services.credentials.keys import remove_credential
from tests import factories

NOW = factories.NOW


@pytest.fixture
def credential(cast) -> Credential:
    """Return a key of Mia's that wasn't checked yet."""
    key = factories.make_credential(
        cast.mia, cast.account, "sk_0123456789abcdef", health="unchecked", abilities={}
    )
    Credential.objects.filter(pk=key.pk).update(account=None)
    key.refresh_from_db()
    return key


@pytest.fixture
def check(credential, clock):
    """Check the key; return it with the ID of the account that it opens."""

    def _check() -> tuple[Credential, int | None]:
        opened = check_credential(credential.pk, clock)
        return Credential.objects.get(pk=credential.pk), opened

    return _check


def test_key_with_all_permissions_is_good_and_opens_its_account(cast, check, stub, clock):
    key, opened = check()

    account = ProviderAccount.objects.get(pk=opened)
    assert stub.keys == ["sk_0123456789abcdef"]
    assert (key.health, key.problem, key.checked_at) == ("good", "", clock.now)
    assert key.abilities == {"list": "yes", "preview": "yes", "clone": "yes", "delete": "yes"}
    assert key.account == account
    assert (account.team, account.provider, account.ref) == (
        cast.aurora, "elevenlabs", "workspace-stub"
    )  # fmt: skip
    assert (account.label, account.slots_used, account.slots_limit) == ("Stub (creator)", 4, 9)
    assert account.last_owner == cast.mia


@pytest.mark.parametrize(
    ("verdict", "health", "problem"),
    [
        ({"can_clone": PermissionState.UNKNOWN}, "good", ""),
        (
            {
                "can_list": PermissionState.NO,
                "problem": "This key may not list: voices_read is missing.",
            },
            "limited",
            "This key may not list: voices_read is missing.",
        ),
        ({"can_delete": PermissionState.NO}, "limited", ""),
        ({"is_out_of_credit": True, "problem": "Out of credit."}, "limited", "Out of credit."),
    ],
)
def test_key_with_some_permissions_is_limited_and_says_what_is_missing(
    check, stub, verdict, health, problem
):
    stub.verdict = replace(stub.verdict, **verdict)

    key, opened = check()

    assert (key.health, key.problem) == (health, problem)
    assert key.works
    assert opened is not None


@pytest.mark.parametrize(
    ("error", "health"),
    [
        (CredentialRejected("ElevenLabs rejected this key."), "rejected"),
        (PermissionMissing("The key may do nothing.", permission="voices_read"), "rejected"),
        (TryLater("ElevenLabs can't be reached.", unreachable=True), "unreachable"),
        (TryLater("ElevenLabs asked us to slow down.", retry_after=9), "unreachable"),
        (RequestRejected("ElevenLabs rejected the request without a reason (404)."), "unreachable"),
        (OutOfCredit("The account is out of credit."), "unreachable"),
    ],
)
def test_check_errors_set_the_health_and_the_message(check, stub, clock, error, health):
    stub.fails["check"] = [error]

    key, opened = check()

    assert (key.health, key.problem, key.checked_at) == (health, error.message, clock.now)
    assert (opened, key.account, key.works) == (None, None, False)


def test_revoked_key_keeps_its_account(check, stub):
    key, opened = check()
    stub.fails["check"] = [CredentialRejected("It was revoked.")]

    key, _ = check()

    assert (key.health, key.account_id) == ("rejected", opened)


def test_key_that_cannot_be_decrypted_asks_for_a_replacement(check, credential, stub):
    Credential.objects.filter(pk=credential.pk).update(sealed=b"VB1 corrupted")

    key, opened = check()

    assert (key.health, opened) == ("rejected", None)
    assert "Replace it" in key.problem
    assert stub.asked == []


def test_without_an_account_name_the_same_key_means_the_same_account(
    cast, check, credential, stub, clock
):
    stub.verdict = replace(stub.verdict, account_ref="")
    twin = factories.make_credential(cast.ana, cast.account, "sk_0123456789abcdef")
    other = factories.make_credential(cast.ana, cast.account, "sk_fedcba9876543210")

    _, opened = check()

    assert check_credential(twin.pk, clock) == opened
    assert check_credential(other.pk, clock) != opened
    assert "sk_0123456789abcdef" not in ProviderAccount.objects.get(pk=opened).ref


def test_keys_of_one_account_share_it_within_a_team_only(cast, check, stub, clock):
    _, opened = check()

    assert check_credential(cast.credential.pk, clock) == opened
    assert check_credential(cast.other_credential.pk, clock) != opened


@pytest.mark.parametrize("is_shared", [True, False])
def test_account_is_shared_if_one_of_its_keys_is(check, credential, stub, is_shared):
    Credential.objects.filter(pk=credential.pk).update(is_shared=is_shared)

    _, opened = check()

    assert ProviderAccount.objects.get(pk=opened).is_shared is is_shared


def test_missing_slot_counts_keep_the_known_ones(check, stub):
    _, opened = check()
    stub.verdict = replace(stub.verdict, slots=Slots(9, 10))
    check()
    stub.verdict = replace(stub.verdict, slots=None)

    check()

    account = ProviderAccount.objects.get(pk=opened)
    assert (account.slots_used, account.slots_limit) == (9, 10)


def test_check_result_is_dropped_if_the_key_was_replaced_meanwhile(cast, check, credential, stub):
    def replace_meanwhile() -> None:
        credential.seal_secrets("sk_another-key-1234")
        credential.save(update_fields=["sealed", "last_four"])

    stub.while_checking = replace_meanwhile

    key, opened = check()

    assert (key.is_unchecked, key.account, opened) == (True, None, None)
    assert not ProviderAccount.objects.filter(ref="workspace-stub").exists()


def test_key_removed_during_its_check_stays_removed_without_an_account(
    cast, credential, stub, clock
):
    stub.while_checking = lambda: remove_credential(cast.mia, credential=credential, now=NOW)

    assert check_credential(credential.pk, clock) is None
    assert not Credential.objects.filter(pk=credential.pk).exists()
    assert not ProviderAccount.objects.filter(ref="workspace-stub").exists()


def test_account_is_no_longer_shared_after_its_shared_key_moved(cast, stub, clock):
    factories.make_credential(cast.mia, cast.account, is_shared=False)

    opened = check_credential(cast.credential.pk, clock)

    assert ProviderAccount.objects.get(pk=opened).is_shared
    assert not ProviderAccount.objects.get(pk=cast.account.pk).is_shared


def test_unknown_key_id_does_nothing(installation, stub, clock):
    assert check_credential(uuid.uuid4(), clock) is None
    assert stub.asked == []


@pytest.mark.parametrize("minutes_ago", [None, 10])
def test_requested_check_is_due_until_it_was_made(cast, clock, minutes_ago):
    checked_at = None if minutes_ago is None else clock.now - timedelta(minutes=minutes_ago)
    keys = Credential.objects.filter(pk=cast.credential.pk)
    keys.update(checked_at=checked_at, check_asked_at=clock.now)

    assert find_due_checks(clock.now) == [cast.credential.pk]

    keys.update(checked_at=clock.now)
    assert find_due_checks(clock.now) == []


@pytest.mark.parametrize(
    ("health", "minutes_ago", "is_due"),
    [
        ("unchecked", None, True),
        ("unchecked", 1, True),
        ("unreachable", 4, False),
        ("unreachable", 6, True),
        ("good", 23 * 60, False),
        ("good", 25 * 60, True),
        ("limited", 25 * 60, True),
        ("rejected", 6, False),
        ("rejected", 25 * 60, True),
    ],
)
def test_key_with_a_missing_or_old_check_is_due(cast, clock, health, minutes_ago, is_due):
    checked_at = None if minutes_ago is None else clock.now - timedelta(minutes=minutes_ago)
    Credential.objects.filter(pk=cast.credential.pk).update(health=health, checked_at=checked_at)

    assert (cast.credential.pk in find_due_checks(clock.now)) is is_due
