"""Previews are fetched ahead and measured for their waveforms."""

from collections.abc import Iterator

import pytest

from catalog.core.media import store_media
from catalog.jobs.base.restore_doubts import note_start
from catalog.jobs.previews import find_unwarmed, measure_clip, want_previews, warm_previews
from catalog.models import Credential, PreviewClip, Voice
from catalog.providers.errors import CredentialRejected, NotFound, TryLater
from catalog.providers.types import AudioClip
from tests import factories
from tests.media import media_path
from tests.sounds import encode_sound

URL = "https://cdn.example.com/{}.mp3"


def make_voices(account, *names: str) -> list[Voice]:
    return [factories.make_voice(account, name, preview_url=URL.format(name)) for name in names]


def test_only_some_previews_are_fetched_if_each_must_be_synthesized(cast, stub, clock, settings):
    settings.WARMS_SLOWLY = True
    make_voices(cast.account, *[f"voice {number}" for number in range(13)])

    assert not warm_previews(cast.account.pk, clock)

    assert PreviewClip.objects.count() == 12


@pytest.fixture
def just_started(settings, clock) -> Iterator[None]:
    settings.WARMS_AFTER_SECONDS = 300
    note_start(clock.now)
    yield
    note_start(None)


@pytest.mark.usefixtures("just_started")
def test_after_a_start_the_previews_are_left_to_the_demo_s_story(cast, stub, clock):
    make_voices(cast.account, "Ada")

    clock.move(seconds=299)
    warm_previews(cast.account.pk, clock)
    assert not PreviewClip.objects.exists()

    clock.move(seconds=1)
    warm_previews(cast.account.pk, clock)
    assert PreviewClip.objects.exists()


@pytest.mark.usefixtures("just_started")
def test_previews_that_someone_wants_now_wait_for_no_story(cast, stub, clock):
    make_voices(cast.account, "Ada")
    want_previews(cast.account.pk)

    warm_previews(cast.account.pk, clock)

    assert PreviewClip.objects.exists()


def make_clip(voice: Voice, content: bytes, content_type: str = "audio/wav") -> PreviewClip:
    path, size, _ = store_media("previews", [content], "wav")
    return PreviewClip.objects.create(
        voice=voice,
        source="s",
        path=path,
        content_type=content_type,
        size=size,
        fetched_at=factories.NOW,
    )


@pytest.mark.parametrize(
    ("slug", "content_type"), [("wav", "audio/wav"), ("mp3", "audio/mpeg"), ("ogg", "audio/ogg")]
)
def test_clip_is_measured_for_its_length_and_waveform(cast, slug, content_type):
    clip = make_clip(*make_voices(cast.account, "a"), encode_sound(slug, 2.0), content_type)

    measure_clip(clip.pk)

    clip.refresh_from_db()
    assert clip.seconds == pytest.approx(2.0, abs=0.12)
    assert len(clip.peaks) == 64
    assert max(clip.peaks) == 100


@pytest.mark.parametrize("content", [b"", b"RIFF\x00\x00\x00\x00WAVE", b"ID3 nonsense" * 9])
def test_undecodable_clip_gets_no_waveform(cast, content):
    clip = make_clip(*make_voices(cast.account, "a"), content)

    measure_clip(clip.pk)

    clip.refresh_from_db()
    assert (clip.seconds, clip.peaks) == (None, [])


def test_missing_clip_or_missing_file_is_ignored(cast, wav):
    clip = make_clip(*make_voices(cast.account, "a"), wav)
    media_path(clip.path).unlink()

    measure_clip(clip.pk)
    measure_clip(clip.pk + 1)

    clip.refresh_from_db()
    assert clip.seconds is None


def test_missing_clips_are_fetched_and_measured(cast, stub, clock):
    voices = make_voices(cast.account, "a", "b")
    factories.make_voice(cast.account, "silent")
    factories.make_voice(cast.account, "gone", preview_url="https://x", remote_deleted_at=clock.now)
    make_voices(cast.other_account, "foreign")

    more_wait = warm_previews(cast.account.pk, clock)

    assert not more_wait
    assert {call[1] for call in stub.asked} == {voice.remote_id for voice in voices}
    assert [bool(clip.seconds) for clip in PreviewClip.objects.all()] == [True, True]


