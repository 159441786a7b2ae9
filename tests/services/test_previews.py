"""A preview is fetched from the provider once, and then plays from our disk."""

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
from tests.media import media_path
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


def test_first_play_downloads_the_preview_and_enqueues_a_measurement(
    cast, voice, stub, wav, wakes, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        clip = fetch(cast.mia, voice)

    assert stub.asked == [("preview", voice.remote_id, "https://cdn.example.com/a.mp3", "")]
    assert media_path(clip.path).read_bytes() == wav
    assert (clip.content_type, clip.size) == ("audio/wav", len(wav))
    assert wakes == [("catalog.measure_clip", clip.pk)]


def test_next_play_by_anyone_uses_the_stored_clip(cast, voice, stub):
    first = fetch(cast.mia, voice)
    stub.fails["preview"] = [TryLater("down")]

    second = fetch(cast.ana, voice)

    assert second == first
    assert len(stub.asked) == 1


def test_stored_clip_plays_without_a_key_and_after_the_voice_is_gone(cast, voice, stub):
    clip = fetch(cast.mia, voice)
    Credential.objects.all().delete()
    Voice.objects.update(remote_deleted_at=NOW)

    assert fetch(cast.mia, voice) == clip


def test_changed_preview_is_fetched_and_the_old_file_deleted(cast, voice, stub, settings):
    old = fetch(cast.mia, voice)
    Voice.objects.update(preview_url="https://cdn.example.com/b.mp3")

    new = fetch(cast.mia, voice)

    assert new.path != old.path
    assert stored_files(settings) == [media_path(new.path)]
    assert PreviewClip.objects.count() == 1


def test_clip_whose_file_is_missing_is_fetched_again(cast, voice, stub):
    media_path(fetch(cast.mia, voice).path).unlink()

    clip = fetch(cast.mia, voice)

    assert media_path(clip.path).is_file()
    assert len(stub.asked) == 2


def test_own_key_is_used_before_a_shared_one(cast, voice, stub):
    factories.make_credential(cast.mia, cast.account, "the-key-of-mia-herself", is_shared=False)

    fetch(cast.mia, voice)

    assert stub.keys == ["the-key-of-mia-herself"]


@pytest.mark.parametrize(
    "values",
    [{"preview_url": ""}, {"preview_url": "https://x.example/a", "remote_deleted_at": NOW}],
)
def test_voice_without_a_preview_says_so_without_calling_the_provider(cast, voice, stub, values):
    Voice.objects.update(**values)

    with pytest.raises(PreviewUnavailable, match="ElevenLabs has no preview of this voice"):
        fetch(cast.mia, voice)

    assert stub.asked == []


def test_nothing_is_fetched_without_a_working_key(cast, voice, stub):
    Credential.objects.update(health="rejected")

    with pytest.raises(PreviewUnavailable, match="no working key"):
        fetch(cast.mia, voice)

    assert stub.asked == []


def test_key_that_cannot_be_decrypted_gives_a_message(cast, voice, stub):
    Credential.objects.update(sealed=b"corrupted")

    with pytest.raises(PreviewUnavailable, match="can't be decrypted"):
        fetch(cast.mia, voice)


@pytest.mark.parametrize("problem", [NotFound("There is no such clip."), TryLater("Busy.")])
def test_provider_error_message_is_shown(cast, voice, stub, problem):
    stub.fails["preview"] = [problem]

    with pytest.raises(PreviewUnavailable, match=problem.message):
        fetch(cast.mia, voice)

    assert not PreviewClip.objects.exists()


@pytest.fixture
def slow(cast, voice, stub, wakes) -> Voice:
    """A voice whose preview takes longer than a page can wait."""
    stub.fails["preview"] = [NotYet("It takes long.")]
    return voice


def test_slow_preview_is_enqueued_once_and_fetched_by_a_worker(cast, slow, stub, wakes, clock):
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


def test_worker_error_is_shown_without_calling_the_provider_again(cast, slow, stub, clock):
    stub.fails["preview"].append(NotYet("Nothing came."))
    with pytest.raises(PreviewPending):
        fetch(cast.mia, slow)
    clip_jobs.fetch_clip(slow.pk, str(cast.credential.pk), clock)

    for _ in range(3):
        with pytest.raises(PreviewUnavailable, match="Nothing came"):
            fetch(cast.mia, slow)

    assert len(stub.asked) == 2


def test_preview_that_no_worker_fetches_fails_in_the_end(cast, slow, stub, monkeypatch):
    monkeypatch.setattr(preview_services, "_MOST_LOOKS", 5)

    for _ in range(4):
        with pytest.raises(PreviewPending):
            fetch(cast.mia, slow)
    with pytest.raises(PreviewUnavailable, match="ElevenLabs took too long"):
        fetch(cast.mia, slow)


def test_worker_fetches_only_with_a_working_key_of_the_account(cast, slow, stub, clock):
    for credential in (cast.other_credential, cast.credential):
        Credential.objects.filter(pk=cast.credential.pk).update(health="rejected")
        assert clip_jobs.fetch_clip(slow.pk, str(credential.pk), clock) is None

    assert stub.asked == []


def test_slow_previews_do_not_block_other_pages(
    cast, sign_in, file_database, settings, wakes, monkeypatch
):
    """Five threads serve requests, as in one web process, while 20 previews never end."""
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
def test_response_that_is_not_audio_is_not_stored(cast, voice, stub, settings, content):
    stub.sound = AudioClip(content, "audio/mpeg")

    with pytest.raises(PreviewUnavailable, match="isn't audio"):
        fetch(cast.mia, voice)

    assert stored_files(settings) == []


def test_audio_format_comes_from_the_bytes_not_the_content_type(cast, voice, stub, wav):
    stub.sound = AudioClip(wav, "text/html")

    assert fetch(cast.mia, voice).content_type == "audio/wav"


def test_failed_transaction_leaves_no_file(cast, voice, stub, settings, monkeypatch):
    class Broken:
        objects = None

    monkeypatch.setattr(clip_jobs, "PreviewClip", Broken)

    with pytest.raises(AttributeError):
        fetch(cast.mia, voice)

    assert stored_files(settings) == []


@pytest.fixture
def spoken(cast, settings, tmp_path, monkeypatch, wakes, clock):
    """A built-in voice and the engine that speaks it on this machine."""
    engine = switch_on(settings, tmp_path / "local", monkeypatch)
    credential = give_local(cast.aurora)
    sync_account(check_credential(credential.pk, clock), clock)
    wakes.clear()
    return SimpleNamespace(voice=Voice.objects.get(remote_id="af_heart"), engine=engine)


def test_built_in_preview_is_enqueued_once_and_made_by_a_worker(cast, spoken, wakes, clock):
    for _ in range(2):
        with pytest.raises(PreviewPending, match="Generating the preview of Heart"):
            fetch(cast.mia, spoken.voice)
    assert spoken.engine.spoken == []
    assert wakes == [("catalog.speak_preview", spoken.voice.pk)]

    clip_jobs.speak_preview(spoken.voice.pk, clock)
    clip_jobs.speak_preview(spoken.voice.pk, clock)

    assert fetch(cast.mia, spoken.voice).seconds > 0
    assert len(spoken.engine.spoken) == 1


def test_built_in_preview_shows_the_engine_error(cast, spoken, clock):
    spoken.engine.problem = "The speech engine returned silence."
    clip_jobs.speak_preview(spoken.voice.pk, clock)

    with pytest.raises(PreviewUnavailable, match="returned silence"):
        fetch(cast.mia, spoken.voice)


def test_built_in_previews_are_generated_one_at_a_time(cast, spoken, clock):
    account = spoken.voice.account_id

    assert clip_jobs.warm_previews(account, clock)

    assert len(spoken.engine.spoken) == PreviewClip.objects.count() == 1


def make_alac() -> bytes:
    return encode_values(speak(np.arange(32_000) / 16_000), "ipod", "alac", 16_000)


@pytest.mark.parametrize(
    "make", [make_alac, lambda: encode_sound("ogg"), lambda: encode_sound("amr")]
)
def test_preview_that_not_every_browser_plays_is_converted_by_a_worker(
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


def test_undecodable_preview_is_sent_unchanged(cast, voice, stub, wakes, monkeypatch):
    content = encode_sound("ogg")[:300]
    monkeypatch.setattr(stub, "preview", lambda *_: AudioClip(content))
    with pytest.raises(PreviewPending):
        fetch(cast.mia, voice)

    clip_jobs.measure_clip(PreviewClip.objects.get(voice=voice).pk)

    assert media_path(fetch(cast.mia, voice).path).read_bytes() == content
