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
def test_a_clear_refusal_ends_a_clone_and_leaves_the_key_alone(stage, clock, values, words):
    job = stage.wish("elevenlabs")
    stage.spoil(CREATE, FaultKind.REFUSE, **values)

    run_clone(job.pk, clock)

    job.refresh_from_db()
    assert (job.state, job.step) == (CloneJob.State.FAILED, CloneJob.Step.REFUSED)
    assert words in job.message
    assert health_of(job.credential) == Credential.Health.GOOD


def test_a_sync_that_an_unpaid_invoice_stops_leaves_the_key_alone(stage, clock):
    job = stage.wish("elevenlabs")
    stage.spoil(Spot("elevenlabs", "list", "GET"), FaultKind.REFUSE, status=401, values=UNPAID)

    run = sync_account(job.account_id, clock)

    assert "latest invoice" in run.error
    assert health_of(job.credential) == Credential.Health.GOOD
