"""Clone requests are stored once and only with consent, and can be canceled and retried."""

import re
import uuid
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from kombu.exceptions import OperationalError

from catalog import tasks
from catalog.jobs.base.leases import claim_work
from catalog.jobs.clones import request
from catalog.models import (
    AuditEntry,
    CloneBatch,
    CloneJob,
    CloneSource,
    Consent,
    Credential,
    Membership,
    Notification,
    Speaker,
)
from catalog.services import clones
from catalog.services.clones import (
    CloneRequest,
    NothingToDo,
    SampleCut,
    cancel_clone,
    look_again,
    request_clones,
    retry_clone,
)
from catalog.services.consents.statements import ConsentNeeded, ConsentStatement
from tests import factories
from tests.media import media_path
from tests.threads import call_at_once

NOW = factories.NOW
State, Step = CloneJob.State, CloneJob.Step


def make_consent(**values: Any) -> ConsentStatement:
    defaults = {
        "speaker": "Ada Lovelace",
        "is_given": True,
        "relation": Consent.Relation.PERMISSION,
        "allowed_use": Consent.Use.ANY,
    }
    return ConsentStatement(**{**defaults, **values})


@pytest.fixture(autouse=True)
def _mia_clones(cast):
    Membership.objects.filter(user=cast.mia).update(role=Membership.Role.CLONER)


@pytest.fixture
def ask(cast):
    """Request clones, by default as Ana with her own key."""

    def _ask(user=None, credentials=None, cuts=None, consent=None, **values: Any) -> CloneBatch:
        user = user or cast.ana
        defaults = {
            "form_token": uuid.uuid4(),
            "cuts": cuts or [SampleCut(factories.make_sample(user, cast.aurora))],
            "name": "Our Ada",
            "description": "Warm.",
            "consent": consent or make_consent(),
        }
        return request_clones(
            user,
            credentials=credentials or [cast.credential],
            params=CloneRequest(**{**defaults, **values}),
            now=NOW,
        )

    return _ask


@pytest.fixture
def second_key(cast) -> Credential:
    return factories.make_credential(
        cast.ana, factories.make_account(cast.aurora, provider="inworld")
    )


def test_request_stores_batch_consent_and_job_and_enqueues_it(
    ask, cast, wakes, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        batch = ask()
        assert wakes == []

    job = batch.jobs.get()
    assert wakes == [("catalog.run_clone", str(job.pk))]
    assert (job.state, job.step) == (State.QUEUED, Step.PLANNED)
    assert (job.credential, job.account) == (cast.credential, cast.account)
    assert (batch.speaker.name, batch.consent.speaker) == ("Ada Lovelace", batch.speaker)
    assert (batch.consent.attested_by, batch.consent.statement != "") == (cast.ana, True)
    entries = AuditEntry.objects.order_by("pk").values_list("actor", "team", "action")
    assert [entry[2] for entry in entries] == ["consent attested", "clone requested"]
    assert {entry[:2] for entry in entries} == {(cast.ana.pk, cast.aurora.pk)}


def test_request_with_two_keys_makes_two_jobs_with_one_speaker(ask, cast, second_key):
    batch = ask(credentials=[cast.credential, second_key])

    jobs = list(batch.jobs.all())
    assert {job.account.provider for job in jobs} == {"elevenlabs", "inworld"}
    assert Speaker.objects.count() == Consent.objects.count() == 1


def test_speaker_name_matches_regardless_of_case_and_spaces(ask, cast):
    first = ask()

    second = ask(consent=make_consent(speaker="ada  LOVELACE"))

    assert first.speaker == second.speaker


def test_speaker_that_the_user_cannot_see_is_not_reused(ask, cast):
    hidden = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.ana)
    first = ask(credentials=[factories.make_credential(cast.ana, hidden)])

    second = ask(cast.mia)

    assert first.speaker != second.speaker


def test_samples_keep_their_order_and_cuts(ask, cast):
    samples = [factories.make_sample(cast.ana, cast.aurora, name) for name in (b"one", b"two")]

    batch = ask(cuts=[SampleCut(samples[1], 1.5, 4), SampleCut(samples[0])])

    kept = batch.sources.order_by("position").values_list("sample", "start_seconds", "end_seconds")
    assert list(kept) == [(samples[1].pk, 1.5, 4.0), (samples[0].pk, 0.0, None)]


