"""The wish for a clone is kept whole, once, and only with consent."""

import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from kombu.exceptions import OperationalError

from catalog import tasks
from catalog.audio import FORMATS
from catalog.models import AuditEntry, CloneJob, Consent, Credential, Membership, Sample
from catalog.services import clones
from catalog.services.clones import CloneWish, ConsentNeeded, request_clone
from catalog.services.samples import clean_filename
from catalog.storage import media_path
from tests import factories
from tests.threads import call_at_once

NOW = factories.NOW


def make_wish(content: bytes = b"RIFF-sound", **values: Any) -> CloneWish:
    wish = {
        "form_token": uuid.uuid4(),
        "file": SimpleUploadedFile("ada.wav", content),
        "audio_format": FORMATS["wav"],
        "name": "Our Ada",
        "description": "Warm.",
        "speaker": "Ada Lovelace",
        "has_consent": True,
        "removes_noise": False,
    }
    return CloneWish(**{**wish, **values})


@pytest.fixture(autouse=True)
def _mia_clones(cast):
    Membership.objects.filter(user=cast.mia).update(role=Membership.Role.CLONER)


@pytest.fixture
def ask(cast):
    """Ask for a clone as Ana with her own key, unless told otherwise."""

    def _ask(user=None, credential=None, **values: Any) -> CloneJob:
        return request_clone(
            user or cast.ana,
            credential=credential or cast.credential,
            wish=make_wish(**values),
            now=NOW,
        )

    return _ask


def clone_wakes(wakes) -> int:
    """Return how often a worker was woken for a clone."""
    return sum(wake[0] == "catalog.run_clone" for wake in wakes)


def stored_files(settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_a_wish_becomes_sample_consent_and_job_and_then_a_worker_is_woken(
    ask, cast, wakes, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        job = ask()
        assert wakes == []

    report = ("catalog.listen_to", f"report:{job.sample.report.pk}")
    assert wakes == [report, ("catalog.run_clone", str(job.pk))]
    assert (job.state, job.step) == (CloneJob.State.QUEUED, CloneJob.Step.PLANNED)
    assert (job.credential, job.account) == (cast.credential, cast.account)
    assert media_path(job.sample.path).read_bytes() == b"RIFF-sound"
    assert (job.sample.filename, job.sample.size) == ("ada.wav", 10)
    assert (job.consent.speaker, job.consent.attested_by) == ("Ada Lovelace", cast.ana)
    assert job.consent.statement
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.team, entry.action) == (cast.ana, cast.aurora, "clone requested")


def test_every_job_carries_a_marker_of_this_installation_that_no_other_has(ask, installation):
    first, second = ask(), ask()

    for job in (first, second):
        assert re.fullmatch(rf"vb1:{installation.code}:[0-9a-f]{{32}}", job.marker)
    assert first.marker != second.marker


@pytest.mark.parametrize("values", [{"has_consent": False}, {"speaker": ""}])
def test_without_consent_nothing_is_stored_and_nobody_woken(ask, settings, values):
    with pytest.raises(ConsentNeeded):
        ask(**values)

    assert stored_files(settings) == []
    assert not CloneJob.objects.exists()
    assert not Consent.objects.exists()


def test_a_viewer_may_not_clone_not_even_through_a_shared_key(ask, cast, settings):
    viewer = factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)

    with pytest.raises(PermissionDenied):
        ask(viewer)

    assert stored_files(settings) == []


@pytest.mark.parametrize("whose", ["hidden", "foreign", "without an account"])
def test_a_key_that_the_person_may_not_work_through_is_refused(ask, cast, settings, whose):
    hidden = factories.make_credential(cast.ana, cast.account, is_shared=False)
    unopened = factories.make_credential(cast.mia, cast.account)
    Credential.objects.filter(pk=unopened.pk).update(account=None)
    unopened.refresh_from_db()
    key = {
        "hidden": hidden,
        "foreign": cast.other_credential,
        "without an account": unopened,
    }[whose]

    with pytest.raises(PermissionDenied):
        ask(cast.mia, key)

    assert stored_files(settings) == []


