"""The master key is rotated while the service runs; an interrupted rotation can be repeated."""

import json
import threading
import uuid
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection, models

from catalog.audit import record
from catalog.core.crypto import CannotOpen, KeyRing
from catalog.models import AuditEntry, Credential, CredentialReplacement, EndHook, Installation
from catalog.models.credentials.key_rotation import SEALED, prepare_installation, verify_key_ring
from catalog.queries.audit import find_breaks
from catalog.services.credentials import key_rotation
from catalog.services.credentials.key_rotation import UnopenedSecrets, rotate_master_key
from catalog.services.credentials.keys import add_credential
from tests import factories
from tests.views.test_sign_in import code_of

NOW = factories.NOW
KEY = "sk_a-key-of-some-length"


@pytest.fixture(autouse=True)
def _unused_codes():
    cache.clear()


@pytest.fixture
def ring_file(settings, tmp_path, db):
    """Give the test an installation with its own master key."""
    settings.MASTER_KEY_FILE = tmp_path / "own" / "master-keys.json"
    prepare_installation()
    return settings.MASTER_KEY_FILE


@pytest.fixture
def encrypted(ring_file, cast):
    """Encrypt one record of each kind."""
    factories.make_replacement(cast.credential, KEY)
    factories.make_factor(cast.mia)
    factories.make_end_hook(cast.account, KEY)
    record(cast.ana, "something", cast.aurora, team=cast.aurora, now=NOW)
    return cast


def count_keys(path):
    return len(json.loads(path.read_text())["keys"])


def assert_all_decrypt(cast):
    verify_key_ring()
    assert Credential.objects.get(pk=cast.credential.pk).secrets() == {
        "api_key": "sandbox-elevenlabs-full"
    }
    assert CredentialReplacement.objects.get().secrets() == {"api_key": KEY}
    assert EndHook.objects.get().open_secret() == KEY
    assert Authenticator.objects.get(type="totp").wrap().validate_code(code_of())
    assert len(Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()) == 10
    assert find_breaks() == []


def test_after_rotation_only_the_new_key_decrypts(encrypted, ring_file, tmp_path):
    old = tmp_path / "old.json"
    old.write_bytes(ring_file.read_bytes())
    old.chmod(0o600)

    moved = rotate_master_key(now=NOW)

    assert moved == 6  # two keys, a replacement, a webhook, a second factor, and its recovery codes
    assert count_keys(ring_file) == 1
    assert_all_decrypt(encrypted)
    before = KeyRing.load(old)
    for row in (*Credential.objects.all(), *CredentialReplacement.objects.all()):
        with pytest.raises(CannotOpen):
            before.open(bytes(row.sealed), row.seal_context())
    installation = Installation.objects.get()
    assert not before.knows(bytes(installation.key_check))
    assert not before.knows(bytes(installation.audit_key))


def test_audit_entry_has_the_number_of_records(encrypted, ring_file):
    rotate_master_key(now=NOW)

    entry = AuditEntry.objects.latest("number")
    assert (entry.action, entry.who, entry.facts) == (
        "master key rotated",
        "Voiceboard",
        {"records": 6},
    )


def fail(*args):
    raise RuntimeError


@pytest.mark.parametrize("step", ["_rewrap_own", "_rewrap_all", "_drop_old"])
def test_interrupted_rotation_can_be_repeated(encrypted, ring_file, monkeypatch, step):
    with monkeypatch.context() as patch:
        patch.setattr(key_rotation, step, fail)
        with pytest.raises(RuntimeError):
            rotate_master_key(now=NOW)
    assert count_keys(ring_file) == 2
    verify_key_ring()
    assert find_breaks() == []
    assert CredentialReplacement.objects.get().secrets() == {"api_key": KEY}

    rotate_master_key(now=NOW)

    assert count_keys(ring_file) == 1
    assert_all_decrypt(encrypted)


def test_row_read_before_the_rotation_can_still_be_decrypted(encrypted, ring_file):
    read_before = Credential.objects.get(pk=encrypted.credential.pk)

    rotate_master_key(now=NOW)

    assert read_before.secrets() == {"api_key": "sandbox-elevenlabs-full"}


def test_old_keys_can_be_kept_and_dropped_later(encrypted, ring_file):
    rotate_master_key(now=NOW, keeps_old=True)
    assert count_keys(ring_file) == 2

    moved = rotate_master_key(now=NOW)

    assert (moved, count_keys(ring_file)) == (0, 1)
    assert_all_decrypt(encrypted)


def test_undecryptable_record_is_named_and_the_old_keys_are_kept(encrypted, ring_file):
    Credential.objects.filter(pk=encrypted.other_credential.pk).update(sealed=b"VB1" + b"x" * 120)

    with pytest.raises(UnopenedSecrets, match=f"Credential {encrypted.other_credential.pk}"):
        rotate_master_key(now=NOW)

    assert count_keys(ring_file) == 2
    assert_all_decrypt(encrypted)


def test_rotate_keys_prints_the_number_of_records_or_the_error(encrypted, ring_file):
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    Credential.objects.filter(pk=encrypted.other_credential.pk).update(sealed=b"VB1" + b"x" * 120)

    with pytest.raises(CommandError, match="the old keys were kept: Credential"):
        call_command("rotate_keys")

    assert out.getvalue() == "6 records now use the new master key. Back up the key file again.\n"


def test_key_file_with_open_permissions_is_rejected(encrypted, ring_file):
    ring_file.chmod(0o644)

    with pytest.raises(CommandError, match="chmod 600"):
        call_command("rotate_keys")


def test_every_model_with_encrypted_data_is_rotated():
    named = {
        model
        for model in apps.get_app_config("catalog").get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.BinaryField) and field.name == "sealed"
    }

    assert set(SEALED) == named | {Authenticator}


class Users:
    """Threads that add keys and decrypt them until ``stop`` is set."""

    def __init__(self, cast):
        self.cast, self.stop = cast, threading.Event()
        self.added, self.faults = {}, []

    def write(self):
        key = f"sk_key-number-{uuid.uuid4().hex}"
        wanted = {"team": self.cast.aurora, "provider": "elevenlabs", "nickname": ""}
        row = add_credential(self.cast.mia, api_key=key, is_shared=False, now=NOW, **wanted)
        self.added[row.pk] = key

    def read(self):
        for row in Credential.objects.order_by("-created_at")[:5]:
            row.secrets()

    def run(self, act):
        try:
            while not self.stop.is_set():
                act()
        except Exception as exc:
            self.faults.append(exc)
        finally:
            connection.close()


def test_keys_added_during_a_rotation_can_be_decrypted_afterward(
    file_database, ring_file, cast, wakes
):
    users = Users(cast)
    acts = (users.write, users.write, users.read, users.read)
    threads = [threading.Thread(target=users.run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()

    for _ in range(3):
        rotate_master_key(now=NOW)
    users.stop.set()
    for thread in threads:
        thread.join(timeout=60)

    assert users.faults == []
    assert users.added
    assert count_keys(ring_file) == 1
    opened = {row.pk: row.secrets()["api_key"] for row in Credential.objects.all()}
    assert users.added.items() <= opened.items()
