"""Speakers who are one person are merged without widening a consent, and split again."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from catalog.models import CloneBatch, CloneJob, Consent, Speaker
from catalog.queries.speakers import find_voice_obstacle
from catalog.services.speakers import (
    CannotArrange,
    CannotErase,
    MergeUnconfirmed,
    erase_consent,
    erase_recording,
    merge_speakers,
    split_speaker,
)
from tests import factories
from tests.media import media_path

NOW = factories.NOW
TODAY = NOW.date()


def add_clone(cast: Any, name: str, ends_in: int | None = None, **values: Any) -> CloneJob:
    """Return a ready clone of a speaker of this name, whose consent ends in so many days."""
    speaker, _ = Speaker.objects.get_or_create(
        team=cast.aurora,
        folded=name.lower(),
        defaults={"name": name, "added_by": cast.ana, "added_at": NOW},
    )
    consent = Consent.objects.create(
        speaker=speaker,
        attested_by=cast.ana,
        attested_at=NOW,
        ends_on=None if ends_in is None else TODAY + timedelta(days=ends_in),
        **({"relation": "permission"} | values),
    )
    batch = factories.make_batch(cast.ana, cast.aurora, speaker=speaker, consent=consent)
    voice = factories.make_clone(cast.account, name)
    return factories.make_job(cast.ana, cast.credential, batch=batch, state="ready", voice=voice)


def merge(cast: Any, job: CloneJob, other: CloneJob, **values: Any) -> Speaker:
    speaker = Speaker.objects.get(pk=job.batch.speaker_id)
    merge_speakers(
        values.get("user", cast.ana),
        speaker=speaker,
        other=Speaker.objects.get(pk=other.batch.speaker_id),
        is_confirmed=values.get("is_confirmed", False),
        now=NOW,
    )
    return speaker


def obstacle_in(job: CloneJob, days: int) -> str:
    return find_voice_obstacle(job.voice, TODAY + timedelta(days=days))


def test_merged_speaker_has_everything_of_both(cast):
    job, other = add_clone(cast, "Bo"), add_clone(cast, "Bob")
    withdrawal = factories.make_withdrawal(
        cast.ana, other.batch.speaker, completed_at=NOW, approved_at=NOW
    )

    speaker = merge(cast, job, other)

    assert set(CloneBatch.objects.filter(speaker=speaker)) == {job.batch, other.batch}
    assert Consent.objects.filter(speaker=speaker).count() == 2
    withdrawal.refresh_from_db()
    assert withdrawal.speaker == speaker
    assert not Speaker.objects.filter(folded="bob").exists()


def test_longer_consent_is_not_widened_to_the_other_clones_and_splitting_undoes_that(cast):
    short, long = add_clone(cast, "Bo", ends_in=10), add_clone(cast, "Bob", ends_in=90)

    speaker = merge(cast, short, long)

    assert (obstacle_in(short, 10), obstacle_in(long, 10)) == ("", "")
    assert "ended" in obstacle_in(short, 11)
    assert "ended" in obstacle_in(long, 11)

    made = split_speaker(cast.ana, speaker=speaker, name="Bob", batch_ids=[long.batch_id], now=NOW)

    assert "ended" in obstacle_in(short, 11)
    assert obstacle_in(long, 90) == ""
    assert set(made.consents.all()) == {long.batch.consent}


def test_new_consent_counts_for_both_after_a_merge(cast):
    short, long = add_clone(cast, "Bo", ends_in=10), add_clone(cast, "Bob", ends_in=90)
    speaker = merge(cast, short, long)

    Consent.objects.create(
        speaker=speaker, attested_by=cast.ana, attested_at=NOW, ends_on=TODAY + timedelta(50)
    )

    assert (obstacle_in(short, 50), obstacle_in(long, 50)) == ("", "")


def test_merge_that_would_let_a_voice_be_used_again_is_refused(cast):
    ended, valid = add_clone(cast, "Bo", ends_in=-1), add_clone(cast, "Bob", ends_in=90)

    with pytest.raises(CannotArrange, match="Merging would lift that"):
        merge(cast, valid, ended)
    Consent.objects.filter(speaker=ended.batch.speaker).update(ends_on=None, withdrawn_at=NOW)
    with pytest.raises(CannotArrange, match="Merging would lift that"):
        merge(cast, ended, valid)
    Speaker.objects.filter(pk=ended.batch.speaker_id).update(withdrawing_since=NOW)
    with pytest.raises(CannotArrange, match="Wait until all copies are erased"):
        merge(cast, ended, valid)


def test_contradicting_consents_have_to_be_confirmed(cast):
    mine = add_clone(cast, "Bo", relation="self")
    theirs = add_clone(cast, "Bob", relation="guardian", given_by="Ann")

    with pytest.raises(MergeUnconfirmed, match="guardian"):
        merge(cast, mine, theirs)

    merge(cast, mine, theirs, is_confirmed=True)


def test_only_those_who_see_everything_of_a_speaker_merge(cast):
    job, other = add_clone(cast, "Bo"), add_clone(cast, "Bob")
    cast.account.__class__.objects.update(is_shared=False)
    cast.credential.__class__.objects.update(is_shared=False, owner=cast.mia)
    Speaker.objects.update(added_by=cast.ana)
    CloneJob.objects.update(requested_by=cast.mia)

    with pytest.raises(PermissionDenied):
        merge(cast, job, other)


def test_requests_that_share_a_sample_or_a_consent_are_split_together(cast):
    first, second, third = (add_clone(cast, "Bo") for _ in range(3))
    second.batch.sources.update(sample=factories.sample_of(first))
    CloneBatch.objects.filter(pk=third.batch_id).update(consent=second.batch.consent)
    speaker = Speaker.objects.get(pk=first.batch.speaker_id)

    def split(*jobs: CloneJob) -> Speaker:
        ids = [job.batch_id for job in jobs]
        return split_speaker(cast.ana, speaker=speaker, name="Bob", batch_ids=ids, now=NOW)

    with pytest.raises(CannotArrange, match="same consent"):
        split(third)
    with pytest.raises(CannotArrange, match="on both sides"):
        split(second, third)
    with pytest.raises(CannotArrange, match="not all of them"):
        split(first, second, third)


def test_deleted_recording_leaves_its_row_and_no_file(cast):
    job = add_clone(cast, "Bo")
    sample = factories.sample_of(job)
    cleaned = factories.make_cleaned(sample, path=factories.make_sample(cast.ana, cast.aurora).path)
    factories.protect(job.voice, cast.ana, kind="hold")
    with pytest.raises(CannotErase, match="legal hold"):
        erase_recording(cast.ana, sample=sample, now=NOW)
    job.voice.protection.delete()

    erase_recording(cast.ana, sample=sample, now=NOW)

    for each in (sample, cleaned):
        each.refresh_from_db()
        assert (each.paths, each.erased_at, each.can_play) == ([], NOW, False)
    with pytest.raises(CannotErase, match="before"):
        erase_recording(cast.ana, sample=sample, now=NOW)


def test_deleted_consent_does_not_count_anymore(cast, django_capture_on_commit_callbacks):
    job = add_clone(cast, "Bo")
    path = factories.make_sample(cast.ana, cast.aurora).path
    Consent.objects.filter(pk=job.batch.consent_id).update(proof_path=path, given_by="Ann")

    with django_capture_on_commit_callbacks(execute=True):
        erase_consent(cast.ana, consent=Consent.objects.get(pk=job.batch.consent_id), now=NOW)

    consent = Consent.objects.get(pk=job.batch.consent_id)
    assert (consent.proof_path, consent.given_by, consent.erased_at) == ("", "", NOW)
    assert not media_path(path).exists()
    assert "isn't recorded" in obstacle_in(job, 0)