def test_a_teammate_s_shared_key_is_enough_and_the_job_says_whose(ask, cast):
    job = ask(cast.mia)

    assert (job.requested_by, job.credential.owner) == (cast.mia, cast.ana)


def test_the_same_form_sent_twice_is_one_job_and_one_file(
    ask, settings, wakes, django_capture_on_commit_callbacks
):
    token = uuid.uuid4()

    with django_capture_on_commit_callbacks(execute=True):
        first, second = ask(form_token=token), ask(form_token=token)

    assert first == second
    assert (CloneJob.objects.count(), Sample.objects.count()) == (1, 1)
    assert len(stored_files(settings)) == 1
    assert clone_wakes(wakes) == 1
    assert AuditEntry.objects.count() == 1


def test_a_token_of_somebody_else_gives_away_nothing(ask, cast):
    job = ask()

    with pytest.raises(PermissionDenied):
        ask(cast.mia, form_token=job.form_token)

    assert CloneJob.objects.count() == 1


def test_a_double_click_is_one_job_also_when_both_arrive_at_once(
    file_database, cast, ask, settings, wakes
):
    token = uuid.uuid4()

    answers = call_at_once(*[lambda: ask(form_token=token) for _ in range(6)])

    assert [type(answer) for answer in answers] == [CloneJob] * 6
    assert len({answer.pk for answer in answers}) == 1
    assert (CloneJob.objects.count(), Sample.objects.count()) == (1, 1)
    assert len(stored_files(settings)) == 1
    assert clone_wakes(wakes) == 1


def test_different_wishes_at_once_are_all_kept(file_database, cast, ask, settings, wakes):
    answers = call_at_once(*[ask for _ in range(5)])

    assert len({answer.pk for answer in answers}) == 5
    assert len(stored_files(settings)) == 5
    assert clone_wakes(wakes) == 5


def test_a_transaction_that_fails_leaves_neither_rows_nor_file(ask, settings, monkeypatch):
    def fail(*args: Any, **values: Any) -> None:
        raise RuntimeError("The log is full.")

    monkeypatch.setattr(clones, "record", fail)

    with pytest.raises(RuntimeError):
        ask()

    assert stored_files(settings) == []
    assert not CloneJob.objects.exists()
    assert not Sample.objects.exists()


@pytest.mark.parametrize("problem", [OperationalError("down"), ConnectionError("down")])
def test_a_dead_broker_does_not_stop_the_wish(
    ask, monkeypatch, django_capture_on_commit_callbacks, problem
):
    def fail(*args: Any, **values: Any) -> None:
        raise problem

    monkeypatch.setattr(tasks.run_clone_task, "apply_async", fail)

    with django_capture_on_commit_callbacks(execute=True):
        job = ask()

    assert media_path(job.sample.path).is_file()
    assert CloneJob.objects.get().state == CloneJob.State.QUEUED


def test_a_wish_that_is_committed_keeps_its_sample_whatever_breaks_afterwards(
    file_database, cast, ask, monkeypatch
):
    def fail(job_id: object) -> None:
        raise RuntimeError("Something nobody thought of.")

    monkeypatch.setattr(clones, "wake_clone", fail)

    with pytest.raises(RuntimeError):
        ask()

    assert media_path(CloneJob.objects.get().sample.path).is_file()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ada.wav", "ada.wav"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\ada.wav", "ada.wav"),
        ("/absolute/ada.wav", "ada.wav"),
        ("a\x00d\r\na.wav", "ada.wav"),
        ("\u202egnp.wav", "gnp.wav"),
        ("half\ud800.wav", "half.wav"),
        ('Ada\'s "best" 🎙.wav', 'Ada\'s "best" 🎙.wav'),
        ("n" * 300 + ".wav", "n" * 120),
        (".htaccess", ".htaccess"),
        ("", "sample"),
        ("folder/", "sample"),
        ("\x01\x02", "sample"),
    ],
)
def test_the_name_of_a_file_is_only_ever_shown_and_first_cleaned(name, shown):
    assert clean_filename(name) == shown
