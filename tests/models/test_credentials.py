"""Encrypted keys, their visibility and permissions, and the check of the master key."""

import base64
import json
import pickle
import secrets
from pathlib import Path

import pytest
from django.db import connection

from catalog.core.crypto import CannotOpen, KeyProblem
from catalog.models import Credential, Installation, Membership, ProviderAccount
from catalog.models.credentials.key_rotation import prepare_installation, verify_key_ring
from tests import factories

KEY = "sk_an-elevenlabs-key-of-some-length"


@pytest.fixture
def own_ring(settings, tmp_path):
    """Give the test its own master key file."""
    settings.MASTER_KEY_FILE = tmp_path / "secrets" / "master-keys.json"
    return settings.MASTER_KEY_FILE


def verify_after_restart() -> None:
    """Verify the key ring as a newly started process does."""
    verify_key_ring()


# Encrypted keys


def test_key_can_be_decrypted_in_its_row(cast):
    credential = factories.make_credential(cast.ana, cast.account, KEY)

    assert Credential.objects.get(pk=credential.pk).secrets() == {"api_key": KEY}


@pytest.mark.parametrize(
    ("key", "shown"), [(KEY, KEY[-4:]), ("a" * 12 + "wxyz", "wxyz"), ("only-15-letters", "****")]
)
def test_only_a_long_key_shows_its_last_four_characters(cast, key, shown):
    assert factories.make_credential(cast.ana, cast.account, key).last_four == shown


def test_encrypted_key_moved_to_another_row_cannot_be_decrypted(cast):
    mine = factories.make_credential(cast.ana, cast.account, KEY)
    yours = factories.make_credential(cast.ana, cast.account, "another key of Ana's")
    Credential.objects.filter(pk=yours.pk).update(sealed=mine.sealed)

    with pytest.raises(CannotOpen):
        Credential.objects.get(pk=yours.pk).secrets()


@pytest.mark.parametrize("change", ["owner", "provider"])
def test_encrypted_key_with_another_owner_or_provider_cannot_be_decrypted(cast, change):
    credential = factories.make_credential(cast.ana, cast.account, KEY)
    values = {"owner": {"owner": cast.mia}, "provider": {"provider": "inworld"}}
    Credential.objects.filter(pk=credential.pk).update(**values[change])

    with pytest.raises(CannotOpen):
        Credential.objects.get(pk=credential.pk).secrets()


@pytest.mark.parametrize("corrupt", [lambda sealed: sealed[:-1], lambda sealed: KEY.encode()])
def test_corrupted_key_raises_an_error_without_the_key(cast, corrupt):
    credential = factories.make_credential(cast.ana, cast.account, KEY)
    Credential.objects.filter(pk=credential.pk).update(sealed=corrupt(bytes(credential.sealed)))

    with pytest.raises(CannotOpen) as caught:
        Credential.objects.get(pk=credential.pk).secrets()

    assert KEY not in str(caught.value)


def test_repr_title_and_pickle_of_a_credential_do_not_contain_the_key(cast):
    credential = factories.make_credential(cast.ana, cast.account, KEY, nickname="Studio")
    credential.secrets()

    for shown in (repr(credential), str(credential), credential.title, str(vars(credential))):
        assert KEY not in shown
    assert KEY.encode() not in pickle.dumps(credential)


def test_fallback_ref_depends_only_on_the_key_and_does_not_reveal_it(cast):
    mine = factories.make_credential(cast.ana, cast.account, KEY)
    same = factories.make_credential(cast.mia, cast.account, KEY)
    other = factories.make_credential(cast.mia, cast.account, KEY + "x")

    assert mine.account_fallback_ref() == same.account_fallback_ref()
    assert mine.account_fallback_ref() != other.account_fallback_ref()
    assert KEY not in mine.account_fallback_ref()


def test_master_key_added_by_a_rotation_is_read_without_a_restart(own_ring, db):
    prepare_installation()
    word = json.loads(own_ring.read_text())["keys"][0]
    team = factories.Team.objects.create(name="Aurora")
    ana = factories.make_user("Ana", team)
    account = factories.make_account(team)
    new = base64.b64encode(secrets.token_bytes(32)).decode()
    own_ring.write_text(json.dumps({"keys": [new, word]}))
    credential = factories.make_credential(ana, account, KEY)
    own_ring.write_text(json.dumps({"keys": [word]}))
    own_ring.write_text(json.dumps({"keys": [word, new]}))

    assert credential.secrets() == {"api_key": KEY}


@pytest.mark.parametrize(
    ("health", "abilities", "expected"),
    [
        ("good", {"clone": "yes"}, True),
        ("good", {"clone": "no"}, False),
        ("good", {"clone": "unknown"}, True),
        ("limited", {}, True),
        ("rejected", {"clone": "yes"}, False),
        ("unreachable", {"clone": "yes"}, False),
        ("unchecked", {"clone": "yes"}, False),
    ],
)
def test_working_key_is_allowed_unless_known_to_lack_permission(health, abilities, expected):
    key = Credential(owner_id=1, health=health, abilities=abilities)

    assert key.may("clone") is expected


