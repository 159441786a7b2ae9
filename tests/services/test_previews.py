"""A preview is fetched once, from what the provider already holds, and then plays from our disk."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from django.db import connection
from django.test import Client

from catalog.audio.formats import FORMATS, sniff_format
from catalog.core.storage import media_path
from catalog.jobs import previews as clip_jobs
from catalog.jobs.credentials.check import check_credential
from catalog.jobs.syncs.run import sync_account
from catalog.models import Credential, PreviewClip, Voice
from catalog.providers.errors import NotFound, NotYet, TryLater
from catalog.providers.types import AudioClip
from catalog.services import previews as preview_services
from catalog.services.previews import PreviewPending, PreviewUnavailable, fetch_preview
from catalog.tasks import fetch_preview_task
from tests import factories
from tests.local import give_local, switch_on
from tests.providers.sockets import listening
from tests.sounds import encode_sound, encode_values, speak

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
    Voice.objects.update(remote_deleted_at=NOW)

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
    "values",
    [{"preview_url": ""}, {"preview_url": "https://x.example/a", "remote_deleted_at": NOW}],
)
def test_a_voice_with_nothing_to_hear_says_so_and_nobody_is_asked(cast, voice, stub, values):
    Voice.objects.update(**values)

    with pytest.raises(PreviewUnavailable, match="ElevenLabs has no preview of this voice"):
        fetch(cast.mia, voice)

    assert stub.asked == []


def test_without_a_working_key_nothing_is_fetched(cast, voice, stub):
    Credential.objects.update(health="rejected")

    with pytest.raises(PreviewUnavailable, match="no working key"):
        fetch(cast.mia, voice)

    assert stub.asked == []


def test_a_key_that_cannot_be_opened_is_said(cast, voice, stub):
    Credential.objects.update(sealed=b"spoilt")

    with pytest.raises(PreviewUnavailable, match="can't be decrypted"):
        fetch(cast.mia, voice)


@pytest.mark.parametrize("problem", [NotFound("There is no such clip."), TryLater("Busy.")])
def test_what_the_provider_says_is_passed_on(cast, voice, stub, problem):
    stub.fails["preview"] = [problem]

    with pytest.raises(PreviewUnavailable, match=problem.message):
        fetch(cast.mia, voice)

    assert not PreviewClip.objects.exists()


@pytest.fixture
def slow(cast, voice, stub, wakes) -> Voice:
    """A voice whose preview takes its provider longer than a page may wait."""
    stub.fails["preview"] = [NotYet("It takes long.")]
    return voice


def test_what_takes_long_is_fetched_by_a_worker_who_is_asked_once(cast, slow, stub, wakes, clock):
    for _ in range(3):
        with pytest.raises(PreviewPending, match="Fetching the preview of Rachel from ElevenLabs"):
            fetch(cast.mia, slow)
    assert 0 < stub.patience < 5
    assert wakes == [("catalog.fetch_preview", slow.pk, str(cast.credential.pk))]
    assert len(stub.asked) == 1

    fetch_preview_task(voice_id=slow.pk, credential_id=str(cast.credential.pk))
    fetch_preview_task(voice_id=slow.pk, credential_id=str(cast.credential.pk))

    assert fetch(cast.mia, slow).seconds > 0
    assert len(stub.asked) == 2
    assert wakes[1][0] == "catalog.listen_to"


def test_what_the_worker_found_wrong_is_shown_and_its_provider_left_alone(cast, slow, stub, clock):
    stub.fails["preview"].append(NotYet("Nothing came."))
    with pytest.raises(PreviewPending):
        fetch(cast.mia, slow)
    clip_jobs.fetch_clip(slow.pk, str(cast.credential.pk), clock)

    for _ in range(3):
        with pytest.raises(PreviewUnavailable, match="Nothing came"):
            fetch(cast.mia, slow)

    assert len(stub.asked) == 2


def test_what_no_worker_fetches_is_given_up_at_last(cast, slow, stub, monkeypatch):
    monkeypatch.setattr(preview_services, "_MOST_LOOKS", 5)

    for _ in range(4):
        with pytest.raises(PreviewPending):
            fetch(cast.mia, slow)
    with pytest.raises(PreviewUnavailable, match="ElevenLabs took too long"):
        fetch(cast.mia, slow)


def test_a_worker_fetches_only_with_a_key_of_that_account_which_works(cast, slow, stub, clock):
    for credential in (cast.other_credential, cast.credential):
        Credential.objects.filter(pk=cast.credential.pk).update(health="rejected")
        assert clip_jobs.fetch_clip(slow.pk, str(credential.pk), clock) is None

    assert stub.asked == []


def test_many_previews_that_drip_leave_threads_for_the_other_pages(
    cast, sign_in, file_database, settings, wakes, monkeypatch
):
    """Five threads serve, as in one process of the product; twenty previews never end."""
    monkeypatch.setattr(preview_services, "_SECONDS", 60)
    is_over = threading.Event()

    def drip(stream: socket.socket, request: bytes) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n")
        while not is_over.wait(0.05):
            stream.sendall(b" ")

    clients = [sign_in(cast.mia) for _ in range(21)]
    with listening(drip) as origin, ThreadPoolExecutor(5) as pool:
        settings.PROVIDER_BASE_URLS = {"elevenlabs": origin}
        url = f"{origin}/a.mp3"
        voices = [factories.make_voice(cast.account, preview_url=url) for _ in range(20)]
        paths = [f"/voices/{voice.pk}/preview/" for voice in voices] + ["/keys/"]

        def answer(client: Client, path: str) -> int:
            try:
                return client.get(path).status_code
            finally:
                connection.close()

        asked = [pool.submit(answer, *pair) for pair in zip(clients, paths, strict=True)]
        try:
            page = asked[-1].result(timeout=30)
            held = [each for each in asked if not each.done()]
            answers = {each.result() for each in asked[:-1] if each.done()}
        finally:
            is_over.set()

    assert page == 200
    assert 1 <= len(held) <= 2
    assert answers == {202}
    assert {name for name, *_ in wakes} == {"catalog.fetch_preview"}


@pytest.mark.parametrize("content", [b"", b"<html>Sign in</html>", b"\x89PNG\r\n"])
def test_what_is_no_sound_is_not_kept(cast, voice, stub, settings, content):
    stub.sound = AudioClip(content, "audio/mpeg")

    with pytest.raises(PreviewUnavailable, match="isn't audio"):
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
    return SimpleNamespace(voice=Voice.objects.get(remote_id="af_heart"), engine=engine)


def test_a_built_in_voice_is_spoken_by_a_worker_which_is_told_once(cast, spoken, wakes, clock):
    for _ in range(2):
        with pytest.raises(PreviewPending, match="Generating the preview of Heart"):
            fetch(cast.mia, spoken.voice)
    assert spoken.engine.spoken == []
    assert wakes == [("catalog.speak_preview", spoken.voice.pk)]

    clip_jobs.speak_preview(spoken.voice.pk, clock)
    clip_jobs.speak_preview(spoken.voice.pk, clock)

    assert fetch(cast.mia, spoken.voice).seconds > 0
    assert len(spoken.engine.spoken) == 1


def test_what_kept_a_worker_from_speaking_is_told_to_who_waits(cast, spoken, clock):
    spoken.engine.problem = "The speech engine returned silence."
    clip_jobs.speak_preview(spoken.voice.pk, clock)

    with pytest.raises(PreviewUnavailable, match="returned silence"):
        fetch(cast.mia, spoken.voice)


def test_built_in_voices_are_warmed_one_at_a_time_so_that_nobody_waits_long(cast, spoken, clock):
    account = spoken.voice.account_id

    assert clip_jobs.warm_previews(account, clock)

    assert len(spoken.engine.spoken) == PreviewClip.objects.count() == 1


def make_alac() -> bytes:
    return encode_values(speak(np.arange(32_000) / 16_000), "ipod", "alac", 16_000)


@pytest.mark.parametrize(
    "make", [make_alac, lambda: encode_sound("ogg"), lambda: encode_sound("amr")]
)
def test_a_preview_that_not_every_browser_plays_is_converted_by_a_worker(
    cast, voice, stub, wakes, monkeypatch, make
):
    content = make()
    monkeypatch.setattr(stub, "preview", lambda *_: AudioClip(content))

    for _ in range(2):
        with pytest.raises(PreviewPending, match="is being converted"):
            fetch(cast.mia, voice)
    clip = PreviewClip.objects.get(voice=voice)
    before = media_path(clip.path)
    clip_jobs.measure_clip(clip.pk)
    converted = fetch(cast.mia, voice)

    assert wakes == [("catalog.measure_clip", clip.pk)]
    assert converted.content_type == "audio/mpeg"
    assert sniff_format(media_path(converted.path).read_bytes()) == FORMATS["mp3"]
    assert not before.exists()
    assert converted.seconds == pytest.approx(2, abs=0.1)


def test_a_preview_that_cannot_be_decoded_is_sent_as_it_is(cast, voice, stub, wakes, monkeypatch):
    content = encode_sound("ogg")[:300]
    monkeypatch.setattr(stub, "preview", lambda *_: AudioClip(content))
    with pytest.raises(PreviewPending):
        fetch(cast.mia, voice)

    clip_jobs.measure_clip(PreviewClip.objects.get(voice=voice).pk)

    assert media_path(fetch(cast.mia, voice).path).read_bytes() == content
