"""A preview is fetched once, from what the provider already holds, and then plays from our disk."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.cache import cache

from catalog.jobs import previews as clip_jobs
from catalog.jobs.credentials import check_credential
from catalog.jobs.syncs import sync_account
from catalog.models import Credential, PreviewClip, Voice
from catalog.providers.errors import NotFound, NotYet, TryLater
from catalog.providers.types import AudioClip
from catalog.services.previews import PreviewPending, PreviewUnavailable, fetch_preview
from catalog.storage import media_path
from tests import factories
from tests.local import give_local, switch_on

NOW = factories.NOW


@pytest.fixture
def voice(cast) -> Voice:
    return factories.make_voice(cast.account, preview_url="https://cdn.example.com/a.mp3")


def stored_files(settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def fetch(user, voice) -> PreviewClip:
    return fetch_preview(user, voice=Voice.objects.get(pk=voice.pk), now=NOW)


def test_the_first_hearing_downloads_and_a_worker_measures(
    cast, voice, stub, wav, wakes, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        clip = fetch(cast.mia, voice)

    assert stub.asked == [("preview", voice.remote_id, "https://cdn.example.com/a.mp3", "")]
    assert media_path(clip.path).read_bytes() == wav
    assert (clip.content_type, clip.size) == ("audio/wav", len(wav))
    assert wakes == [("catalog.measure_clip", clip.pk)]


def test_the_next_hearing_asks_nobody_whoever_it_is(cast, voice, stub):
    first = fetch(cast.mia, voice)
    stub.fails["preview"] = [TryLater("down")]

    second = fetch(cast.ana, voice)

    assert second == first
    assert len(stub.asked) == 1


def test_a_clip_on_our_disk_plays_also_without_a_key_and_when_the_voice_is_gone(cast, voice, stub):
    clip = fetch(cast.mia, voice)
    Credential.objects.all().delete()
    Voice.objects.update(gone_at=NOW)

    assert fetch(cast.mia, voice) == clip


def test_a_changed_preview_is_fetched_anew_and_the_old_file_removed(cast, voice, stub, settings):
    old = fetch(cast.mia, voice)
    Voice.objects.update(preview_url="https://cdn.example.com/b.mp3")

    new = fetch(cast.mia, voice)

    assert new.path != old.path
    assert stored_files(settings) == [media_path(new.path)]
    assert PreviewClip.objects.count() == 1


def test_a_clip_whose_file_was_lost_is_fetched_anew(cast, voice, stub):
    media_path(fetch(cast.mia, voice).path).unlink()

    clip = fetch(cast.mia, voice)

    assert media_path(clip.path).is_file()
    assert len(stub.asked) == 2


def test_the_own_key_is_used_before_a_teammate_s(cast, voice, stub):
    factories.make_credential(cast.mia, cast.account, "the-key-of-mia-herself", is_shared=False)

    fetch(cast.mia, voice)

    assert stub.keys == ["the-key-of-mia-herself"]


@pytest.mark.parametrize(
    "values", [{"preview_url": ""}, {"preview_url": "https://x.example/a", "gone_at": NOW}]
)
def test_a_voice_with_nothing_to_hear_says_so_and_nobody_is_asked(cast, voice, stub, values):
    Voice.objects.update(**values)

    with pytest.raises(PreviewUnavailable, match="ElevenLabs has no preview of this voice"):
        fetch(cast.mia, voice)

    assert stub.asked == []


def test_without_a_working_key_nothing_is_fetched(cast, voice, stub):
    Credential.objects.update(health="rejected")

    with pytest.raises(PreviewUnavailable, match="No working key"):
        fetch(cast.mia, voice)

    assert stub.asked == []


def test_a_key_that_cannot_be_opened_is_said(cast, voice, stub):
    Credential.objects.update(sealed=b"spoilt")

    with pytest.raises(PreviewUnavailable, match="enter it again"):
        fetch(cast.mia, voice)


@pytest.mark.parametrize("problem", [NotFound("There is no such clip."), TryLater("Busy.")])
def test_what_the_provider_says_is_passed_on(cast, voice, stub, problem):
    stub.fails["preview"] = [problem]

    with pytest.raises(PreviewUnavailable, match=problem.message):
        fetch(cast.mia, voice)

    assert not PreviewClip.objects.exists()


def test_what_a_provider_makes_slowly_is_asked_for_again_and_then_plays(cast, voice, stub):
    cache.clear()
    stub.fails["preview"] = [NotYet("It takes long.")]

    with pytest.raises(PreviewPending, match="ElevenLabs is making the preview of Rachel"):
        fetch(cast.mia, voice)

    assert stub.is_awaited
    assert fetch(cast.mia, voice).size > 0


def test_what_never_comes_is_not_asked_for_for_ever(cast, voice, stub):
    cache.clear()
    stub.fails["preview"] = [NotYet("It takes long.")] * 10

    for _ in range(5):
        with pytest.raises(PreviewPending):
            fetch(cast.mia, voice)
    with pytest.raises(PreviewUnavailable, match="It takes long"):
        fetch(cast.mia, voice)


@pytest.mark.parametrize("content", [b"", b"<html>Sign in</html>", b"\x89PNG\r\n"])
def test_what_is_no_sound_is_not_kept(cast, voice, stub, settings, content):
    stub.sound = AudioClip(content, "audio/mpeg")

    with pytest.raises(PreviewUnavailable, match="not sound"):
        fetch(cast.mia, voice)

    assert stored_files(settings) == []


def test_the_kind_of_sound_is_told_from_its_bytes_and_not_from_the_provider_s_word(
    cast, voice, stub, wav
):
    stub.sound = AudioClip(wav, "text/html")

    assert fetch(cast.mia, voice).content_type == "audio/wav"


def test_a_transaction_that_fails_leaves_no_file(cast, voice, stub, settings, monkeypatch):
    class Broken:
        objects = None

    monkeypatch.setattr(clip_jobs, "PreviewClip", Broken)

    with pytest.raises(AttributeError):
        fetch(cast.mia, voice)

    assert stored_files(settings) == []


@pytest.fixture
def spoken(cast, settings, tmp_path, monkeypatch, wakes, clock):
    """A voice that is spoken on this machine, and the engine that speaks it."""
    engine = switch_on(settings, tmp_path / "local", monkeypatch)
    credential = give_local(cast.aurora)
    sync_account(check_credential(credential.pk, clock), clock)
    wakes.clear()
    cache.clear()
    return SimpleNamespace(voice=Voice.objects.get(remote_id="af_heart"), engine=engine)


def test_a_built_in_voice_is_spoken_by_a_worker_which_is_told_once(cast, spoken, wakes, clock):
    for _ in range(2):
        with pytest.raises(PreviewPending, match="Heart is being spoken"):
            fetch(cast.mia, spoken.voice)
    assert spoken.engine.spoken == []
    assert wakes == [("catalog.speak_preview", spoken.voice.pk)]

    clip_jobs.speak_preview(spoken.voice.pk, clock)
    clip_jobs.speak_preview(spoken.voice.pk, clock)

    assert fetch(cast.mia, spoken.voice).seconds > 0
    assert len(spoken.engine.spoken) == 1


def test_what_kept_a_worker_from_speaking_is_told_to_who_waits(cast, spoken, clock):
    spoken.engine.problem = "The speech engine answered with silence."
    clip_jobs.speak_preview(spoken.voice.pk, clock)

    with pytest.raises(PreviewUnavailable, match="answered with silence"):
        fetch(cast.mia, spoken.voice)


def test_built_in_voices_are_warmed_one_at_a_time_so_that_nobody_waits_long(cast, spoken, clock):
    account = spoken.voice.account_id

    assert clip_jobs.warm_previews(account, clock)

    assert len(spoken.engine.spoken) == PreviewClip.objects.count() == 1
