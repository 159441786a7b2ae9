"""Plans that replace voices: proposals, choices, clones, one approval, and undoing it."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from catalog.jobs.evacuations import run
from catalog.jobs.evacuations.run import run_evacuation
from catalog.management.after_restore import settle_restored
from catalog.models import (
    AuditEntry,
    CloneBatch,
    CloneJob,
    Consent,
    EndNotice,
    Evacuation,
    EvacuationLine,
    Membership,
    Note,
    Rating,
    Sample,
    SavedSearch,
    Star,
    TagUse,
)
from catalog.queries import similarity
from catalog.queries.evacuations.plans import get_evacuation_page
from catalog.queries.evacuations.targets import LineChoice
from catalog.queries.voices.references import PLACES, follow_replacements
from catalog.services.evacuations.places import REPLACERS
from catalog.services.evacuations.plans import (
    CannotStartClones,
    Ending,
    NothingToReplace,
    PlanClosed,
    cancel_evacuation,
    choose_replacements,
    create_evacuation,
    start_clones,
)
from catalog.services.evacuations.replace import NotReady, approve_evacuation, undo_evacuation
from tests import factories

NOW = factories.NOW


@pytest.fixture(autouse=True)
def _empty_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "_memory", similarity._Memory())


State, Choice = Evacuation.State, EvacuationLine.Choice


@pytest.fixture
def moving(cast: Any) -> SimpleNamespace:
    """Give Aurora a clone at Telnyx, a key for ElevenLabs, and three voices that could replace."""
    telnyx = factories.make_account(cast.aurora, provider="telnyx", slots_limit=None)
    key = factories.make_credential(cast.ana, telnyx, "sandbox-telnyx-full")
    old = factories.make_clone(telnyx, "Ada at Telnyx", gender="female", preview_sample_id="s")
    job = factories.make_job(cast.ana, key, voice=old, state="ready", language="en")
    factories.make_embedding(old, 1, 0)
    near, same, far = (
        factories.make_voice(cast.account, name, gender="female", preview_url="https://a.b/c.mp3")
        for name in ("Near", "Nearest", "Far")
    )
    factories.make_embedding(near, 1, 0.5)
    factories.make_embedding(same, 1, 0.1)
    factories.make_embedding(far, 0, 1)
    return SimpleNamespace(
        **vars(cast), old=old, job=job, near=near, same=same, far=far, telnyx=telnyx
    )


def plan_for(moving: Any, *voices: Any, user: Any = None, **ending: Any) -> Evacuation:
    ids = [voice.pk for voice in voices or (moving.old,)]
    return create_evacuation(
        user or moving.ana, team=moving.aurora, voice_ids=ids, ending=Ending(**ending), now=NOW
    )


def start(moving: Any, plan: Evacuation) -> None:
    start_clones(moving.ana, evacuation=plan, is_confirmed=True, now=NOW)


def work(plan: Evacuation, clock: Any) -> list[Any]:
    return list(run_evacuation(plan.pk, clock))


def finish(plan: Evacuation, moving: Any, name: str = "Ada at ElevenLabs") -> Any:
    """Let the new clone be ready."""
    new = factories.make_clone(moving.account, name, gender="female")
    CloneJob.objects.filter(batch__evacuation_line__evacuation=plan).update(
        state="ready", voice=new
    )
    return new


def choose(moving: Any, plan: Evacuation, voice: Any) -> None:
    line = plan.lines.get()
    choices = {line.pk: LineChoice(Choice.VOICE, voice=voice)}
    choose_replacements(moving.ana, evacuation=plan, choices=choices, now=NOW)


def test_samples_are_proposed_first_and_then_the_nearest_voices(moving):
    line = plan_for(moving).lines.get()

    assert (line.choice, line.obstacle, line.job) == (Choice.CLONE, "", moving.job)
    assert line.credential == moving.credential
    assert [each["id"] for each in line.candidates] == [
        moving.same.pk,
        moving.near.pk,
        moving.far.pk,
    ]


def test_voice_without_sound_gets_proposals_by_its_labels(moving):
    factories.make_voice(moving.account, "Otto", gender="male", preview_url="https://a.b/c.mp3")
    silent = factories.make_voice(moving.telnyx, "Silent", gender="male")

    first = plan_for(moving, silent).lines.get().candidates[0]

    assert (first["score"], first["reason"]) == (None, "labels")
    assert moving.aurora.provider_accounts.get(voices=first["id"]) == moving.account


def test_ending_providers_and_voices_are_never_proposed(moving):
    moving.near.ends_at = NOW
    moving.near.save()
    EndNotice.objects.create(
        team=moving.aurora, provider="elevenlabs", voice=moving.far, announced_at=NOW
    )

    assert [each["id"] for each in plan_for(moving).lines.get().candidates] == [moving.same.pk]

    EndNotice.objects.create(team=moving.aurora, provider="elevenlabs", announced_at=NOW)
    line = plan_for(moving).lines.get()
    assert (line.candidates, line.choice) == ([], Choice.OPEN)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ends_on": "2026-01-01"}, "consent ended on"),
        ({"withdrawn_at": NOW}, "withdrew their permission"),
    ],
)
def test_without_consent_no_sample_is_cloned_again(moving, change, words):
    Consent.objects.update(**change)

    line = plan_for(moving).lines.get()

    assert words in line.obstacle_words
    assert line.choice == Choice.OPEN


def test_lost_recording_is_named(moving):
    Sample.objects.update(path="")

    assert "is gone. Upload one" in plan_for(moving).lines.get().obstacle


def test_later_consent_of_someone_else_is_a_contradiction(moving):
    consent = moving.job.batch.consent
    consent.pk, consent.relation = None, "guardian"
    consent.attested_at = NOW.replace(day=28)
    consent.save()

    assert "given by someone else" in plan_for(moving).lines.get().obstacle


def test_clone_is_requested_once_under_the_same_consent(moving, clock, wakes):
    plan = plan_for(moving)
    with pytest.raises(CannotStartClones):
        start_clones(moving.ana, evacuation=plan, is_confirmed=False, now=NOW)
    start(moving, plan)

    assert len(work(plan, clock)) == 1
    assert work(plan, clock) == []

    line = plan.lines.get()
    job = line.batch.jobs.get()
    assert line.batch.consent == moving.job.batch.consent
    assert (job.account, job.requested_by, job.language) == (moving.account, moving.ana, "en")
    assert [s.sample for s in line.batch.sources.all()] == [factories.sample_of(moving.job)]
    plan.refresh_from_db()
    assert plan.state == State.STARTED
    with pytest.raises(CannotStartClones):
        start(moving, plan)


def test_worker_that_dies_anywhere_loses_and_doubles_nothing(moving, clock, monkeypatch):
    clones = [moving.old]
    for number in range(4):
        voice = factories.make_clone(moving.telnyx, f"Clone {number}", preview_sample_id="s")
        factories.make_job(
            moving.ana, moving.job.credential, voice=voice, state="ready", batch=moving.job.batch
        )
        clones.append(voice)
    plan = plan_for(moving, *clones)
    start(moving, plan)
    monkeypatch.setattr(run, "_AT_ONCE", 2)
    real, calls = run.store_job, iter(range(100))

    def die_sometimes(*args: Any, **values: Any) -> Any:
        if next(calls) in {1, 3, 4}:
            raise KeyboardInterrupt
        return real(*args, **values)

    monkeypatch.setattr(run, "store_job", die_sometimes)
    for _ in range(6):
        try:
            work(plan, clock)
        except KeyboardInterrupt:
            clock.move(minutes=1)

    batches = CloneBatch.objects.exclude(pk=moving.job.batch_id)
    assert (batches.count(), plan.lines.exclude(batch=None).count()) == (5, 5)
    assert CloneJob.objects.filter(batch__in=batches).count() == 5
    plan.refresh_from_db()
    assert plan.state == State.STARTED


def test_plan_that_was_starting_waits_for_people_after_a_restore(moving, clock):
    plan = plan_for(moving)
    start(moving, plan)

    settle_restored(made_at=NOW, anchor="1:a", replaced="", now=NOW)

    assert work(plan, clock) == []
    plan.refresh_from_db()
    assert (plan.state, plan.lines.get().state) == (State.DRAFT, "planned")


def test_too_few_slots_are_refused_before_anything_starts(moving):
    moving.account.slots_limit = moving.account.slots_used
    moving.account.save()
    plan = plan_for(moving)
    line = plan.lines.get()
    choices = {line.pk: LineChoice(Choice.CLONE, moving.credential)}
    choose_replacements(moving.ana, evacuation=plan, choices=choices, now=NOW)

    with pytest.raises(CannotStartClones, match="No free slot"):
        start(moving, plan)

    assert not CloneBatch.objects.exclude(pk=moving.job.batch_id).exists()


def test_starter_who_lost_the_right_starts_nothing(moving, clock):
    plan = plan_for(moving)
    start(moving, plan)
    Membership.objects.filter(user=moving.ana).update(role=Membership.Role.VIEWER)

    assert work(plan, clock) == []

    line = plan.lines.get()
    assert line.state == EvacuationLine.State.FAILED
    assert "can't create clones" in line.message


def test_approval_waits_for_the_clones(moving, clock):
    plan = plan_for(moving)
    start(moving, plan)
    work(plan, clock)

    with pytest.raises(NotReady, match="still being made"):
        approve_evacuation(moving.ana, evacuation=plan, copies=[], now=NOW)

    new = finish(plan, moving)
    approve_evacuation(moving.ana, evacuation=plan, copies=[], now=NOW)
    assert plan.lines.get().replacement == new


def test_approval_replaces_every_place_at_once(moving):
    shared = factories.make_collection(
        moving.ana, moving.aurora, moving.far, moving.old, moving.near, is_shared=True
    )
    shared.entries.filter(voice=moving.old).update(note="Chapter 1")
    private = factories.make_collection(moving.mia, moving.aurora, moving.old, name="Mine")
    selection = factories.make_selection(moving.mia, moving.aurora, moving.old, moving.far)
    search = factories.make_search(moving.ana, moving.aurora, query=f"q={moving.old.remote_id}+x")
    comparison = factories.make_comparison(moving.ana, [moving.old, moving.far], "Hello.")
    factories.make_tag(moving.aurora, "calm", moving.old)
    factories.make_note(moving.mia, moving.old, "Slow.")
    Rating.objects.create(user=moving.mia, voice=moving.old, value=5)
    Star.objects.create(user=moving.mia, voice=moving.old, starred_at=NOW)
    plan, new = plan_for(moving), moving.same
    choose(moving, plan, new)

    count = approve_evacuation(
        moving.ana, evacuation=plan, copies=["tag", "note", "rating", "star"], now=NOW
    )

    assert count == 8
    entries = list(shared.entries.order_by("position").values_list("voice", "position", "note"))
    assert entries[1] == (new.pk, 2, "Chapter 1")
    assert private.entries.get().voice == new
    selection.refresh_from_db()
    search.refresh_from_db()
    assert selection.voice_ids == [new.pk, moving.far.pk]
    assert search.query == f"q={new.remote_id}+x"
    assert set(comparison.entries.values_list("voice", flat=True)) == {moving.old.pk, moving.far.pk}
    assert follow_replacements([moving.old.pk, moving.far.pk]) == [new.pk, moving.far.pk]
    assert TagUse.objects.filter(voice=new).count() == 1
    assert Note.objects.get(voice=new).author == moving.mia
    assert Rating.objects.get(voice=new).value == 5
    assert Star.objects.get(voice=new).user == moving.mia
    assert AuditEntry.objects.get(action="voice replaced").facts["places"] == 8
    with pytest.raises(PlanClosed):
        approve_evacuation(moving.ana, evacuation=plan, copies=[], now=NOW)


def test_undo_restores_what_nobody_changed_since(moving):
    first = factories.make_collection(moving.ana, moving.aurora, moving.old, is_shared=True)
    second = factories.make_collection(moving.ana, moving.aurora, moving.old, moving.near)
    merged = factories.make_collection(moving.ana, moving.aurora, moving.same, moving.old)
    search = factories.make_search(moving.ana, moving.aurora, query=f"q={moving.old.remote_id}")
    factories.make_tag(moving.aurora, "calm", moving.old)
    plan = plan_for(moving)
    choose(moving, plan, moving.same)
    approve_evacuation(moving.ana, evacuation=plan, copies=["tag"], now=NOW)
    assert list(merged.entries.values_list("voice", flat=True)) == [moving.same.pk]
    second.entries.filter(voice=moving.same).delete()
    SavedSearch.objects.filter(pk=search.pk).update(query="q=other")

    assert undo_evacuation(moving.ana, evacuation=plan, now=NOW) == (3, 2)

    assert first.entries.get().voice == moving.old
    assert set(merged.entries.values_list("voice", flat=True)) == {moving.same.pk, moving.old.pk}
    assert not TagUse.objects.filter(voice=moving.same).exists()
    assert follow_replacements([moving.old.pk]) == [moving.old.pk]
    with pytest.raises(PlanClosed):
        undo_evacuation(moving.ana, evacuation=plan, now=NOW)


def test_cloner_replaces_only_in_what_they_may_change(moving):
    cleo = factories.make_user("Cleo", moving.aurora, Membership.Role.CLONER)
    theirs = factories.make_collection(moving.mia, moving.aurora, moving.old)
    own = factories.make_collection(cleo, moving.aurora, moving.old)
    plan = plan_for(moving, user=cleo)
    line = plan.lines.get()
    choices = {line.pk: LineChoice(Choice.VOICE, voice=moving.same)}
    choose_replacements(cleo, evacuation=plan, choices=choices, now=NOW)

    approve_evacuation(cleo, evacuation=plan, copies=[], now=NOW)

    assert (own.entries.get().voice, theirs.entries.get().voice) == (moving.same, moving.old)


def test_open_plan_can_be_chosen_differently_and_canceled(moving):
    plan = plan_for(moving)
    choose(moving, plan, moving.same)
    choose(moving, plan, moving.old)  # it would replace itself, so it stays as it was
    assert plan.lines.get().replacement == moving.same

    cancel_evacuation(moving.ana, evacuation=plan, now=NOW)

    with pytest.raises(PlanClosed):
        choose(moving, plan, moving.near)
    with pytest.raises(PlanClosed):
        approve_evacuation(moving.ana, evacuation=plan, copies=[], now=NOW)


def test_only_its_maker_and_admins_change_a_plan_and_members_make_none(moving):
    other = factories.make_user("Cleo", moving.aurora, Membership.Role.CLONER)
    plan = plan_for(moving)

    with pytest.raises(PermissionDenied):
        approve_evacuation(other, evacuation=plan, copies=[], now=NOW)
    with pytest.raises(PermissionDenied):
        plan_for(moving, user=moving.mia)
    with pytest.raises(NothingToReplace):
        plan_for(moving, factories.make_clone(moving.other_account))


def test_new_voice_of_a_speaker_who_withdrew_is_not_put_anywhere(moving):
    held = factories.make_collection(moving.ana, moving.aurora, moving.old)
    plan = plan_for(moving)
    new = factories.make_clone(moving.account, "Other clone")
    choose(moving, plan, new)
    factories.make_job(moving.ana, moving.credential, voice=new, state="ready")
    Consent.objects.update(withdrawn_at=NOW)

    with pytest.raises(NotReady):
        approve_evacuation(moving.ana, evacuation=plan, copies=[], now=NOW)

    assert held.entries.get().voice == moving.old


def test_every_kind_of_place_can_be_replaced():
    assert PLACES.keys() == REPLACERS.keys()


def test_number_of_queries_depends_on_no_number_of_voices(moving, django_assert_max_num_queries):
    def make(count: int) -> Evacuation:
        voices = []
        for number in range(count):
            voice = factories.make_clone(moving.telnyx, f"Clone {number}", preview_sample_id="s")
            factories.make_job(moving.ana, moving.job.credential, voice=voice, state="ready")
            factories.make_collection(moving.ana, moving.aurora, voice)
            voices.append(voice)
        with django_assert_max_num_queries(60):
            return plan_for(moving, *voices)

    for count in (2, 20):
        plan = make(count)
        with django_assert_max_num_queries(40):
            get_evacuation_page(moving.ana, plan.pk, NOW)
