"""Clips of a clone are compared with its samples: the same speaker scores high, others low."""

import numpy as np
import pytest

from catalog.audio.embeddings.waveform import RATE
from catalog.audio.transcode import write_wav
from catalog.jobs.clones import similarity
from catalog.jobs.clones.similarity import find_unscored, score_clip
from catalog.jobs.similarity.analysis_queue import find_waiting, listen_to
from catalog.models import ClipSimilarity, CloneJob, SynthesizedClip, Voice
from catalog.queries.syntheses.history import is_being_scored
from tests import factories
from tests.media import media_path

NOW = factories.NOW


@pytest.fixture
def clone(cast, reader) -> Voice:
    """Return a clone of the reader's first two recordings."""
    voice = factories.make_clone(cast.account, remote_id="v-7")
    samples = [
        factories.make_sample(cast.mia, cast.account.team, write_wav(part, RATE))
        for part in reader[:2]
    ]
    factories.make_job(cast.mia, cast.credential, *samples, voice=voice, state=CloneJob.State.READY)
    return voice


def make_clip(voice: Voice, sound, text: str = "Hello there.") -> SynthesizedClip:
    return factories.make_spoken_clip(voice, write_wav(sound, RATE), text)


def judge(clip: SynthesizedClip) -> ClipSimilarity:
    score_clip(str(clip.pk), NOW)
    return ClipSimilarity.objects.get(clip=clip)


def test_same_speaker_scores_high_and_another_speaker_clearly_lower(clone, reader, caller):
    right = judge(make_clip(clone, reader[2]))
    wrong = judge(make_clip(clone, caller, "Ten of hearts."))

    assert right.score > 0.75
    assert wrong.score < right.score - 0.2
    assert right.words == "typical of the same person"
    assert wrong.words == "typical of different people"


def test_only_the_used_part_of_a_sample_is_compared(clone, reader, caller):
    source = clone.clone_jobs.get().batch.sources.first()
    clone.clone_jobs.get().batch.sources.exclude(pk=source.pk).delete()
    both = write_wav(np.concatenate([caller, reader[0]]), RATE)
    media_path(source.sample.path).write_bytes(both)
    source.start_seconds = caller.size / RATE
    source.save()

    assert judge(make_clip(clone, reader[2])).score > 0.75


def test_clip_is_compared_once_and_only_for_clones_made_here(cast, clone, reader):
    clip = make_clip(clone, reader[2])
    make_clip(factories.make_voice(cast.account, "Bob"), reader[2])
    make_clip(factories.make_clone(cast.account, "Not from here"), reader[2])

    assert find_waiting() == [f"spoken:{clip.pk}"]
    assert is_being_scored(clone, NOW)
    for _ in range(2):
        listen_to(f"spoken:{clip.pk}", NOW)

    assert ClipSimilarity.objects.count() == 1
    assert find_waiting() == []
    assert not is_being_scored(clone, NOW)


def test_clip_that_cannot_be_compared_gets_no_score_and_is_not_retried(clone, reader):
    clip = make_clip(clone, reader[2])
    for source in clone.clone_jobs.get().batch.sources.all():
        media_path(source.sample.path).unlink()

    similarity_row = judge(clip)

    assert (similarity_row.score, similarity_row.words) == (None, "")
    assert find_unscored() == []


def test_without_the_analysis_package_nothing_is_queued(clone, reader, monkeypatch):
    clip = make_clip(clone, reader[2])
    monkeypatch.setattr(similarity, "analysis_is_installed", lambda: False)

    score_clip(str(clip.pk), NOW)

    assert find_unscored() == []
    assert not ClipSimilarity.objects.exists()
