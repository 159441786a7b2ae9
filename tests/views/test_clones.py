"""The clone form, with and without scripts."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from catalog.jobs.samples.prepare import run_measurement
from catalog.models import (
    CloneJob,
    Consent,
    Credential,
    Heartbeat,
    Membership,
    Sample,
    Speaker,
    TeamPolicy,
)
from catalog.models.teams.policies import ConsentLevel
from tests import factories
from tests.views.conftest import PARTIAL, Page

State = CloneJob.State
UPLOAD = {"X-Upload": "1"}


@pytest.fixture(autouse=True)
def _mia_clones(cast):
    Membership.objects.filter(user=cast.mia).update(role=Membership.Role.CLONER)


@pytest.fixture
def fill(cast, wav):
    """Return what the filled form posts, with the given fields changed."""

    def _fill(**values: Any) -> dict[str, Any]:
        good = {
            "files": SimpleUploadedFile("ada.wav", wav, "audio/wav"),
            "credential": str(cast.credential.pk),
            "name": "Our Ada",
            "description": "Warm.",
            "speaker": "Ada Lovelace",
            "relation": "permission",
            "allowed_use": "any",
            "consent": "on",
            "form_token": str(uuid.uuid4()),
        }
        return {name: value for name, value in {**good, **values}.items() if value is not None}

    return _fill


def test_the_empty_form_works_without_scripts_and_has_a_unique_token(mia, cast):
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


def test_a_complete_form_creates_a_job_and_redirects_to_it(
    mia, cast, fill, wakes, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        response = mia.post("/clone/", fill(removes_noise="on"))

    job = CloneJob.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/jobs/{job.pk}/")
    assert (job.requested_by, job.name, job.removes_noise) == (cast.mia, "Our Ada", True)
    sample = job.batch.sources.get().sample
    assert sample.filename == "ada.wav"
    assert wakes == [
        ("catalog.measure_sample", str(sample.pk)),
        ("catalog.listen_to", f"report:{sample.report.pk}"),
        ("catalog.run_clone", str(job.pk)),
    ]


def test_an_upload_by_script_gets_the_address_of_its_job(mia, fill):
    response = mia.post("/clone/", fill(), headers=UPLOAD)

    assert response.status_code == 201
    assert response.json() == {"next": f"/jobs/{CloneJob.objects.get().pk}/"}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("consent", None, "Confirm that you have the speaker"),
        ("name", "n" * 10_000, "at most 100 characters"),
        ("name", "\u202e", "Enter a name with at least one letter or digit."),
        ("name", "a\x00b", "Null characters are not allowed."),
        ("speaker", "", "Enter the name of the speaker."),
        (
            "credential",
            "00000000-0000-4000-8000-000000000000",
            "You don't have access to this key.",
        ),
        ("credential", None, "Choose at least one key to clone with."),
        ("form_token", "none", "This form is out of date. Reload the page."),
    ],
)
def test_an_invalid_field_shows_an_error_and_keeps_the_other_fields(mia, fill, field, value, words):
    filled = fill(**{field: value})

    response = mia.post("/clone/", filled)

    page = Page(response)
    assert response.status_code == 422
    assert words in page.text
    assert "Nothing was sent yet. Correct 1 field" in page.text
    for name in {"name", "description", "speaker", "form_token"} - {field}:
        assert page.find("input", name=name)[0]["value"] == filled[name]
    assert not CloneJob.objects.exists()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (None, "Add a recording to clone from."),
        (SimpleUploadedFile("a.wav", b""), "a.wav: This file is empty."),
        (SimpleUploadedFile("a.wav", b"text"), "a.wav: This is not an audio file"),
    ],
)
def test_an_invalid_file_shows_an_error_and_is_not_stored(mia, fill, file, words):
    response = mia.post("/clone/", fill(files=file))

    assert response.status_code == 422
    assert words in Page(response).text
    assert not CloneJob.objects.exists()
    assert not Sample.objects.exists()


def test_a_valid_file_is_kept_although_another_field_is_invalid(mia, fill, wav):
    page = Page(mia.post("/clone/", fill(name="")))

    (kept,) = page.find("input", name="sample")
    response = mia.post("/clone/", fill(files=None, sample=kept["value"]))
    assert response.status_code == 302
    assert CloneJob.objects.get().batch.sources.get().sample_id == Sample.objects.get().pk


def test_files_can_be_added_moved_and_removed_without_scripts(mia, fill, wav):
    token = str(uuid.uuid4())
    files = [SimpleUploadedFile(f"{name}.wav", wav + name.encode()) for name in ("a", "b")]

    added = Page(mia.post("/clone/", fill(files=files, form_token=token, act="add")))
    first, second = [row["value"] for row in added.find("input", name="sample")]
    listed = {"files": None, "sample": [first, second], "form_token": token}
    moved = Page(mia.post("/clone/", fill(**listed, act=f"up:{second}")))
    removed = Page(mia.post("/clone/", fill(**listed, act=f"remove:{first}")))

    assert [row["value"] for row in moved.find("input", name="sample")] == [second, first]
    assert [row["value"] for row in removed.find("input", name="sample")] == [second]
    assert moved.find("input", name="name")[0]["value"] == "Our Ada"
    assert not CloneJob.objects.exists()


def test_the_start_and_end_typed_for_a_sample_are_what_is_cloned(mia, cast, fill):
    sample = factories.make_sample(cast.mia, cast.aurora)
    cut = {f"{sample.pk}-start": "1.5", f"{sample.pk}-end": "9"}

    mia.post("/clone/", fill(files=None, sample=str(sample.pk), **cut))

    source = CloneJob.objects.get().batch.sources.get()
    assert (source.start_seconds, source.end_seconds) == (1.5, 9.0)


def test_another_team_s_sample_is_treated_as_unknown_in_form_and_address(mia, cast, fill):
    foreign = factories.make_sample(cast.sam, cast.borealis)

    seen = Page(mia.get(f"/clone/?sample={foreign.pk}"))
    posted = mia.post("/clone/", fill(files=None, sample=str(foreign.pk)))

    assert not seen.find("input", name="sample")
    assert posted.status_code == 422
    assert not CloneJob.objects.exists()


def test_samples_in_the_address_are_preselected_and_show_earlier_clones(mia, cast):
    sample = factories.make_sample(cast.ana, cast.aurora)
    factories.make_job(cast.ana, cast.credential, sample, state=State.READY, name="First Ada")
    again = factories.make_sample(cast.mia, cast.aurora)

    page = Page(mia.get(f"/clone/?sample={again.pk}"))

    assert page.find("input", name="sample", value=str(again.pk))
    assert "Already cloned: First Ada" in page.text


def test_several_keys_create_several_jobs_and_redirect_to_the_batch(mia, cast, fill):
    other = factories.make_credential(
        cast.ana, factories.make_account(cast.aurora, provider="noiz")
    )

    response = mia.post("/clone/", fill(credential=[str(cast.credential.pk), str(other.pk)]))

    batch = CloneJob.objects.first().batch
    assert response["Location"] == f"/jobs/?batch={batch.pk}"
    assert batch.jobs.count() == 2


def test_the_form_warns_that_jobs_will_wait_while_no_worker_runs(mia, cast):
    assert "Clones wait until one starts" in Page(mia.get("/clone/")).text

    Heartbeat.objects.create(
        name="jobs@here", queues="jobs", started_at=timezone.now(), seen_at=timezone.now()
    )

    assert "Clones wait until one starts" not in Page(mia.get("/clone/")).text


# One file at a time, by script


def test_a_file_uploaded_by_script_gets_its_row_which_polls_until_it_is_measured(mia, wav):
    posted = {"form_token": str(uuid.uuid4()), "file": SimpleUploadedFile("ada.wav", wav)}

    response = mia.post("/samples/", posted, headers=UPLOAD)

    sample = Sample.objects.get()
    (row,) = Page(response).find("li", id=f"sample-{sample.pk}")
    assert (response.status_code, row["hx-get"]) == (201, f"/samples/{sample.pk}/row/")
    run_measurement(str(sample.pk))
    measured = Page(mia.get(f"/samples/{sample.pk}/row/", headers=PARTIAL))
    (row,) = measured.find("li", id=f"sample-{sample.pk}")
    assert "hx-get" not in row
    assert row["data-seconds"] == "3.0"
    assert measured.find("path", **{"class": "base"})[0]["d"]


def test_a_file_that_is_not_audio_is_rejected_with_its_name(mia):
    posted = {"form_token": str(uuid.uuid4()), "file": SimpleUploadedFile("a.wav", b"text")}

    response = mia.post("/samples/", posted, headers=UPLOAD)

    assert response.status_code == 422
    assert response.json()["error"].startswith("a.wav: This is not an audio file")
    assert not Sample.objects.exists()


def test_an_invalid_scripted_upload_gets_the_form_without_the_page_around_it(mia, fill):
    response = mia.post("/clone/", fill(consent=None), headers=UPLOAD)

    page = Page(response)
    assert response.status_code == 422
    assert page.find("form", id="clone-form")
    assert not page.find("html")


def test_a_file_over_the_limit_is_refused_and_a_much_larger_body_rejected_unread(
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


def test_a_double_click_creates_one_job_and_both_responses_redirect_to_it(mia, fill, wav):
    filled = fill()
    first = mia.post("/clone/", filled)
    second = mia.post("/clone/", {**filled, "files": SimpleUploadedFile("ada.wav", wav)})

    assert first["Location"] == second["Location"]
    assert CloneJob.objects.count() == 1


def test_another_team_s_or_an_unshared_key_is_treated_as_unknown(mia, cast, fill):
    hidden = factories.make_credential(cast.ana, cast.account, is_shared=False)

    for credential in (cast.other_credential, hidden):
        response = mia.post("/clone/", fill(credential=str(credential.pk)))

        assert response.status_code == 422
        assert "You don't have access to this key." in Page(response).text
    assert not CloneJob.objects.exists()


def test_extra_posted_fields_are_ignored(mia, cast, fill):
    mia.post(
        "/clone/",
        fill(team=cast.borealis.pk, requested_by=cast.sam.pk, state="ready", marker="vb1:x:y"),
    )

    job = CloneJob.objects.get()
    assert (job.team, job.requested_by, job.state) == (cast.aurora, cast.mia, State.QUEUED)
    assert job.marker != "vb1:x:y"


def test_a_viewer_sees_why_they_cannot_clone_and_posting_changes_nothing(cast, sign_in, fill):
    viewer = sign_in(factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER))

    seen, posted = viewer.get("/clone/"), viewer.post("/clone/", fill())

    assert (seen.status_code, posted.status_code) == (403, 403)
    assert "Your role can't create clones." in Page(seen).text
    assert not Page(seen).find("form", id="clone-form")
    assert not Sample.objects.exists()


def test_an_account_without_a_free_slot_is_disabled_and_says_why(mia, cast):
    type(cast.account).objects.update(slots_used=30, slots_limit=30)

    page = Page(mia.get("/clone/"))

    assert "No free slot: 30 of 30." in page.text
    assert "disabled" in page.find("input", name="credential")[0]


def test_with_no_free_account_the_button_is_disabled_and_the_form_says_what_to_do(
    mia, cast, sign_in
):
    type(cast.account).objects.update(slots_used=10, slots_limit=10)

    page, of_ana = Page(mia.get("/clone/")), Page(sign_in(cast.ana).get("/clone/"))

    assert "disabled" in find_start(page)
    assert "No provider can clone right now" in page.text
    assert "Ask an admin of your team to free a slot." in page.text
    assert of_ana.find("a", href=f"/cleanup/?account={cast.account.pk}")
    type(cast.account).objects.update(slots_used=9)
    assert "disabled" not in find_start(Page(mia.get("/clone/")))


def find_start(page):
    """Return the button that starts cloning."""
    (start,) = [each for each in page.find("button") if "data-start" in each]
    return start


def test_without_any_key_the_page_links_to_adding_one(mia, cast):
    Credential.objects.all().delete()

    page = Page(mia.get("/clone/"))

    assert "No provider is connected." in page.text
    assert page.find("a", href="/keys/add/")


def test_the_browser_does_not_store_the_form_with_its_used_token(sign_in, cast):
    response = sign_in(cast.ana).get("/clone/")

    assert "no-store" in response["Cache-Control"]


def test_contradicting_consent_keeps_the_input_and_goes_on_once_confirmed(mia, cast, fill, wakes):
    mia.post("/clone/", fill(relation="contract"))
    typed = fill(relation="self", description="Quite warm.")

    response = mia.post("/clone/", typed)

    page = Page(response)
    assert (response.status_code, CloneJob.objects.count()) == (422, 1)
    assert "you said: “We have a contract with the speaker”." in page.text
    (box,) = page.find("input", name="confirmed")
    assert "checked" not in box
    assert page.find("input", name="description")[0]["value"] == "Quite warm."
    (sample,) = page.find("input", name="sample")
    kept = {**typed, "sample": sample["value"], "confirmed": box["value"]}
    kept.pop("files")
    assert mia.post("/clone/", kept).status_code == 302
    assert CloneJob.objects.count() == 2


def test_a_confirmation_of_something_else_does_not_count(mia, cast, fill, wakes):
    mia.post("/clone/", fill(relation="contract"))

    assert mia.post("/clone/", fill(relation="self", confirmed="on")).status_code == 422
    assert CloneJob.objects.count() == 1


def need(cast: Any, level: ConsentLevel) -> None:
    TeamPolicy.objects.create(team=cast.aurora, consent_level=level)


def test_a_team_that_needs_proof_says_so_first_and_asks_for_it_at_its_field(mia, cast, fill):
    need(cast, ConsentLevel.PROOF)

    page = Page(mia.get("/clone/"))
    refused = Page(mia.post("/clone/", fill()))
    proof = SimpleUploadedFile("signed.pdf", b"%PDF-1.7", "application/pdf")
    taken = mia.post("/clone/", fill(proof=proof))

    assert "Your team needs proof of the consent" in page.text
    assert page.find("input", name="proof", required="")
    assert page.ids.index("id_proof") < page.ids.index("id_speaker")
    assert "Add a signed document or a recorded statement." in refused.text
    assert refused.find("input", name="proof", aria_invalid="true")
    assert taken.status_code == 302


def test_a_team_that_needs_spoken_consent_is_offered_nothing_else(mia, cast, fill):
    need(cast, ConsentLevel.SPOKEN)
    consent = factories.make_job(cast.mia, cast.credential).batch.consent
    Consent.objects.filter(pk=consent.pk).update(spoken_at=timezone.now())
    factories.make_consent_request(
        cast.mia, cast.aurora, token="t", state="accepted", consent=consent,
        speaker=consent.speaker,
    )  # fmt: skip

    page = Page(mia.get("/clone/"))
    refused = mia.post("/clone/", fill())
    taken = mia.post("/clone/", fill(recorded=str(consent.pk)))

    assert "Your team needs the speaker's own words, spoken and checked." in page.text
    assert page.find("button", value=f"recorded:{consent.pk}")
    assert not page.find("input", name="speaker")
    assert refused.status_code == 422
    assert "Choose a consent that the speaker has recorded." in Page(refused).text
    assert taken.status_code == 302


def test_a_speaker_who_withdrew_is_refused_at_their_name_before_anything_is_sent(mia, cast, fill):
    job = factories.make_job(cast.mia, cast.credential)
    name, speakers = job.batch.speaker.name, Speaker.objects.filter(pk=job.batch.speaker_id)
    ended = timezone.now().date() - timedelta(days=1)
    Consent.objects.filter(speaker=job.batch.speaker_id).update(ends_on=ended)

    note = Page(mia.get("/clone/speaker/", {"speaker": name.upper()}))
    speakers.update(withdrawing_since=timezone.now())
    typed = Page(mia.get("/clone/speaker/", {"speaker": name}))
    opened = Page(mia.get("/clone/", {"speaker": name}))
    checked = Page(mia.post("/clone/", fill(speaker=name, act="speaker")))
    posted = Page(mia.post("/clone/", fill(speaker=name)))

    assert "What you enter here is a new consent." in note.text
    for page in (typed, opened, checked, posted):
        assert page.text.count("The speaker withdrew their permission on") == 1
    assert posted.find("input", name="speaker", aria_invalid="true")
    assert "withdrew" not in Page(mia.get("/clone/speaker/", {"speaker": "Someone Else"})).text
    assert CloneJob.objects.count() == 1
