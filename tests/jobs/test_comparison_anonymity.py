"""Clips of a blind comparison get copies in one format, deleted when names are revealed."""

import av
import pytest

from catalog.jobs.comparisons.anonymize import disguise_clip, find_undisguised
from catalog.jobs.similarity.analysis_queue import find_waiting, forget_listened, listen_to
from catalog.jobs.syntheses import run_speech
from catalog.models import ComparedVoice, Comparison, Synthesis
from catalog.services.comparisons import ComparisonRequest, request_comparison
from catalog.tasks import run_speech_task
from tests import factories
from tests.media import media_path
from tests.sounds import encode_sound

NOW = factories.NOW
TEXT = "Hello there."


@pytest.fixture
def made(cast) -> Comparison:
    """A blind comparison of a WAV clip and an Ogg clip."""
    voices = [factories.make_voice(cast.account, name) for name in ("Ann", "Bea")]
    comparison = factories.make_comparison(cast.mia, voices, TEXT, is_blind=True)
    kinds = {"wav": "audio/wav", "ogg": "audio/ogg"}
    for entry, (kind, content_type) in zip(comparison.entries.all(), kinds.items(), strict=True):
        content = encode_sound(kind, 2)
        clip = factories.make_spoken_clip(entry.voice, content, TEXT, content_type=content_type)
        Synthesis.objects.filter(pk=entry.speech_id).update(state="done", clip=clip)
    return comparison


def disguise_all(made: Comparison) -> list[ComparedVoice]:
    for work in find_waiting():
        listen_to(work, NOW)
    return list(made.entries.order_by("place"))


def test_all_copies_have_the_same_audio_format(made):
    forms = set()
    for entry in disguise_all(made):
        with av.open(str(media_path(entry.disguised_path))) as file:
            stream = file.streams.audio[0]
            forms.add((file.format.name, stream.codec_context.sample_rate, stream.channels))
            assert stream.duration * stream.time_base == pytest.approx(2, abs=0.2)

    assert forms == {("mp3", 24_000, 1)}
    assert find_waiting() == []


def test_copy_is_made_once(made):
    first = [entry.disguised_path for entry in disguise_all(made)]

    for entry in made.entries.all():
        disguise_clip(str(entry.pk), NOW)

    assert [entry.disguised_path for entry in disguise_all(made)] == first


def test_cached_and_new_clips_enqueue_their_copies(
    cast, stub, wakes, wav, clock, django_capture_on_commit_callbacks
):
    voices = [factories.make_voice(cast.account, name) for name in ("Ann", "Bea")]
    factories.make_spoken_clip(voices[0], wav, TEXT)
    params = ComparisonRequest(voices, [TEXT], is_blind=True, votes_wanted=1, agreed=1000)
    with django_capture_on_commit_callbacks(execute=True):
        asked = request_comparison(cast.mia, params=params, now=NOW)
    entries = {entry.voice.name: entry for entry in asked.entries.all()}

    assert ("catalog.listen_to", f"blind:{entries['Ann'].pk}") in wakes
    run_speech_task(speech_id=str(entries["Bea"].speech_id))
    assert wakes[-1] == ("catalog.listen_to", f"blind:{entries['Bea'].pk}")


def test_no_copies_are_made_if_the_names_are_known(cast, made, stub, clock):
    Comparison.objects.update(revealed_at=NOW)
    assert find_undisguised() == []

    Comparison.objects.update(revealed_at=None, is_blind=False)
    for speech in Synthesis.objects.all():
        run_speech(speech.pk, clock)
    assert find_undisguised() == []


def test_missing_clip_file_is_not_retried(made):
    entry = made.entries.get(place=0)
    media_path(entry.speech.clip.path).unlink()

    disguise_all(made)

    assert find_waiting() == []


def test_revealing_the_names_deletes_the_copies_and_keeps_the_clips(made):
    copies = [media_path(entry.disguised_path) for entry in disguise_all(made)]
    forget_listened(NOW)
    assert all(path.is_file() for path in copies)

    Comparison.objects.update(revealed_at=NOW)
    forget_listened(NOW)

    assert not any(path.is_file() for path in copies)
    assert all(media_path(e.speech.clip.path).is_file() for e in made.entries.all())