@pytest.mark.parametrize(("count", "more_wait"), [(11, False), (12, True), (13, True)])
def test_clips_are_fetched_12_at_a_time_newest_first(cast, stub, clock, count, more_wait):
    voices = make_voices(cast.account, *map(str, range(count)))
    newest = voices[-1]
    Voice.objects.filter(pk=newest.pk).update(added_at=clock.move(days=1))

    assert warm_previews(cast.account.pk, clock) is more_wait

    assert stub.asked[0][1] == newest.remote_id
    assert PreviewClip.objects.count() == min(count, 12)


def test_unavailable_previews_do_not_block_the_others(cast, stub, clock):
    make_voices(cast.account, *map(str, range(15)))
    stub.fails["preview"] = [NotFound("Gone.") for _ in range(3)]

    assert warm_previews(cast.account.pk, clock)
    assert not warm_previews(cast.account.pk, clock)
    assert PreviewClip.objects.count() == 12
    # They are fetched again only hours later.
    asked = len(stub.asked)
    assert not warm_previews(cast.account.pk, clock)
    assert len(stub.asked) == asked


def test_an_account_s_previews_go_on_after_a_pause_until_all_are_there(cast, stub, clock, settings):
    settings.WARMS_SLOWLY = True
    make_voices(cast.account, *[f"voice {number}" for number in range(40)])
    assert cast.account.pk in find_unwarmed(factories.NOW)
    assert not warm_previews(cast.account.pk, clock)
    assert cast.account.pk not in find_unwarmed(factories.NOW)

    want_previews(cast.account.pk)

    assert warm_previews(cast.account.pk, clock)
    assert warm_previews(cast.account.pk, clock)
    assert not warm_previews(cast.account.pk, clock)
    assert PreviewClip.objects.count() == 40


def test_warming_ends_if_no_preview_is_available(cast, stub, clock):
    make_voices(cast.account, *map(str, range(15)))
    stub.fails["preview"] = [NotFound("Gone.") for _ in range(99)]

    assert not warm_previews(cast.account.pk, clock)


def test_stored_clips_are_not_fetched_again(cast, stub, clock):
    make_voices(cast.account, "a")
    warm_previews(cast.account.pk, clock)

    assert not warm_previews(cast.account.pk, clock)
    assert len(stub.asked) == 1


@pytest.mark.parametrize("problem", [NotFound("Gone."), None])
def test_missing_or_broken_clip_does_not_stop_the_others(cast, stub, clock, problem):
    make_voices(cast.account, "a", "b", "c")
    stub.fails["preview"] = [problem] if problem else []
    if problem is None:
        stub.sound = AudioClip(b"<html>", "text/html")

    warm_previews(cast.account.pk, clock)

    assert PreviewClip.objects.count() == (2 if problem else 0)
    assert len(stub.asked) == 3


@pytest.mark.parametrize("problem", [TryLater("Slow down."), CredentialRejected("Revoked.")])
def test_warming_stops_if_the_provider_is_busy_or_rejects_the_key(cast, stub, clock, problem):
    make_voices(cast.account, *map(str, range(12)))
    stub.fails["preview"] = [problem]

    assert not warm_previews(cast.account.pk, clock)
    assert len(stub.asked) == 1


@pytest.mark.parametrize(
    "values", [{"health": "rejected"}, {"account": None}, {"sealed": b"corrupted"}]
)
def test_nothing_is_fetched_without_a_working_key(cast, stub, clock, values):
    make_voices(cast.account, "a")
    Credential.objects.update(**values)

    assert not warm_previews(cast.account.pk, clock)
    assert stub.asked == []


def test_unknown_account_id_does_nothing(installation, stub, clock):
    assert not warm_previews(10**6, clock)
    assert stub.asked == []
