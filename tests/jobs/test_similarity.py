"""Previews and uploaded clips are each analyzed once, without fetching anything."""

from datetime import timedelta

import numpy as np
import pytest

from catalog.audio.embeddings.nearest_neighbors import unpack_vector
from catalog.core.media import remove_media, store_media
from catalog.jobs.similarity import embeddings as jobs
from catalog.jobs.similarity.embeddings import analyze_query, embed_previews, forget_queries
from catalog.models import PreviewClip, SoundQuery, VoiceEmbedding
from tests import factories
from tests.media import media_path
from tests.sounds import encode_sound

NOW = factories.NOW


def make_clip(voice, sound: bytes, content_type: str = "audio/wav") -> PreviewClip:
    path, size, _ = store_media("previews", [sound], "wav")
    return PreviewClip.objects.create(
        voice=voice, source="x", path=path, content_type=content_type, size=size, fetched_at=NOW
    )


def test_each_preview_is_analyzed_once_without_calling_a_provider(cast, clock, wav, stub):
    first, second = (factories.make_voice(cast.account, name) for name in ("Ada", "Bob"))
    make_clip(first, wav)
    make_clip(second, encode_sound("mp3"), "audio/mpeg")

    assert embed_previews(clock) is False
    made = set(VoiceEmbedding.objects.values_list("pk", flat=True))
    embed_previews(clock)

    assert VoiceEmbedding.objects.count() == 2
    assert set(VoiceEmbedding.objects.values_list("pk", flat=True)) == made
    vector = unpack_vector(bytes(VoiceEmbedding.objects.get(voice=first).vector))
    assert np.linalg.norm(vector) == pytest.approx(1, abs=0.01)
    assert stub.asked == []


def test_new_preview_of_a_voice_is_analyzed_again(cast, clock, wav):
    clip = make_clip(factories.make_voice(cast.account), wav)
    embed_previews(clock)
    path, _, _ = store_media("previews", [encode_sound("wav", 3)], "wav")
    PreviewClip.objects.filter(pk=clip.pk).update(path=path)

    embed_previews(clock)

    assert VoiceEmbedding.objects.get().clip_path == path


def test_remaining_work_is_reported_and_continued(cast, clock, wav, monkeypatch):
    monkeypatch.setattr(jobs, "_HEARD_AT_ONCE", 2)
    for number in range(3):
        make_clip(factories.make_voice(cast.account, f"Voice {number}"), wav)

    assert embed_previews(clock) is True
    assert embed_previews(clock) is False
    assert VoiceEmbedding.objects.count() == 3


@pytest.mark.parametrize("sound", [b"RIFF", encode_sound("wav", 2, np.zeros_like)])
def test_broken_or_silent_preview_is_analyzed_once(cast, clock, sound):
    make_clip(factories.make_voice(cast.account), sound)

    embed_previews(clock)

    assert bytes(VoiceEmbedding.objects.get().vector) == b""
    assert embed_previews(clock) is False


def test_nothing_is_analyzed_without_the_analysis_package(cast, clock, wav, monkeypatch):
    monkeypatch.setattr(jobs, "analysis_is_installed", lambda: False)
    make_clip(factories.make_voice(cast.account), wav)

    assert embed_previews(clock) is False
    assert not VoiceEmbedding.objects.exists()


def make_query(cast, sound: bytes) -> SoundQuery:
    path, _, _ = store_media("queries", [sound], "wav")
    return factories.make_sound_query(cast.mia, cast.aurora, path=path, state="waiting", vector=b"")


def test_uploaded_clip_is_analyzed_and_its_file_deleted(cast, wav):
    query = make_query(cast, wav)

    analyze_query(str(query.pk), NOW)
    analyze_query(str(query.pk), NOW)

    result = SoundQuery.objects.get()
    assert result.is_analyzed
    assert len(bytes(result.vector)) == 512
    assert result.path == ""
    assert not media_path(query.path).exists()


def test_undecodable_uploaded_clip_says_so(cast):
    query = make_query(cast, b"RIFF and nothing")

    analyze_query(str(query.pk), NOW)

    result = SoundQuery.objects.get()
    assert result.state == SoundQuery.State.FAILED
    assert "couldn't be decoded" in result.problem
    assert not media_path(query.path).exists()


def test_uploaded_clip_without_its_file_says_so(cast, wav):
    query = make_query(cast, wav)
    remove_media(query.path)

    analyze_query(str(query.pk), NOW)

    assert SoundQuery.objects.get().problem == "The recording is no longer on this server."


def test_uploaded_clips_are_deleted_after_a_day(cast, wav):
    query = make_query(cast, wav)

    forget_queries(NOW + timedelta(hours=23))
    assert SoundQuery.objects.exists()
    forget_queries(NOW + timedelta(hours=25))

    assert not SoundQuery.objects.exists()
    assert not media_path(query.path).exists()