def test_each_job_has_a_unique_marker_of_this_installation(ask, cast, installation, second_key):
    first, second = ask(credentials=[cast.credential, second_key]).jobs.all()

    for job in (first, second):
        assert re.fullmatch(rf"vb1:{installation.code}:[0-9a-f]{{32}}", job.marker)
    assert first.marker != second.marker


@pytest.mark.parametrize(
    "lacking",
    [
        {"is_given": False},
        {"speaker": " "},
        {"relation": ""},
        {"allowed_use": "whatever"},
        {"relation": Consent.Relation.GUARDIAN},
        {"allowed_use": Consent.Use.PROJECT},
        {"ends_on": date(2026, 11, 20)},
    ],
)
def test_incomplete_consent_stores_and_enqueues_nothing(ask, wakes, lacking):
    with pytest.raises(ConsentNeeded, match="Consent needed"):
        ask(consent=make_consent(**lacking))

    assert not CloneBatch.objects.exists()
    assert not Consent.objects.exists()
    assert wakes == []


def test_guardian_consent_is_stored_with_its_proof(ask, settings):
    proof = SimpleUploadedFile("../signed.pdf", b"%PDF-1.7 signed")
    consent = make_consent(
        relation=Consent.Relation.GUARDIAN,
        given_by="Anne Byron",
        ends_on=date(2027, 1, 1),
        proof=proof,
        proof_ending="pdf",
        proof_type="application/pdf",
    )

    kept = ask(consent=consent).consent

    assert (kept.speaker.name, kept.given_by) == ("Ada Lovelace", "Anne Byron")
    assert media_path(kept.proof_path).read_bytes() == b"%PDF-1.7 signed"
    assert (kept.proof_filename, kept.proof_type) == ("signed.pdf", "application/pdf")


def test_failed_request_leaves_no_proof_file(ask, settings, monkeypatch):
    monkeypatch.setattr(request, "record", lambda *_, **__: 1 / 0)
    consent = make_consent(
        proof=SimpleUploadedFile("a.pdf", b"%PDF-"), proof_ending="pdf", proof_type="x"
    )

    with pytest.raises(ZeroDivisionError):
        ask(consent=consent)

    assert not list((settings.MEDIA_ROOT / "consents").rglob("*.pdf"))
    assert not CloneBatch.objects.exists()


def test_viewer_cannot_clone_even_with_a_shared_key(ask, cast):
    viewer = factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)

    with pytest.raises(PermissionDenied):
        ask(viewer)


@pytest.mark.parametrize("whose", ["hidden", "foreign", "without an account"])
def test_key_that_the_user_cannot_use_is_rejected(ask, cast, whose):
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
        ask(cast.mia, [cast.credential, key])

    assert not CloneBatch.objects.exists()


def test_sample_that_the_user_cannot_see_is_rejected(ask, cast):
    with pytest.raises(PermissionDenied):
        ask(cast.mia, cuts=[SampleCut(factories.make_sample(cast.ana, cast.aurora))])


def test_member_can_clone_with_a_shared_key_of_a_teammate(ask, cast):
    job = ask(cast.mia).jobs.get()

    assert (job.requested_by, job.credential.owner) == (cast.mia, cast.ana)


def test_form_submitted_twice_makes_one_batch(
    ask, cast, second_key, wakes, django_capture_on_commit_callbacks
):
    token, keys = uuid.uuid4(), [cast.credential, second_key]

    with django_capture_on_commit_callbacks(execute=True):
        first = ask(form_token=token, credentials=keys)
        second = ask(form_token=token, credentials=keys)

    assert first == second
    assert (CloneJob.objects.count(), Consent.objects.count(), len(wakes)) == (2, 1, 2)
    assert AuditEntry.objects.count() == 3


def test_form_token_of_another_user_is_rejected(ask, cast):
    batch = ask()

    with pytest.raises(PermissionDenied):
        ask(cast.mia, form_token=batch.form_token)

    assert CloneJob.objects.count() == 1


def test_form_submitted_concurrently_makes_one_batch(file_database, cast, ask, wakes):
    token, cuts = uuid.uuid4(), [SampleCut(factories.make_sample(cast.ana, cast.aurora))]

    answers = call_at_once(*[lambda: ask(form_token=token, cuts=cuts) for _ in range(6)])

    assert [type(answer) for answer in answers] == [CloneBatch] * 6
    assert len({answer.pk for answer in answers}) == 1
    assert (CloneJob.objects.count(), CloneSource.objects.count(), len(wakes)) == (1, 1, 1)


