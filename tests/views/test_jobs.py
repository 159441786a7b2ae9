"""The list of clone jobs, the page of each job, and what can be done with them."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.core.media import store_media
from catalog.models import CloneJob, Membership
from tests import factories
from tests.views.conftest import PARTIAL, Page

State, Step = CloneJob.State, CloneJob.Step
NOW = factories.NOW


@pytest.fixture(autouse=True)
def _mia_clones(cast):
    Membership.objects.filter(user=cast.mia).update(role=Membership.Role.CLONER)


def test_the_job_list_polls_only_while_a_job_runs(mia, cast):
    running = factories.make_job(cast.ana, cast.credential, name="Running")
    factories.make_job(
        cast.ana, cast.credential, name="Failed", state=State.FAILED, message="No credit left."
    )
    page = Page(mia.get("/jobs/"))
    assert page.find("div", id="jobs", hx_get="/jobs/", hx_trigger="every 2s")
    assert "Failed: No credit left." in page.text

    CloneJob.objects.filter(pk=running.pk).update(state=State.READY)

    part = mia.get("/jobs/", headers=PARTIAL)
    assert Page(part).find("div", id="jobs")
    assert not Page(part).find("div", hx_get="/jobs/")
    assert not Page(part).find("html")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": State.QUEUED}, "Queued"),
        ({"state": State.RUNNING, "step": Step.SENT, "message": "Sending."}, "Sending."),
        ({"state": State.WAITING, "step": Step.UNKNOWN, "message": "Looking."}, "Looking."),
        ({"state": State.READY, "step": Step.CONFIRMED}, "Ready"),
        ({"state": State.FAILED, "step": Step.REFUSED, "message": "Refused."}, "Retry"),
        ({"state": State.CANCELLED, "message": "Nothing was sent."}, "Canceled"),
        ({"state": State.WAITING, "step": Step.SENT, "cancel_asked_at": NOW}, "Canceling"),
        ({"state": State.NEEDS_LOOK, "step": Step.UNKNOWN}, "Needs attention"),
    ],
)
def test_a_job_page_shows_its_state_and_polls_until_it_is_finished(mia, cast, values, words):
    job = factories.make_job(cast.mia, cast.credential, **values)
    path = f"/jobs/{job.pk}/"

    page, part = Page(mia.get(path)), Page(mia.get(path, headers=PARTIAL))

    assert words in page.text
    assert words in part.text
    (status,) = part.find("section", id="job-status")
    assert (status.get("hx-get") == path) is not job.is_finished
    assert not part.find("html")
    for text in ("ada.wav", "Ada", "Agreed.", "Mia"):
        assert text in page.text
    assert page.find("audio", src=f"/samples/{factories.sample_of(job).pk}/audio/")


def test_a_canceled_job_shows_no_progress_here_or_beside_its_sister(mia, cast):
    job = factories.make_job(cast.mia, cast.credential, state=State.CANCELLED)
    sister = factories.make_job(
        cast.mia, cast.credential, batch=job.batch, state=State.READY, step=Step.CONFIRMED
    )
    pages = [Page(mia.get(path)) for path in ("/jobs/", f"/jobs/{job.pk}/")]

    assert [len(page.find("progress")) for page in pages] == [1, 0]
    assert re.search(r"ElevenLabs\s+Ready", pages[1].text)
    assert re.search(r"ElevenLabs\s+Canceled", Page(mia.get(f"/jobs/{sister.pk}/")).text)


def test_a_poll_that_finds_a_job_finished_refreshes_the_notifications(mia, cast):
    job = factories.make_job(cast.mia, cast.credential, state=State.READY)
    path = f"/jobs/{job.pk}/"

    assert mia.get(path, headers=PARTIAL)["HX-Trigger"] == "notices-changed"
    assert "HX-Trigger" not in mia.get(path)


def test_a_job_can_be_canceled_and_a_failed_one_retried(mia, cast):
    running = factories.make_job(cast.mia, cast.credential)
    failed = factories.make_job(cast.mia, cast.credential, state=State.FAILED)

    cancelled = mia.post(f"/jobs/{running.pk}/cancel/")
    retried = mia.post(f"/jobs/{failed.pk}/retry/")

    running.refresh_from_db()
    again = CloneJob.objects.get(retry_of=failed)
    assert (cancelled["Location"], running.is_cancelled) == (f"/jobs/{running.pk}/", True)
    assert retried["Location"] == f"/jobs/{again.pk}/"
    assert "Retried" in Page(mia.get(f"/jobs/{failed.pk}/")).text


def test_an_unclear_job_can_be_reconciled_but_not_retried(mia, cast):
    job = factories.make_job(cast.mia, cast.credential, state=State.NEEDS_LOOK, step=Step.UNKNOWN)
    page = Page(mia.get(f"/jobs/{job.pk}/"))
    assert page.find("form", action=f"/jobs/{job.pk}/reconcile/")
    assert not page.find("form", action=f"/jobs/{job.pk}/retry/")

    mia.post(f"/jobs/{job.pk}/retry/")
    mia.post(f"/jobs/{job.pk}/reconcile/")

    job.refresh_from_db()
    assert (CloneJob.objects.count(), job.state) == (1, State.WAITING)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"Warm", "Cold"}),
        ("?q=warm", {"Warm"}),
        ("?q=ada", {"Warm", "Cold"}),
        ("?state=failed", {"Cold"}),
        ("?state=nonsense", {"Warm", "Cold"}),
        ("?provider=elevenlabs", {"Warm", "Cold"}),
        ("?provider=noiz", set()),
        ("?person=x&page=9999999&order=1", {"Warm", "Cold"}),
    ],
)
def test_jobs_are_filtered_by_the_query_string(mia, cast, query, names):
    factories.make_job(cast.ana, cast.credential, name="Warm")
    factories.make_job(cast.mia, cast.credential, name="Cold", state=State.FAILED)

    text = Page(mia.get(f"/jobs/{query}", headers=PARTIAL)).text

    assert {name for name in ("Warm", "Cold") if name in text} == names


def test_a_provider_that_is_not_installed_is_not_in_the_filter(mia, settings):
    here = settings.PROVIDER_BASE_URLS
    settings.PROVIDER_BASE_URLS = {**here, "local": "file:///speech"}
    assert Page(mia.get("/jobs/")).find("option", value="local")

    settings.PROVIDER_BASE_URLS = here

    page = Page(mia.get("/jobs/"))
    assert page.find("option", value="noiz")
    assert not page.find("option", value="local")


def test_a_consent_s_proof_is_served_as_a_sandboxed_download(mia, cast):
    job = factories.make_job(cast.ana, cast.credential)
    path, _, _ = store_media("consents", [b"%PDF-1.7"], "pdf")
    type(job.batch.consent).objects.update(
        proof_path=path, proof_filename="signed.pdf", proof_type="application/pdf"
    )

    response = mia.get(f"/jobs/{job.pk}/proof/")

    assert b"".join(response.streaming_content) == b"%PDF-1.7"
    assert response["Content-Disposition"] == 'attachment; filename="signed.pdf"'
    assert "sandbox" in response["Content-Security-Policy"]


def test_a_waiting_job_shows_since_when_its_provider_does_not_answer(mia, cast):
    evidence = [
        {"at": f"2026-11-21T{hour:02}:00:00+00:00", "said": "Unreachable.", "request_id": ""}
        for hour in (9, 10)
    ]
    waiting = {"state": State.WAITING, "message": "ElevenLabs can't be reached."}
    job = factories.make_job(cast.mia, cast.credential, evidence=evidence, **waiting)

    text = Page(mia.get(f"/jobs/{job.pk}/")).text

    assert "can't be reached. Waiting since Nov 21, 09:00." in text


def test_an_unclear_job_shows_what_the_provider_answered(mia, cast):
    evidence = [{"at": "2026-11-21T12:00:00", "said": "It broke.", "request_id": "req-7"}]
    job = factories.make_job(cast.mia, cast.credential, evidence=evidence)

    text = Page(mia.get(f"/jobs/{job.pk}/")).text

    assert "Responses from ElevenLabs" in text
    assert "2026-11-21T12:00:00 · It broke. · request req-7" in text


def test_more_jobs_need_no_more_queries(mia, cast):
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert mia.get("/jobs/").status_code == 200
        return len(seen)

    factories.make_job(cast.ana, cast.credential)
    few = count_queries()
    for _ in range(5):
        factories.make_job(cast.ana, cast.credential)

    assert count_queries() == few
