"""The command that verifies the audit log."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from catalog.audit import record
from catalog.models import Installation
from tests import factories
from tests.test_audit import change_by_force


def verify(*words):
    out = StringIO()
    call_command("verify_audit", *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def log(cast):
    """Write three entries."""
    for number in range(3):
        record(cast.ana, f"act {number}", "Voice 1", team=cast.aurora, now=factories.NOW)


def test_intact_log_is_reported_with_an_anchor(log):
    words = verify()

    anchor = words.split()[-1]
    assert "The audit log is intact: 3 entries." in words
    assert Installation.objects.get().audit_verified_at
    assert "intact" in verify("--anchor", anchor)


def test_empty_log_is_intact(installation):
    assert verify() == "The audit log is intact: 0 entries.\n"


def test_changed_entry_gives_an_error_that_names_it(log):
    change_by_force("UPDATE {table} SET action = 'nothing' WHERE number = 2")

    with pytest.raises(CommandError, match="Entry 2 was changed or moved"):
        verify()
    assert Installation.objects.get().audit_verified_at is None


def test_signing_key_that_cannot_be_decrypted_gives_an_error(log):
    Installation.objects.update(audit_key=b"sealed elsewhere")

    with pytest.raises(CommandError, match="The key that signs the log can't be decrypted"):
        verify()


@pytest.mark.parametrize("word", ["", "3", "3:xyz", "x:" + "0" * 64])
def test_malformed_anchor_is_rejected(log, word):
    with pytest.raises(CommandError, match="anchor"):
        verify("--anchor", word)


def test_anchor_that_does_not_match_its_entry_gives_an_error(log):
    with pytest.raises(CommandError, match="Entry 2 is not the one that the anchor names"):
        verify("--anchor", f"2:{'0' * 64}")