@pytest.mark.parametrize("problem", [OperationalError("down"), ConnectionError("down")])
def test_request_is_stored_if_the_broker_is_down(
    ask, monkeypatch, django_capture_on_commit_callbacks, problem
):
    def fail(*args: Any, **values: Any) -> None:
        raise problem

    monkeypatch.setattr(tasks.run_clone_task, "apply_async", fail)

    with django_capture_on_commit_callbacks(execute=True):
        ask()

    assert CloneJob.objects.get().state == State.QUEUED


# Canceling


def test_canceling_an_unsent_clone_ends_it_and_its_lease(cast, clock):
    job = factories.make_job(cast.mia, cast.credential)
    lease = claim_work(
        CloneJob, job.pk, states=CloneJob.ACTIVE_STATES, running=State.RUNNING, clock=clock
    )

    cancel_clone(cast.mia, job=job, now=NOW)

    job.refresh_from_db()
    assert (job.state, job.is_finished, job.lease_until) == (State.CANCELLED, True, None)
    with pytest.raises(clones.NothingToDo):
        cancel_clone(cast.mia, job=job, now=NOW)
    assert lease is not None
    assert not lease.extend()


def test_canceling_a_sent_clone_enqueues_a_worker(cast, wakes, django_capture_on_commit_callbacks):
    job = factories.make_job(cast.mia, cast.credential, state=State.WAITING, step=Step.UNKNOWN)

    with django_capture_on_commit_callbacks(execute=True):
        cancel_clone(cast.mia, job=job, now=NOW)

    job.refresh_from_db()
    assert (job.state, job.is_being_cancelled) == (State.WAITING, True)
    assert wakes == [("catalog.run_clone", str(job.pk))]


def test_only_the_requester_and_admins_can_cancel_and_the_requester_is_notified(cast):
    job = factories.make_job(cast.ana, cast.credential)
    with pytest.raises(PermissionDenied):
        cancel_clone(cast.mia, job=job, now=NOW)
    other = factories.make_job(cast.mia, cast.credential)

    cancel_clone(cast.ana, job=other, now=NOW)

    notice = Notification.objects.get()
    assert (notice.user, "canceled" in notice.text) == (cast.mia, True)


# Retrying


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
def test_retry_makes_a_new_job_in_the_same_batch(cast, state, wakes):
    job = factories.make_job(cast.mia, cast.credential, state=state, language="en")

    again = retry_clone(cast.mia, job=job, now=NOW)

    assert again.pk != job.pk
    assert (again.batch, again.language, again.state) == (job.batch, "en", State.QUEUED)
    assert again.marker != job.marker


def test_second_retry_returns_the_same_job(cast):
    job = factories.make_job(cast.mia, cast.credential, state=State.FAILED)

    first, second = (retry_clone(cast.mia, job=job, now=NOW) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("state", [State.READY, State.RUNNING, State.NEEDS_LOOK, State.QUEUED])
def test_job_that_may_have_made_a_voice_cannot_be_retried(cast, state):
    job = factories.make_job(cast.mia, cast.credential, state=state)

    with pytest.raises(NothingToDo):
        retry_clone(cast.mia, job=job, now=NOW)

    assert CloneJob.objects.count() == 1


def test_retry_uses_another_key_if_the_old_one_was_removed(cast):
    job = factories.make_job(cast.ana, cast.credential, state=State.FAILED)
    Credential.objects.filter(pk=cast.credential.pk).delete()
    with pytest.raises(NothingToDo, match="no key"):
        retry_clone(cast.ana, job=job, now=NOW)
    key = factories.make_credential(cast.ana, cast.account)

    assert retry_clone(cast.ana, job=job, now=NOW).credential == key


def test_retry_is_rejected_if_the_consent_has_ended(cast):
    job = factories.make_job(cast.ana, cast.credential, state=State.FAILED)
    Consent.objects.update(ends_on=date(2026, 11, 20))

    with pytest.raises(ConsentNeeded):
        retry_clone(cast.ana, job=job, now=NOW)


def test_looking_again_only_repeats_the_lookup(cast, wakes, django_capture_on_commit_callbacks):
    job = factories.make_job(cast.ana, cast.credential, state=State.NEEDS_LOOK, step=Step.UNKNOWN)

    with django_capture_on_commit_callbacks(execute=True):
        look_again(cast.ana, job=job, now=NOW)

    job.refresh_from_db()
    assert (job.state, job.step) == (State.WAITING, Step.UNKNOWN)
    assert wakes == [("catalog.run_clone", str(job.pk))]
    with pytest.raises(NothingToDo):
        look_again(cast.ana, job=job, now=NOW)
