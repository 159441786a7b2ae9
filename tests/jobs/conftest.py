"""What the tests of jobs share."""

import pytest

from catalog.jobs.syncs import sync_account
from catalog.models import SyncRun


@pytest.fixture
def sync(cast, stub, clock):
    """Let some time pass, fetch the account's voices, and return the run."""

    def _sync(*remotes) -> SyncRun:
        stub.listed = list(remotes)
        clock.move(minutes=15)
        run = sync_account(cast.account.pk, clock)
        cast.account.refresh_from_db()
        return run

    return _sync
