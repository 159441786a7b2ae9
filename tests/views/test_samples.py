"""Check a recording first: the report, and the clone form that goes on with it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from catalog.models import AuditEntry, CloneJob, Sample, SampleReport
from tests import factories

NOW = factories.NOW
MEASURES = {
    "seconds": 30.0,
    "peak": -4.0,
    "clipped_share": 0.0,
    "loudness": -20.0,
    "speech_share": 0.9,
    "singing_share": 0.0,
    "music_share": 0.0,
    "snr": 8.0,
    "second_speaker_share": 0.0,
}


@pytest.fixture
def sample(cast, wav) -> Sample:
    sample = factories.make_sample(cast.ana, cast.aurora, wav)
    SampleReport.objects.create(
        sample=sample,
        asked_at=NOW,
        state="ready",
        measures=MEASURES,
        words="Good evening everybody.",
        language="en",
    )
    return sample


def bring(client, content: bytes, **headers):
    file = SimpleUploadedFile("ada.wav", content)
    return client.post(reverse("catalog:sample-create"), {"sample": file}, headers=headers)


def test_a_recording_is_brought_and_a_worker_listens(
    cast, sign_in, wav, wakes, django_capture_on_commit_callbacks
):
    client = sign_in(cast.ana)
    with django_capture_on_commit_callbacks(execute=True):
        sent = bring(client, wav)
    report = SampleReport.objects.get()
    page = client.get(sent.url).content.decode()

    assert sent.url == reverse("catalog:sample-detail", args=[report.sample.pk])
    assert wakes == [("catalog.listen_to", f"report:{report.pk}")]
    assert 'hx-trigger="every 2s"' in page
    assert AuditEntry.objects.filter(action="sample brought").exists()


def test_an_upload_by_script_is_told_where_to_go_or_what_is_wrong(cast, sign_in, wav):
    client = sign_in(cast.ana)

    good = bring(client, wav, **{"X-Upload": "1"})
    bad = bring(client, b"no sound", **{"X-Upload": "1"})

    assert good.json()["next"] == reverse("catalog:sample-detail", args=[Sample.objects.get().pk])
    assert (bad.status_code, "not an audio file" in bad.json()["error"]) == (422, True)


def test_without_script_a_refusal_is_a_page(cast, sign_in):
    answer = bring(sign_in(cast.ana), b"no sound")

    assert answer.status_code == 422
    assert "not an audio file" in answer.content.decode()
    assert not Sample.objects.exists()


def test_the_report_says_each_finding_and_what_to_do(cast, sign_in, sample):
    page = sign_in(cast.ana).get(reverse("catalog:sample-detail", args=[sample.pk]))
    text = page.content.decode()

    assert "This recording is not good to clone from." in text
    assert "Speech 8 dB above the noise" in text
    assert "remove the noise" in text
    assert "Good evening everybody." in text
    assert "in English" in text
    assert "every 2s" not in text


def test_the_form_goes_on_with_the_recording_and_what_was_understood(cast, sign_in, sample):
    page = sign_in(cast.ana).get(f"{reverse('catalog:clone-create')}?kept={sample.pk}")
    text = page.content.decode()

    assert f'name="kept" value="{sample.pk}"' in text
    assert 'type="file"' not in text
    assert "Good evening everybody.</textarea>" in text
    assert '<option value="en" selected>' in text


def clone(cast, client, sample):
    return client.post(
        reverse("catalog:clone-create"),
        {
            "kept": str(sample.pk),
            "credential": str(cast.credential.pk),
            "name": "Our Ada",
            "speaker": "Ada",
            "consent": "on",
            "form_token": "5b0f5b0e-0c8f-4c43-8ed6-9b2f9d2ab0a1",
        },
    )


def test_a_recording_that_was_brought_is_cloned_without_another_upload(cast, sign_in, sample):
    answer = clone(cast, sign_in(cast.ana), sample)

    job = CloneJob.objects.get()
    assert answer.status_code == 302
    assert job.sample == sample
    assert Sample.objects.count() == 1


def test_what_somebody_else_brought_cannot_be_cloned(cast, sign_in, wav):
    theirs = factories.make_sample(cast.mia, cast.aurora, wav)

    answer = clone(cast, sign_in(cast.ana), theirs)

    assert answer.status_code == 422
    assert not CloneJob.objects.exists()


@pytest.mark.parametrize("kept", ["nonsense", "5b0f5b0e-0c8f-4c43-8ed6-9b2f9d2ab0a1", ""])
def test_a_recording_that_is_not_there_leaves_the_form_as_it_is(cast, sign_in, kept):
    page = sign_in(cast.ana).get(f"{reverse('catalog:clone-create')}?kept={kept}")

    assert 'type="file"' in page.content.decode()


def test_the_page_of_a_job_shows_the_report_by_the_limits_of_its_provider(cast, sign_in, sample):
    job = factories.make_job(cast.ana, cast.credential, sample=sample)

    page = sign_in(cast.ana).get(reverse("catalog:job-detail", args=[job.pk]))

    assert "Speech 8 dB above the noise" in page.content.decode()
