"""How jobs treat errors: a key is only marked as rejected if the provider says so."""

import pytest

from catalog.jobs.clones.run import run_clone
from catalog.jobs.syncs.run import sync_account
from catalog.models import CloneJob, Credential
from catalog.sandbox.faults import FaultKind
from tests.jobs.staging import Spot

CREATE = Spot("elevenlabs", "create", "POST")
UNPAID = {"detail": {"status": "payment_issue", "message": "Complete the latest invoice."}}
FULL = {"detail": {"code": "limit", "message": "Limit of 10 voices reached."}}


def health_of(key: Credential) -> str:
    return Credential.objects.get(pk=key.pk).health


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"status": 413, "text": "<html>413</html>"}, "too large"),
        ({"status": 401, "values": UNPAID}, "latest invoice"),
        ({"status": 429, "values": FULL}, "no voice slot left"),
        ({"status": 200, "values": UNPAID}, "latest invoice"),
    ],
)
def test_rejected_clone_fails_and_does_not_change_the_key_health(stage, clock, values, words):
    job = stage.new_job("elevenlabs")
    stage.break_call(CREATE, FaultKind.REFUSE, **values)

    run_clone(job.pk, clock)

    job.refresh_from_db()
    assert (job.state, job.step) == (CloneJob.State.FAILED, CloneJob.Step.REFUSED)
    assert words in job.message
    assert health_of(job.credential) == Credential.Health.GOOD


def test_unpaid_invoice_stops_a_sync_and_does_not_change_the_key_health(stage, clock):
    job = stage.new_job("elevenlabs")
    stage.break_call(Spot("elevenlabs", "list", "GET"), FaultKind.REFUSE, status=401, values=UNPAID)

    run = sync_account(job.account_id, clock)

    assert "latest invoice" in run.error
    assert health_of(job.credential) == Credential.Health.GOOD
