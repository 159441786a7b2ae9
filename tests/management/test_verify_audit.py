"""The command that says whether the log is whole."""

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


def test_a_whole_log_is_said_to_be_whole_with_an_anchor_to_note(log):
    words = verify()

    anchor = words.split()[-1]
    assert "The audit log is intact: 3 entries." in words
    assert "intact" in verify("--anchor", anchor)


def test_an_empty_log_is_whole(installation):
    assert verify() == "The audit log is intact: 0 entries.\n"


def test_a_changed_entry_ends_it_with_an_error_that_names_it(log):
    change_by_force("UPDATE {table} SET action = 'nothing' WHERE number = 2")

    with pytest.raises(CommandError, match="Entry 2 was changed or moved"):
        verify()


def test_a_key_that_is_not_in_the_ring_ends_it_with_one_sentence(log):
    Installation.objects.update(audit_key=b"sealed elsewhere")

    with pytest.raises(CommandError, match="The key that signs the log can't be decrypted"):
        verify()


@pytest.mark.parametrize("word", ["", "3", "3:xyz", "x:" + "0" * 64])
def test_an_anchor_that_cannot_be_one_is_refused(log, word):
    with pytest.raises(CommandError, match="anchor"):
        verify("--anchor", word)


def test_an_anchor_that_is_not_in_the_log_is_found(log):
    with pytest.raises(CommandError, match="Entry 2 is not the one that the anchor names"):
        verify("--anchor", f"2:{'0' * 64}")
