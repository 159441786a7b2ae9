"""With a full disk, jobs wait, nothing is paid for that can't be stored, and processes go on."""

import errno
import io
from datetime import timedelta
from types import SimpleNamespace

import pytest

from catalog.core.disk_space import RESERVE_BYTES
from catalog.jobs import previews, syntheses
from catalog.jobs.previews import warm_previews
from catalog.jobs.samples import prepare as samples
from catalog.jobs.samples.prepare import measure_sample
from catalog.jobs.searches.index import build_due_indexes
from catalog.jobs.syntheses import run_speech
from catalog.models import PreviewClip, Synthesis
from catalog.queries.health.background import look_at_health
from tests import factories
from tests.conftest import make_wav
from voiceboard.log_files import PrivateLogFile, keep_output

NO_ROOM = OSError(errno.ENOSPC, "No space left on device")


def fail(*_: object, **__: object) -> None:
    raise NO_ROOM


@pytest.fixture
def disk(monkeypatch) -> SimpleNamespace:
    usage = SimpleNamespace(free=1_000_000)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    return usage


def test_noise_removal_is_retried_once_there_is_space(cast, monkeypatch):
    original = factories.make_sample(cast.ana, cast.aurora, make_wav(3))
    cleaned = factories.make_cleaned(original)
    with monkeypatch.context() as full:
        full.setattr(samples, "store_media", fail)
        for _ in range(samples._MOST_TRIES + 1):
            with pytest.raises(OSError, match="No space left"):
                measure_sample(cleaned)

    measure_sample(cleaned)

    cleaned.refresh_from_db()
    assert (cleaned.problem, cleaned.seconds) == ("", 3.0)


def test_text_is_not_sent_while_the_disk_is_full(cast, stub, clock, disk):
    speech = factories.make_speech(cast.mia, factories.make_voice(cast.account))

    run_speech(speech.pk, clock)

    speech.refresh_from_db()
    assert (speech.state, speech.message) == (Synthesis.State.WAITING, "The server's disk is full.")
    assert stub.asked == []
    disk.free = 2 * RESERVE_BYTES
    clock.move(minutes=2)
    run_speech(speech.pk, clock)
    speech.refresh_from_db()
    assert speech.state == Synthesis.State.DONE


def test_clip_that_could_not_be_stored_says_that_it_may_have_been_charged(
    cast, stub, clock, monkeypatch
):
    speech = factories.make_speech(cast.mia, factories.make_voice(cast.account))
    monkeypatch.setattr(syntheses, "store_media", fail)

    run_speech(speech.pk, clock)

    speech.refresh_from_db()
    assert speech.state == Synthesis.State.FAILED
    assert "disk is full" in speech.message
    assert "may have been charged" in speech.message


def test_previews_and_indexes_do_not_use_the_reserved_space(cast, stub, clock, disk, monkeypatch):
    factories.make_voice(cast.account, preview_url="https://cdn.example.com/a.mp3")
    monkeypatch.setattr(previews, "store_media", fail)

    assert not warm_previews(cast.account.pk, clock)
    assert build_due_indexes() == []
    assert not PreviewClip.objects.exists()


def test_health_page_names_a_full_disk(cast, disk, sign_in, clock):
    health = look_at_health(cast.ana, clock.now + timedelta(minutes=1))
    page = sign_in(cast.ana).get("/health/").content.decode()

    assert health.is_full
    assert not health.is_good
    assert "disk is full: 976.6\xa0KB left" in page

    disk.free = 2 * RESERVE_BYTES
    page = sign_in(cast.ana).get("/health/").content.decode()
    assert "disk is full" not in page
    assert "128.0\xa0MB free" in page


def test_log_line_that_cannot_be_written_is_shown_without_failing(tmp_path, monkeypatch, capsys):
    shown: list[str] = []
    monkeypatch.setattr(PrivateLogFile, "flush", fail)
    monkeypatch.setattr(PrivateLogFile, "close", fail)

    keep_output(io.BytesIO(b"INFO a: fine\nERROR b: bad\n"), tmp_path / "a.log", shown.append)

    assert shown == ["ERROR b: bad"]
    assert capsys.readouterr().err == ""
