"""A receipt is verified by a command, by the script in the docs, and after a rotation."""

import hashlib
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from catalog.core.receipts import (
    ReceiptInvalid,
    ReceiptUnreadable,
    find_public_key,
    make_signing_key,
    verify_receipt,
    write_public_key,
)
from catalog.models import Installation
from catalog.models.credentials.key_rotation import prepare_installation
from catalog.services.credentials.key_rotation import rotate_master_key
from tests import factories

FIELDS = {"speaker": "Zoë", "recording_sha256": hashlib.sha256(b"sound").hexdigest()}
DOCS = Path(__file__).parents[2] / "docs/users/consent.md"


@pytest.fixture
def receipt(installation, tmp_path):
    prepare_installation()
    path = tmp_path / "receipt.json"
    path.write_text(Installation.objects.get().sign(FIELDS), encoding="utf-8")
    return path


@pytest.fixture
def public(receipt, tmp_path):
    out, path = StringIO(), tmp_path / "public.pem"
    call_command("show_signing_key", stdout=out)
    path.write_text(out.getvalue())
    return path


def verify(*words):
    out = StringIO()
    call_command("verify_receipt", *map(str, words), stdout=out)
    return out.getvalue()


def verify_badly(*words):
    with pytest.raises(CommandError) as caught:
        verify(*words)
    return caught.value.returncode


def test_valid_receipt_and_its_recording_are_accepted(receipt, public, tmp_path):
    recording = tmp_path / "a.wav"
    recording.write_bytes(b"sound")

    assert "Speaker: Zoë" in verify(receipt)
    assert "valid" in verify(receipt, "--key", public, "--recording", recording)
    recording.write_bytes(b"another sound")
    assert verify_badly(receipt, "--recording", recording) == 1


def test_receipt_of_another_key_is_refused(receipt, tmp_path):
    other = tmp_path / "other.pem"
    other.write_text(write_public_key(find_public_key(make_signing_key())))

    assert verify_badly(receipt, "--key", other) == 1


def test_what_is_no_receipt_exits_with_2(receipt, public, tmp_path):
    assert verify_badly(tmp_path / "missing.json") == 2
    assert verify_badly(public) == 2
    assert verify_badly(receipt, "--key", receipt) == 2


def test_every_changed_byte_is_refused(receipt):
    content = receipt.read_bytes()
    key = bytes(Installation.objects.get().public_key)

    assert verify_receipt(content, key)["speaker"] == "Zoë"
    for place in range(len(content)):
        for change in (1, 32):
            changed = bytearray(content)
            changed[place] ^= change
            with pytest.raises((ReceiptInvalid, ReceiptUnreadable)):
                verify_receipt(bytes(changed), key)
    for changed in (content.strip(), b" " + content, content + b"\n"):
        with pytest.raises(ReceiptInvalid):
            verify_receipt(changed, key)


def test_script_in_the_docs_verifies_a_receipt(receipt, public, tmp_path):
    script = tmp_path / "verify.py"
    script.write_text(re.findall(r"```python\n(.*?)```", DOCS.read_text(), flags=re.S)[0])
    command = [sys.executable, str(script), str(receipt), str(public)]

    assert len(script.read_text().splitlines()) <= 16
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"valid\n"
    receipt.write_bytes(receipt.read_bytes().replace(b"Zo", b"Zu"))
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_key_is_created_once_and_survives_a_rotation_of_the_master_key(receipt):
    before = Installation.objects.get()
    prepare_installation()
    rotate_master_key(now=factories.NOW)
    after = Installation.objects.get()

    assert bytes(after.signing_key) != bytes(before.signing_key)
    assert after.sign(FIELDS) == receipt.read_text(encoding="utf-8")
