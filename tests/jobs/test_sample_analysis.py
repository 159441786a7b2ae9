"""Each sample is analyzed once, and its report is kept."""

from datetime import timedelta

import pytest

from catalog.audio.analysis.transcripts import TranscribedText
from catalog.audio.embeddings.model_files import WrongWeights
from catalog.core.media import remove_media, store_media
from catalog.jobs.samples import analysis as jobs
from catalog.jobs.similarity.analysis_queue import find_waiting, forget_listened, listen_to
from catalog.models import Sample, SampleReport
from tests import factories
from tests.media import media_path
from tests.sounds import encode_sound

NOW = factories.NOW


@pytest.fixture
def sample(cast) -> Sample:
    sample = factories.make_sample(cast.mia, cast.aurora, encode_sound("wav", 3))
    SampleReport.objects.create(sample=sample, asked_at=NOW)
    return sample


def analyze(sample: Sample) -> SampleReport:
    listen_to(f"report:{sample.report.pk}", NOW)
    return SampleReport.objects.get(sample=sample)


def test_sample_is_measured_once(sample):
    report = analyze(sample)
    measures = report.measures
    remove_media(sample.path)

    assert report.state == SampleReport.State.READY
    assert measures["seconds"] == pytest.approx(3, abs=0.1)
    assert measures["loudness"] < 0
    assert analyze(sample).measures == measures


def test_undecodable_sample_says_so(cast):
    sample = factories.make_sample(cast.mia, cast.aurora, b"RIFF and nothing")
    SampleReport.objects.create(sample=sample, asked_at=NOW)

    report = analyze(sample)

    assert report.has_failed
    assert "couldn't be decoded" in report.problem


def test_sample_without_its_file_says_so(sample):
    remove_media(sample.path)

    assert analyze(sample).problem == "The sample is no longer on this server."


def test_transcript_and_language_are_stored_if_available(sample, monkeypatch):
    monkeypatch.setattr(jobs, "_LEAST_SPEECH", 0)
    monkeypatch.setattr(jobs, "transcripts_are_installed", lambda: True)
    monkeypatch.setattr(
        jobs, "write_down", lambda wave, rate, folder: TranscribedText("Ciao.", "it")
    )

    report = analyze(sample)

    assert (report.words, report.language) == ("Ciao.", "it")


def test_sample_without_speech_is_not_transcribed(sample, monkeypatch):
    monkeypatch.setattr(jobs, "_LEAST_SPEECH", 1.1)
    monkeypatch.setattr(jobs, "transcripts_are_installed", lambda: True)
    monkeypatch.setattr(jobs, "write_down", lambda wave, rate, folder: TranscribedText("Ah.", "en"))

    assert analyze(sample).words == ""


def test_report_is_ready_if_the_transcript_fails(sample, monkeypatch):
    def break_down(*_: object) -> TranscribedText:
        raise WrongWeights("model.bin has an unexpected hash.")

    monkeypatch.setattr(jobs, "_LEAST_SPEECH", 0)
    monkeypatch.setattr(jobs, "transcripts_are_installed", lambda: True)
    monkeypatch.setattr(jobs, "write_down", break_down)

    assert analyze(sample).state == SampleReport.State.READY


def test_waiting_sample_is_found_until_it_is_analyzed(cast, sample):
    query = factories.make_sound_query(cast.mia, cast.aurora, state="waiting")

    assert find_waiting() == [f"query:{query.pk}", f"report:{sample.report.pk}"]
    analyze(sample)
    assert find_waiting() == [f"query:{query.pk}"]


def test_unused_sample_is_deleted_after_a_day_and_a_cloned_one_stays(cast, sample):
    used = factories.make_sample(cast.mia, cast.aurora)
    SampleReport.objects.create(sample=used, asked_at=NOW)
    factories.make_job(cast.mia, cast.credential, used)

    forget_listened(NOW + timedelta(hours=23))
    assert Sample.objects.count() == 2
    forget_listened(NOW + timedelta(hours=25))

    assert list(Sample.objects.all()) == [used]
    assert not media_path(sample.path).exists()
    assert media_path(used.path).exists()


def test_original_is_kept_as_long_as_its_cleaned_copy_is_used(cast, sample):
    cleaned = factories.make_cleaned(sample, path="samples/of a clone.wav")
    factories.make_job(cast.mia, cast.credential, cleaned)
    unused = factories.make_sample(cast.mia, cast.aurora, b"other")
    SampleReport.objects.create(sample=unused, asked_at=NOW)
    path, _, _ = store_media("samples", [b"clean"], "wav")
    factories.make_cleaned(unused, path=path, uploaded_at=NOW + timedelta(hours=20))

    forget_listened(NOW + timedelta(hours=25))

    assert set(Sample.objects.all()) == {sample, cleaned}
    assert not media_path(path).exists()
