"""What a clone says is compared with its samples: the right speaker is near, another one far."""

import numpy as np
import pytest

from catalog.audio.embeddings.waveform import RATE
from catalog.audio.transcode import write_wav
from catalog.core.storage import media_path
from catalog.jobs.clones import similarity
from catalog.jobs.clones.similarity import find_unjudged, judge_clip
from catalog.jobs.similarity.analysis_queue import find_waiting, listen_to
from catalog.models import ClipSimilarity, CloneJob, SynthesizedClip, Voice
from catalog.queries.syntheses.history import is_being_judged
from tests import factories

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


def say(voice: Voice, sound, text: str = "Hello there.") -> SynthesizedClip:
    return factories.make_spoken_clip(voice, write_wav(sound, RATE), text)


def judged(clip: SynthesizedClip) -> ClipSimilarity:
    judge_clip(str(clip.pk), NOW)
    return ClipSimilarity.objects.get(clip=clip)


def test_the_right_speaker_scores_high_and_another_one_clearly_lower(clone, reader, caller):
    right = judged(say(clone, reader[2]))
    wrong = judged(say(clone, caller, "Ten of hearts."))

    assert right.score > 0.75
    assert wrong.score < right.score - 0.2
    assert right.words == "typical of the same person"
    assert wrong.words == "typical of different people"


def test_only_the_part_of_a_sample_that_was_used_counts(clone, reader, caller):
    source = clone.clone_jobs.get().batch.sources.first()
    clone.clone_jobs.get().batch.sources.exclude(pk=source.pk).delete()
    both = write_wav(np.concatenate([caller, reader[0]]), RATE)
    media_path(source.sample.path).write_bytes(both)
    source.start_seconds = caller.size / RATE
    source.save()

    assert judged(say(clone, reader[2])).score > 0.75


def test_a_clip_is_compared_once_and_only_where_a_clone_was_made_here(cast, clone, reader):
    clip = say(clone, reader[2])
    say(factories.make_voice(cast.account, "Bob"), reader[2])
    say(factories.make_clone(cast.account, "Not from here"), reader[2])

    assert find_waiting() == [f"spoken:{clip.pk}"]
    assert is_being_judged(clone, NOW)
    for _ in range(2):
        listen_to(f"spoken:{clip.pk}", NOW)

    assert ClipSimilarity.objects.count() == 1
    assert find_waiting() == []
    assert not is_being_judged(clone, NOW)


def test_what_cannot_be_compared_has_no_score_and_is_not_tried_for_ever(clone, reader):
    clip = say(clone, reader[2])
    for source in clone.clone_jobs.get().batch.sources.all():
        media_path(source.sample.path).unlink()

    likeness = judged(clip)

    assert (likeness.score, likeness.words) == (None, "")
    assert find_unjudged() == []


def test_without_the_part_that_listens_nothing_waits(clone, reader, monkeypatch):
    clip = say(clone, reader[2])
    monkeypatch.setattr(similarity, "analysis_is_installed", lambda: False)

    judge_clip(str(clip.pk), NOW)

    assert find_unjudged() == []
    assert not ClipSimilarity.objects.exists()