@pytest.mark.parametrize(
    ("used", "limit", "left"), [(3, 10, 7), (12, 10, 0), (3, None, None), (None, 10, None)]
)
def test_slots_left_are_known_only_if_used_and_limit_are(used, limit, left):
    assert ProviderAccount(slots_used=used, slots_limit=limit).slots_left == left


# Visibility


@pytest.mark.parametrize("is_shared", [True, False])
def test_key_is_visible_to_its_owner_and_to_teammates_if_shared(cast, is_shared):
    credential = factories.make_credential(cast.mia, cast.account, is_shared=is_shared)

    def sees(user):
        return Credential.objects.visible_to(user).filter(pk=credential.pk).exists()

    assert (sees(cast.mia), sees(cast.ana), sees(cast.sam)) == (True, is_shared, False)


@pytest.mark.parametrize(
    ("is_shared", "last_owner", "has_own_key", "is_seen"),
    [
        (True, None, False, True),
        (True, "ana", False, True),
        (False, None, False, False),
        (False, "ana", False, False),
        (False, "mia", False, True),
        (False, "ana", True, True),
        (False, None, True, True),
    ],
)
def test_account_is_visible_if_shared_or_to_its_owner_and_key_holders(
    cast, is_shared, last_owner, has_own_key, is_seen
):
    owner = getattr(cast, last_owner) if last_owner else None
    account = factories.make_account(cast.aurora, is_shared=is_shared, last_owner=owner)
    if has_own_key:
        factories.make_credential(cast.mia, account, is_shared=False)

    seen = ProviderAccount.objects.visible_to(cast.mia)

    assert seen.filter(pk=account.pk).exists() is is_seen
    assert not ProviderAccount.objects.visible_to(cast.sam).filter(pk=account.pk).exists()


def test_former_member_sees_no_keys_or_accounts_of_the_team(cast):
    Membership.objects.filter(user=cast.ana).delete()

    assert not Credential.objects.visible_to(cast.ana).exists()
    assert not ProviderAccount.objects.visible_to(cast.ana).exists()


def test_only_good_and_limited_keys_count_as_working(cast):
    Credential.objects.all().delete()
    for health in Credential.Health.values:
        factories.make_credential(cast.ana, cast.account, health=health)

    assert {row.health for row in Credential.objects.working()} == {"good", "limited"}


# The check of the master key


def test_first_prepare_creates_a_key_and_the_second_changes_nothing(own_ring, db):
    first = prepare_installation()
    ring = own_ring.read_bytes()
    second = prepare_installation()

    assert own_ring.read_bytes() == ring
    assert bytes(second.key_check) == bytes(first.key_check)
    assert (Installation.objects.count(), len(second.code)) == (1, 8)
    verify_after_restart()


@pytest.mark.parametrize("trouble", ["missing", "open to others", "damaged", "link", "other"])
def test_untrusted_key_file_stops_the_start_and_is_not_replaced(own_ring, db, tmp_path, trouble):
    prepare_installation()
    break_key_file(own_ring, trouble, tmp_path)
    before = sorted(own_ring.parent.iterdir())

    with pytest.raises(KeyProblem) as caught:
        verify_after_restart()
    with pytest.raises(KeyProblem):
        prepare_installation()

    words = str(caught.value)
    assert str(own_ring) in words
    assert "no new key was created" in words.lower()
    assert sorted(own_ring.parent.iterdir()) == before


def break_key_file(path: Path, trouble: str, elsewhere: Path) -> None:
    """Break the key file in the way that ``trouble`` names."""
    if trouble == "missing":
        path.unlink()
    elif trouble == "open to others":
        path.chmod(0o644)
    elif trouble == "damaged":
        path.write_text("{}")
    elif trouble == "link":
        path.symlink_to(path.rename(elsewhere / "ring.json"))
    else:
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        path.write_text(json.dumps({"keys": [key]}))


def test_credentials_without_an_installation_row_stop_prepare(own_ring, db, cast):
    Installation.objects.all().delete()
    ring = own_ring.read_bytes()

    with pytest.raises(KeyProblem, match="encrypted credentials but no installation row"):
        prepare_installation()

    assert own_ring.read_bytes() == ring


def test_unprepared_installation_says_to_run_prepare(own_ring, db):
    with pytest.raises(KeyProblem, match=r"manage\.py prepare"):
        verify_after_restart()


@pytest.mark.django_db
def test_database_without_tables_says_to_run_prepare(own_ring):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_installation RENAME TO elsewhere")

    with pytest.raises(KeyProblem, match=r"isn't ready\. Run: manage\.py prepare"):
        verify_after_restart()


def test_abilities_say_what_the_provider_does_not_offer():
    rows = Credential(provider="stepfun", owner_id=1, health="good", abilities={}).ability_rows

    missing = {label for label, answer, *_ in rows if answer == "Not offered by StepFun"}
    assert missing == {"Play previews", "Delete"}
