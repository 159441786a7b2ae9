"""The wish for clones is kept whole, once, and only with consent; what failed is tried again."""

import re
import uuid
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from kombu.exceptions import OperationalError

from catalog import tasks
from catalog.core.storage import media_path
from catalog.jobs.base.leases import claim_work
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
from catalog.services.consents import ConsentNeeded, ConsentStatement
from tests import factories
from tests.threads import call_at_once

NOW = factories.NOW
State, Step = CloneJob.State, CloneJob.Step


def make_consent(**values: Any) -> ConsentStatement:
    wish = {
        "speaker": "Ada Lovelace",
        "is_given": True,
        "relation": Consent.Relation.PERMISSION,
        "allowed_use": Consent.Use.ANY,
    }
    return ConsentStatement(**{**wish, **values})


@pytest.fixture(autouse=True)
def _mia_clones(cast):
    Membership.objects.filter(user=cast.mia).update(role=Membership.Role.CLONER)


@pytest.fixture
def ask(cast):
    """Ask for clones as Ana with her own key, unless told otherwise."""

    def _ask(user=None, credentials=None, cuts=None, consent=None, **values: Any) -> CloneBatch:
        user = user or cast.ana
        wish = {
            "form_token": uuid.uuid4(),
            "cuts": cuts or [SampleCut(factories.make_sample(user, cast.aurora))],
            "name": "Our Ada",
            "description": "Warm.",
            "consent": consent or make_consent(),
        }
        return request_clones(
            user,
            credentials=credentials or [cast.credential],
            wish=CloneRequest(**{**wish, **values}),
            now=NOW,
        )

    return _ask


@pytest.fixture
def second_key(cast) -> Credential:
    return factories.make_credential(
        cast.ana, factories.make_account(cast.aurora, provider="inworld")
    )


def test_a_wish_becomes_order_consent_and_job_and_then_a_worker_is_woken(
    ask, cast, wakes, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        order = ask()
        assert wakes == []

    job = order.jobs.get()
    assert wakes == [("catalog.run_clone", str(job.pk))]
    assert (job.state, job.step) == (State.QUEUED, Step.PLANNED)
    assert (job.credential, job.account) == (cast.credential, cast.account)
    assert (order.speaker.name, order.consent.speaker) == ("Ada Lovelace", order.speaker)
    assert (order.consent.attested_by, order.consent.statement != "") == (cast.ana, True)
    entries = AuditEntry.objects.order_by("pk").values_list("actor", "team", "action")
    assert [entry[2] for entry in entries] == ["consent attested", "clone requested"]
    assert {entry[:2] for entry in entries} == {(cast.ana.pk, cast.aurora.pk)}


def test_one_wish_makes_a_job_for_each_key_under_one_speaker(ask, cast, second_key):
    order = ask(credentials=[cast.credential, second_key])

    jobs = list(order.jobs.all())
    assert {job.account.provider for job in jobs} == {"elevenlabs", "inworld"}
    assert Speaker.objects.count() == Consent.objects.count() == 1


def test_a_speaker_who_is_known_is_the_same_however_the_name_is_written(ask, cast):
    first = ask()

    second = ask(consent=make_consent(speaker="ada  LOVELACE"))

    assert first.speaker == second.speaker


def test_a_speaker_whom_the_person_may_not_see_is_another_one(ask, cast):
    hidden = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.ana)
    first = ask(credentials=[factories.make_credential(cast.ana, hidden)])

    second = ask(cast.mia)

    assert first.speaker != second.speaker


def test_the_samples_keep_their_order_and_their_cuts(ask, cast):
    samples = [factories.make_sample(cast.ana, cast.aurora, name) for name in (b"one", b"two")]

    order = ask(cuts=[SampleCut(samples[1], 1.5, 4), SampleCut(samples[0])])

    kept = order.sources.order_by("position").values_list("sample", "start_seconds", "end_seconds")
    assert list(kept) == [(samples[1].pk, 1.5, 4.0), (samples[0].pk, 0.0, None)]


def test_every_job_carries_a_marker_of_this_installation_that_no_other_has(
    ask, cast, installation, second_key
):
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
def test_without_whole_consent_nothing_is_stored_and_nobody_woken(ask, wakes, lacking):
    with pytest.raises(ConsentNeeded, match="Consent needed"):
        ask(consent=make_consent(**lacking))

    assert not CloneBatch.objects.exists()
    assert not Consent.objects.exists()
    assert wakes == []


def test_guardian_and_speaker_may_differ_and_the_proof_is_kept(ask, settings):
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


def test_a_wish_that_fails_leaves_no_proof_behind(ask, settings, monkeypatch):
    monkeypatch.setattr(clones, "record", lambda *_, **__: 1 / 0)
    consent = make_consent(
        proof=SimpleUploadedFile("a.pdf", b"%PDF-"), proof_ending="pdf", proof_type="x"
    )

    with pytest.raises(ZeroDivisionError):
        ask(consent=consent)

    assert not list((settings.MEDIA_ROOT / "consents").rglob("*.pdf"))
    assert not CloneBatch.objects.exists()


def test_a_viewer_may_not_clone_not_even_through_a_shared_key(ask, cast):
    viewer = factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)

    with pytest.raises(PermissionDenied):
        ask(viewer)


@pytest.mark.parametrize("whose", ["hidden", "foreign", "without an account"])
def test_a_key_that_the_person_may_not_work_through_is_refused(ask, cast, whose):
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


def test_a_sample_that_the_person_may_not_hear_is_refused(ask, cast):
    with pytest.raises(PermissionDenied):
        ask(cast.mia, cuts=[SampleCut(factories.make_sample(cast.ana, cast.aurora))])


