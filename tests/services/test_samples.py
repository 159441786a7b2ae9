"""An uploaded recording is stored once per form, completely or not at all."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.audio.formats import FORMATS
from catalog.models import Membership, Sample
from catalog.services import samples
from catalog.services.samples import CannotClean, add_sample, clean_sample
from tests import factories
from tests.media import media_path
from tests.threads import call_at_once

NOW = factories.NOW


@pytest.fixture
def add(cast):
    Membership.objects.filter(user=cast.mia).update(role=Membership.Role.CLONER)

    def _add(user=None, content: bytes = b"RIFF-sound", token: Any = None) -> Sample:
        return add_sample(
            user or cast.mia,
            team=cast.aurora,
            form_token=token or uuid.uuid4(),
            file=SimpleUploadedFile("ada.wav", content),
            audio_format=FORMATS["wav"],
            now=NOW,
        )

    return _add


def stored_files(settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_upload_stores_a_sample_and_enqueues_its_analysis(
    add, cast, wakes, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        sample = add()
        assert wakes == []

    assert wakes == [
        ("catalog.measure_sample", str(sample.pk)),
        ("catalog.listen_to", f"report:{sample.report.pk}"),
    ]
    assert media_path(sample.path).read_bytes() == b"RIFF-sound"
    assert (sample.filename, sample.size, sample.owner) == ("ada.wav", 10, cast.mia)


def test_same_recording_twice_in_one_form_makes_one_sample(add, settings):
    token = uuid.uuid4()

    first, second, other = add(token=token), add(token=token), add()

    assert (first == second, first == other) == (True, False)
    assert len(stored_files(settings)) == 2


def test_same_recording_uploaded_concurrently_makes_one_sample(file_database, add, settings, wakes):
    token = uuid.uuid4()

    answers = call_at_once(*[lambda: add(token=token) for _ in range(5)])

    assert len({answer.pk for answer in answers}) == 1
    assert (len(stored_files(settings)), len(wakes)) == (1, 2)


def test_viewer_cannot_add_a_sample(add, cast, settings):
    viewer = factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)

    with pytest.raises(PermissionDenied):
        add(viewer)

    assert stored_files(settings) == []


def test_failed_upload_leaves_no_row_and_no_file(add, settings, monkeypatch):
    monkeypatch.setattr(samples, "record", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        add()

    assert stored_files(settings) == []
    assert not Sample.objects.exists()


def test_committed_upload_keeps_its_file_if_enqueuing_fails(file_database, add, monkeypatch):
    monkeypatch.setattr(samples, "enqueue_sample", lambda _: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        add()

    assert media_path(Sample.objects.get().path).is_file()


def test_noise_removal_is_enqueued_once_for_a_cloner(
    add, cast, wakes, django_capture_on_commit_callbacks
):
    sample = add()

    with django_capture_on_commit_callbacks(execute=True):
        first = clean_sample(cast.mia, sample=sample, now=NOW)
        second = clean_sample(cast.mia, sample=sample, now=NOW)

    assert first == second == Sample.objects.get(original=sample)
    assert (first.filename, first.path, first.owner) == ("ada without noise.wav", "", cast.mia)
    assert wakes == [("catalog.measure_sample", str(first.pk))]
    with pytest.raises(CannotClean, match="once"):
        clean_sample(cast.mia, sample=first, now=NOW)


@pytest.mark.parametrize("who", ["sam", "ana"])
def test_users_cannot_clean_samples_they_cannot_see(add, cast, who):
    with pytest.raises(PermissionDenied):
        clean_sample(getattr(cast, who), sample=add(), now=NOW)


def test_without_the_noise_package_cleaning_says_not_installed(add, cast, monkeypatch):
    monkeypatch.setattr(samples, "noise_is_installed", lambda: False)

    with pytest.raises(CannotClean, match="not installed"):
        clean_sample(cast.mia, sample=add(), now=NOW)
