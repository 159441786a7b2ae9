"""The clone form, with and without script, and the truth about a job."""

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import CloneJob, Credential, Membership, Sample
from tests import factories
from tests.views.conftest import BOOSTED, PARTIAL, Page

State, Step = CloneJob.State, CloneJob.Step
UPLOAD = {"X-Upload": "1"}


@pytest.fixture(autouse=True)
def _mia_clones(cast):
    Membership.objects.filter(user=cast.mia).update(role=Membership.Role.CLONER)


@pytest.fixture
def fill(cast, wav):
    """Return what the filled form posts, with the given fields changed."""

    def _fill(**values: Any) -> dict[str, Any]:
        good = {
            "sample": SimpleUploadedFile("ada.wav", wav, "audio/wav"),
            "credential": str(cast.credential.pk),
            "name": "Our Ada",
            "description": "Warm.",
            "speaker": "Ada Lovelace",
            "consent": "on",
            "form_token": str(uuid.uuid4()),
        }
        return {name: value for name, value in {**good, **values}.items() if value is not None}

    return _fill


def test_the_empty_form_is_a_plain_one_with_a_token_of_its_own(mia, cast):
    first, second = Page(mia.get("/clone/")), Page(mia.get("/clone/"))

    (form,) = first.find("form", id="clone-form")
    assert (form["action"], form["method"], form["enctype"]) == (
        "/clone/",
        "post",
        "multipart/form-data",
    )
    (target,) = first.find("input", name="credential")
    assert (target["value"], "checked" in target) == (str(cast.credential.pk), True)
    tokens = [page.find("input", name="form_token")[0]["value"] for page in (first, second)]
    assert tokens[0] != tokens[1]


def test_a_whole_wish_leads_to_its_job(mia, cast, fill, wakes, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        response = mia.post("/clone/", fill(removes_noise="on"))

    job = CloneJob.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/jobs/{job.pk}/")
    assert (job.requested_by, job.name, job.removes_noise) == (cast.mia, "Our Ada", True)
    assert ("catalog.run_clone", str(job.pk)) in wakes


def test_an_upload_by_script_is_told_where_to_go_on(mia, fill):
    response = mia.post("/clone/", fill(), headers=UPLOAD)

    assert response.status_code == 201
    assert response.json() == {"next": f"/jobs/{CloneJob.objects.get().pk}/"}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("consent", None, "Consent is needed"),
        ("sample", None, "Choose a recording to clone from."),
        ("sample", SimpleUploadedFile("a.wav", b""), "This file is empty."),
        ("sample", SimpleUploadedFile("a.wav", b"text"), "This is not an audio file"),
        ("name", "n" * 10_000, "at most 100 characters"),
        ("name", "\u202e", "Give the voice a name that can be read."),
        ("name", "a\x00b", "Null characters are not allowed."),
        ("speaker", "", "Say whose voice this is."),
        ("credential", "00000000-0000-4000-8000-000000000000", "You have no such key."),
        ("credential", "", "Choose where the clone is to be made."),
        ("form_token", "none", "Enter a valid UUID. Reload the page."),
    ],
)
def test_a_wrong_field_is_told_in_the_page_and_the_rest_is_kept(mia, fill, field, value, words):
    filled = fill(**{field: value})

    response = mia.post("/clone/", filled)

    page = Page(response)
    assert response.status_code == 422
    assert words in page.text
    assert "Nothing was sent yet: 1 field needs another look." in page.text
    for name in {"name", "description", "speaker", "form_token"} - {field}:
        assert page.find("input", name=name)[0]["value"] == filled[name]
    assert not CloneJob.objects.exists()
    assert not Sample.objects.exists()


def test_an_upload_by_script_gets_the_form_back_without_the_page_around_it(mia, fill):
    response = mia.post("/clone/", fill(consent=None), headers=UPLOAD)

    page = Page(response)
    assert response.status_code == 422
    assert page.find("form", id="clone-form")
    assert not page.find("html")


def test_a_file_over_the_limit_is_refused_and_a_much_larger_one_before_it_is_read(
    mia, fill, settings
):
    settings.SAMPLE_MAX_BYTES = 60_000

    little = mia.post("/clone/", fill(), headers=UPLOAD)
    settings.SAMPLE_MAX_BYTES = 20_000
    much = mia.post("/clone/", fill(), headers=UPLOAD)

    assert little.status_code == 422
    assert "This file is too large" in Page(little).text
    assert much.status_code == 413
    assert "at most 19.5" in much.json()["error"]


