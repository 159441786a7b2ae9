"""The pages of a withdrawal: what is asked, what is shown, and the signed report."""

import json

import pytest

from catalog.jobs.withdrawals.run import run_erasure
from catalog.models import CloneJob, Erasure, Speaker, Withdrawal
from tests import factories
from tests.views.conftest import Page


@pytest.fixture
def job(cast, stub) -> CloneJob:
    voice = factories.make_clone(cast.account, remote_id="r-ada")
    return factories.make_job(cast.ana, cast.credential, state="ready", voice=voice)


@pytest.fixture
def address(job) -> str:
    return f"/speakers/{job.batch.speaker_id}/withdraw/"


def test_withdrawal_is_requested_approved_and_reported(ana, job, address, clock):
    assert "Voice at a provider" in Page(ana.get(address)).text
    assert ana.post(address, {"reason": ""}).status_code == 422
    assert not Withdrawal.objects.exists()

    shown = ana.post(address, {"reason": "She asked."}, follow=True)

    withdrawal = Withdrawal.objects.get()
    assert "Waiting for approval" in Page(shown).text
    page = f"/withdrawals/{withdrawal.pk}/"
    assert "Not complete." in Page(ana.post(f"{page}approve/", follow=True)).text
    for erasure in Erasure.objects.filter(state="queued"):
        run_erasure(erasure.pk, clock)

    done = Page(ana.get(page))
    assert "Complete." in done.text
    assert "ElevenLabs' API documentation doesn't say" in done.text
    report = ana.get(f"{page}report.json")
    assert "attachment" in report["Content-Disposition"]
    assert json.loads(report.content)["reason"] == "She asked."
    speaker = Page(ana.get(f"/speakers/{job.batch.speaker_id}/"))
    assert "so this voice can't be used" in speaker.text
    assert not speaker.find("a", href=address)
    assert "Erased on" in speaker.text


def test_password_is_asked_before_the_withdrawal(ana, address, monkeypatch):
    monkeypatch.setattr("catalog.views.sessions.reauthentication.has_proof", lambda _: False)

    response = ana.post(address, {"reason": "She asked."})

    assert "reauthenticate" in response["Location"]
    assert not Withdrawal.objects.exists()


def test_voice_that_the_admin_cannot_see_is_listed_without_its_name(cast, ana, job, address):
    other = factories.make_account(
        cast.aurora, provider="noiz", is_shared=False, last_owner=cast.mia
    )
    key = factories.make_credential(cast.mia, other, is_shared=False)
    hidden = factories.make_clone(other, "Secret project")
    factories.make_job(cast.mia, key, batch=job.batch, state="ready", voice=hidden)

    page = Page(ana.get(address))
    shown = Page(ana.post(address, {"reason": "She asked."}, follow=True))

    for each in (page, shown):
        assert "In an account that you can't see" in each.text
        assert "Secret project" not in each.text


def test_canceled_withdrawal_makes_the_consents_valid_again_unless_the_speaker_withdrew(
    ana, job, address
):
    ana.post(address, {"reason": "A mistake."})
    withdrawal = Withdrawal.objects.get()
    assert Speaker.objects.get().withdrawing_since is not None

    ana.post(f"/withdrawals/{withdrawal.pk}/cancel/")

    assert Speaker.objects.get().withdrawing_since is None
    job.batch.consent.refresh_from_db()
    assert job.batch.consent.withdrawn_at is None

    ana.post(address, {"reason": "Again."})
    Withdrawal.objects.filter(canceled_at=None).update(requested_by=None)
    again = Withdrawal.objects.get(canceled_at=None)
    page = ana.post(f"/withdrawals/{again.pk}/cancel/", follow=True)

    assert "Ask them for a new consent." in Page(page).text
