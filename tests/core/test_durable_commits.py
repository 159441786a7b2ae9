"""Commits that survive a power failure."""

import pytest
from django.db import connection, transaction

from catalog.core.durable_commits import durable_transaction
from catalog.models import Team

NORMAL, FULL = 1, 2

pytestmark = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="Other databases always commit durably."
)


def synchronous() -> int:
    with connection.cursor() as cursor:
        return int(cursor.execute("PRAGMA synchronous").fetchone()[0])


def test_durable_commit_waits_for_the_disk_and_the_next_one_does_not(file_database):
    with durable_transaction():
        Team.objects.create(name="Aurora")
        inside = synchronous()

    assert (inside, synchronous()) == (FULL, NORMAL)
    assert Team.objects.count() == 1


def test_failed_durable_transaction_is_rolled_back_and_the_mode_restored(file_database):
    def write_and_fail() -> None:
        with durable_transaction():
            Team.objects.create(name="Aurora")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()

    assert synchronous() == NORMAL
    assert not Team.objects.exists()


def test_durable_transaction_inside_another_one_does_not_change_the_mode(file_database):
    with transaction.atomic(), durable_transaction():
        assert synchronous() == NORMAL
