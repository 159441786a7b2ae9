"""How a clone job is shown, and who can see it."""

import pytest
from django.db import IntegrityError, transaction

from catalog.models import CloneJob, Sample
from tests import factories

State, Step = CloneJob.State, CloneJob.Step


@pytest.mark.parametrize(
    ("state", "step", "is_out", "mood", "moods", "percent"),
    [
        (State.QUEUED, Step.PLANNED, False, "wait", "on open open open open open", 0),
        (State.RUNNING, Step.PLANNED, False, "run", "ok on open open open open", 20),
        (State.WAITING, Step.PLANNED, False, "run", "ok on open open open open", 20),
        (State.RUNNING, Step.SENT, False, "run", "ok ok on open open open", 40),
        (State.RUNNING, Step.SENT, True, "run", "ok ok ok on open open", 60),
        (State.WAITING, Step.UNKNOWN, False, "check", "ok ok ok on open open", 60),
        (State.WAITING, Step.CONFIRMED, True, "run", "ok ok ok ok on open", 80),
        (State.READY, Step.CONFIRMED, True, "done", "ok ok ok ok ok ok", 100),
        (State.FAILED, Step.PLANNED, False, "fail", "ok bad open open open open", 20),
        (State.FAILED, Step.REFUSED, True, "fail", "ok ok ok bad open open", 60),
        (State.NEEDS_LOOK, Step.UNKNOWN, False, "fail", "ok ok ok bad open open", 60),
        (State.NEEDS_LOOK, Step.CONFIRMED, True, "fail", "ok ok ok ok bad open", 80),
        (State.CANCELLED, Step.PLANNED, False, "off", "ok off open open open open", 20),
    ],
)
def test_job_shows_the_right_steps_and_progress_for_every_state(
    state, step, is_out, mood, moods, percent
):
    job = CloneJob(state=state, step=step, handed_over_at=factories.NOW if is_out else None)

    assert job.mood == mood
    assert " ".join(each.mood for each in job.steps) == moods
    assert job.percent == percent
    assert job.mood_icon
    assert all(each.icon for each in job.steps)


def test_job_that_is_being_canceled_says_so_until_it_is():
    job = CloneJob(state=State.WAITING, cancel_asked_at=factories.NOW)
    assert job.shown_state == "Canceling"

    job.state = State.CANCELLED

    assert job.shown_state == "Canceled"


def test_job_is_finished_if_no_more_steps_run_automatically():
    finished = {state for state in State if CloneJob(state=state).is_finished}

    assert finished == {State.READY, State.FAILED, State.NEEDS_LOOK, State.CANCELLED}


def test_jobs_are_visible_with_the_account_and_always_to_the_requester(cast):
    hidden = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.ana)
    key = factories.make_credential(cast.ana, hidden)
    open_job = factories.make_job(cast.ana, cast.credential)
    hidden_job = factories.make_job(cast.ana, key)
    own_job = factories.make_job(cast.mia, key)

    assert set(CloneJob.objects.visible_to(cast.ana)) == {open_job, hidden_job, own_job}
    assert set(CloneJob.objects.visible_to(cast.mia)) == {open_job, own_job}
    assert not CloneJob.objects.visible_to(cast.sam).exists()


def test_sample_is_visible_to_people_who_see_a_job_made_from_it(cast):
    hidden = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.ana)
    key = factories.make_credential(cast.ana, hidden)
    open_sample = factories.sample_of(factories.make_job(cast.ana, cast.credential))
    hidden_sample = factories.sample_of(factories.make_job(cast.ana, key))
    unused = factories.make_sample(cast.mia, cast.aurora)

    assert set(Sample.objects.visible_to(cast.ana)) == {open_sample, hidden_sample}
    assert set(Sample.objects.visible_to(cast.mia)) == {open_sample, unused}
    assert not Sample.objects.visible_to(cast.sam).exists()


def test_form_token_and_marker_are_unique(cast):
    job = factories.make_job(cast.ana, cast.credential)

    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_batch(cast.mia, cast.aurora, form_token=job.batch.form_token)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_job(cast.mia, cast.credential, marker=job.marker)


def test_active_jobs_are_queued_running_or_waiting(cast):
    for state in State:
        factories.make_job(cast.ana, cast.credential, state=state)

    active = {job.state for job in CloneJob.objects.active()}

    assert active == {State.QUEUED, State.RUNNING, State.WAITING}