def test_a_double_click_is_one_job_and_both_answers_lead_to_it(mia, fill, wav):
    filled = fill()
    first = mia.post("/clone/", filled)
    second = mia.post("/clone/", {**filled, "sample": SimpleUploadedFile("ada.wav", wav)})

    assert first["Location"] == second["Location"]
    assert CloneJob.objects.count() == 1


def test_a_foreign_or_hidden_key_in_the_form_is_not_known(mia, cast, fill):
    hidden = factories.make_credential(cast.ana, cast.account, is_shared=False)

    for credential in (cast.other_credential, hidden):
        response = mia.post("/clone/", fill(credential=str(credential.pk)))

        assert response.status_code == 422
        assert "You have no such key." in Page(response).text
    assert not CloneJob.objects.exists()


def test_fields_that_the_form_does_not_have_change_nothing(mia, cast, fill):
    mia.post(
        "/clone/",
        fill(team=cast.borealis.pk, requested_by=cast.sam.pk, state="ready", marker="vb1:x:y"),
    )

    job = CloneJob.objects.get()
    assert (job.team, job.requested_by, job.state) == (cast.aurora, cast.mia, State.QUEUED)
    assert job.marker != "vb1:x:y"


def test_a_viewer_is_told_and_posts_in_vain(cast, sign_in, fill):
    viewer = sign_in(factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER))

    seen, posted = viewer.get("/clone/"), viewer.post("/clone/", fill())

    assert (seen.status_code, posted.status_code) == (403, 403)
    assert "You may look and listen in this team, but not make voices." in Page(seen).text
    assert not Page(seen).find("form", id="clone-form")
    assert not Sample.objects.exists()


def test_a_target_that_is_closed_says_why_and_cannot_be_chosen(mia, cast):
    type(cast.account).objects.update(slots_used=30, slots_limit=30)

    page = Page(mia.get("/clone/"))

    assert "No free slot: 30 of 30." in page.text
    assert "disabled" in page.find("input", name="credential")[0]


def test_without_any_key_the_page_leads_to_adding_one(mia, cast):
    Credential.objects.all().delete()

    page = Page(mia.get("/clone/"))

    assert "No provider is connected." in page.text
    assert page.find("a", href="/keys/add/")


# Jobs


def test_jobs_are_listed_and_asked_for_again_only_while_one_runs(mia, cast):
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
        ({"state": State.QUEUED}, "Waiting for a worker"),
        ({"state": State.RUNNING, "step": Step.SENT, "message": "Sending."}, "Sending."),
        ({"state": State.WAITING, "step": Step.UNKNOWN, "message": "Looking."}, "Looking."),
        ({"state": State.READY, "step": Step.CONFIRMED}, "Ready"),
        ({"state": State.FAILED, "step": Step.REFUSED, "message": "Refused."}, "Clone again"),
        ({"state": State.NEEDS_LOOK, "step": Step.UNKNOWN}, "Needs a look"),
    ],
)
def test_a_job_shows_its_true_state_and_asks_again_until_it_ended(mia, cast, values, words):
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
    assert page.find("audio", src=f"/samples/{job.sample.pk}/audio/")


def test_the_end_of_a_job_is_announced_once_to_who_waits_for_it(mia, cast):
    voice = factories.make_clone(cast.account)
    job = factories.make_job(cast.mia, cast.credential, state=State.READY, voice=voice)
    path = f"/jobs/{job.pk}/"

    assert "Our Ada is ready." in Page(mia.get(path, headers=PARTIAL)).text
    for response in (mia.get(path), mia.get(path, headers=BOOSTED)):
        page = Page(response)
        assert "Our Ada is ready." not in page.text
        assert page.find("a", href=f"/voices/{voice.pk}/")


def test_what_the_provider_said_stands_beside_an_unclear_job(mia, cast):
    evidence = [{"at": "2026-11-21T12:00:00", "said": "It broke.", "request_id": "req-7"}]
    job = factories.make_job(cast.mia, cast.credential, evidence=evidence)

    text = Page(mia.get(f"/jobs/{job.pk}/")).text

    assert "What ElevenLabs said" in text
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


def test_the_form_is_not_kept_by_the_browser_with_a_token_that_was_used(sign_in, cast):
    response = sign_in(cast.ana).get("/clone/")

    assert "no-store" in response["Cache-Control"]