def test_a_teammate_s_shared_key_is_enough_and_the_job_says_whose(ask, cast):
    job = ask(cast.mia).jobs.get()

    assert (job.requested_by, job.credential.owner) == (cast.mia, cast.ana)


def test_the_same_form_sent_twice_is_one_order(
    ask, cast, second_key, wakes, django_capture_on_commit_callbacks
):
    token, keys = uuid.uuid4(), [cast.credential, second_key]

    with django_capture_on_commit_callbacks(execute=True):
        first = ask(form_token=token, credentials=keys)
        second = ask(form_token=token, credentials=keys)

    assert first == second
    assert (CloneJob.objects.count(), Consent.objects.count(), len(wakes)) == (2, 1, 2)
    assert AuditEntry.objects.count() == 3


def test_a_token_of_somebody_else_gives_away_nothing(ask, cast):
    order = ask()

    with pytest.raises(PermissionDenied):
        ask(cast.mia, form_token=order.form_token)

    assert CloneJob.objects.count() == 1


def test_a_double_click_is_one_order_also_when_both_arrive_at_once(file_database, cast, ask, wakes):
    token, cuts = uuid.uuid4(), [SampleCut(factories.make_sample(cast.ana, cast.aurora))]

    answers = call_at_once(*[lambda: ask(form_token=token, cuts=cuts) for _ in range(6)])

    assert [type(answer) for answer in answers] == [CloneBatch] * 6
    assert len({answer.pk for answer in answers}) == 1
    assert (CloneJob.objects.count(), CloneSource.objects.count(), len(wakes)) == (1, 1, 1)


@pytest.mark.parametrize("problem", [OperationalError("down"), ConnectionError("down")])
def test_a_dead_broker_does_not_stop_the_wish(
    ask, monkeypatch, django_capture_on_commit_callbacks, problem
):
    def fail(*args: Any, **values: Any) -> None:
        raise problem

    monkeypatch.setattr(tasks.run_clone_task, "apply_async", fail)

    with django_capture_on_commit_callbacks(execute=True):
        ask()

    assert CloneJob.objects.get().state == State.QUEUED


# Cancelling


def test_what_was_not_sent_is_cancelled_at_once_and_whoever_holds_it_sends_nothing(cast, clock):
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


def test_what_was_sent_is_left_to_a_worker_to_find_and_remove(
    cast, wakes, django_capture_on_commit_callbacks
):
    job = factories.make_job(cast.mia, cast.credential, state=State.WAITING, step=Step.UNKNOWN)

    with django_capture_on_commit_callbacks(execute=True):
        cancel_clone(cast.mia, job=job, now=NOW)

    job.refresh_from_db()
    assert (job.state, job.is_being_cancelled) == (State.WAITING, True)
    assert wakes == [("catalog.run_clone", str(job.pk))]


def test_only_who_asked_and_admins_cancel_and_who_asked_is_told_of_it(cast):
    job = factories.make_job(cast.ana, cast.credential)
    with pytest.raises(PermissionDenied):
        cancel_clone(cast.mia, job=job, now=NOW)
    other = factories.make_job(cast.mia, cast.credential)

    cancel_clone(cast.ana, job=other, now=NOW)

    notice = Notification.objects.get()
    assert (notice.user, "canceled" in notice.text) == (cast.mia, True)


# Trying again


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
def test_what_failed_is_asked_for_again_from_the_same_samples(cast, state, wakes):
    job = factories.make_job(cast.mia, cast.credential, state=state, language="en")

    again = retry_clone(cast.mia, job=job, now=NOW)

    assert again.pk != job.pk
    assert (again.batch, again.language, again.state) == (job.batch, "en", State.QUEUED)
    assert again.marker != job.marker


def test_a_second_press_of_retry_is_the_same_job(cast):
    job = factories.make_job(cast.mia, cast.credential, state=State.FAILED)

    first, second = (retry_clone(cast.mia, job=job, now=NOW) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("state", [State.READY, State.RUNNING, State.NEEDS_LOOK, State.QUEUED])
def test_what_may_have_made_a_voice_is_never_tried_again(cast, state):
    job = factories.make_job(cast.mia, cast.credential, state=state)

    with pytest.raises(NothingToDo):
        retry_clone(cast.mia, job=job, now=NOW)

    assert CloneJob.objects.count() == 1


def test_a_job_whose_key_was_removed_goes_on_with_another_key_of_the_account(cast):
    job = factories.make_job(cast.ana, cast.credential, state=State.FAILED)
    Credential.objects.filter(pk=cast.credential.pk).delete()
    with pytest.raises(NothingToDo, match="no key"):
        retry_clone(cast.ana, job=job, now=NOW)
    key = factories.make_credential(cast.ana, cast.account)

    assert retry_clone(cast.ana, job=job, now=NOW).credential == key


def test_a_consent_that_has_ended_allows_no_other_attempt(cast):
    job = factories.make_job(cast.ana, cast.credential, state=State.FAILED)
    Consent.objects.update(ends_on=date(2026, 11, 20))

    with pytest.raises(ConsentNeeded):
        retry_clone(cast.ana, job=job, now=NOW)


def test_an_unclear_job_is_looked_for_again_and_nothing_is_sent_by_that(
    cast, wakes, django_capture_on_commit_callbacks
):
    job = factories.make_job(cast.ana, cast.credential, state=State.NEEDS_LOOK, step=Step.UNKNOWN)

    with django_capture_on_commit_callbacks(execute=True):
        look_again(cast.ana, job=job, now=NOW)

    job.refresh_from_db()
    assert (job.state, job.step) == (State.WAITING, Step.UNKNOWN)
    assert wakes == [("catalog.run_clone", str(job.pk))]
    with pytest.raises(NothingToDo):
        look_again(cast.ana, job=job, now=NOW)
