"""The report on a recording, and the clone form that continues with it."""

import pytest
from django.urls import reverse

from catalog.models import Sample, SampleReport
from tests import factories
from tests.views.conftest import PARTIAL

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


def test_the_report_shows_each_finding_and_what_to_do(cast, sign_in, sample):
    page = sign_in(cast.ana).get(reverse("catalog:sample-detail", args=[sample.pk]))
    text = page.content.decode()

    assert "This recording isn&#x27;t suitable for cloning." in text
    assert "Speech is 8 dB above noise" in text
    assert "remove the noise" in text
    assert "Good evening everybody." in text
    assert "in English" in text
    assert "every 2s" not in text


def test_the_clone_form_is_prefilled_with_the_recording_and_its_transcript(cast, sign_in, sample):
    page = sign_in(cast.ana).get(f"{reverse('catalog:clone-create')}?sample={sample.pk}")
    text = page.content.decode()

    assert f'name="sample" value="{sample.pk}"' in text
    assert "This recording isn&#x27;t suitable for cloning." in text
    assert "Good evening everybody.</textarea>" in text
    assert '<option value="en" selected>' in text


def test_a_returned_form_fills_only_empty_fields_from_the_report(cast, sign_in, sample):
    posted = {"act": "add", "sample": str(sample.pk), "language": "it", "transcript": ""}

    text = sign_in(cast.ana).post(reverse("catalog:clone-create"), posted).content.decode()

    assert "Good evening everybody.</textarea>" in text
    assert '<option value="it" selected>' in text
    assert "data-heard>Good evening everybody.<" in text


def test_the_minimum_length_applies_to_one_sample_but_not_to_each_of_several(
    cast, sign_in, sample, wav
):
    other = factories.make_sample(cast.ana, cast.aurora, wav + b"other")
    for one in (sample, other):
        SampleReport.objects.update_or_create(
            sample=one,
            defaults={"asked_at": NOW, "state": "ready", "measures": {**MEASURES, "seconds": 3.0}},
        )
    inworld = factories.make_account(cast.aurora, provider="stepfun")
    credential = factories.make_credential(cast.ana, inworld, "stepfun-key-123456789")
    alone = factories.make_job(cast.ana, credential, sample)
    together = factories.make_job(cast.ana, credential, sample, other)

    client = sign_in(cast.ana)
    pages = [client.get(f"/jobs/{job.pk}/").content.decode() for job in (alone, together)]

    assert ["Record at least 5 s." in page for page in pages] == [True, False]


def test_the_form_polls_until_the_analysis_is_done(cast, sign_in, sample):
    client, path = sign_in(cast.ana), reverse("catalog:sample-verdict", args=[sample.pk])
    SampleReport.objects.update(state="waiting")
    waiting = client.get(path, headers=PARTIAL).content.decode()
    SampleReport.objects.update(state="ready")

    ready = client.get(path, headers=PARTIAL).content.decode()

    assert "every 2s" in waiting
    assert "every 2s" not in ready
    assert "This recording isn&#x27;t suitable for cloning." in ready


def test_a_job_page_shows_the_sample_report_with_its_provider_s_limits(cast, sign_in, sample):
    job = factories.make_job(cast.ana, cast.credential, sample)

    page = sign_in(cast.ana).get(reverse("catalog:job-detail", args=[job.pk]))

    assert "Speech is 8 dB above noise" in page.content.decode()
