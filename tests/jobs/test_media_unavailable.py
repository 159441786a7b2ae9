"""While the file store doesn't respond, jobs wait, and what was paid for is kept."""

import pytest

from catalog.core.media_store import MediaUnavailable
from catalog.jobs import syntheses
from catalog.jobs.samples.prepare import measure_sample
from catalog.jobs.syntheses import run_speech
from catalog.models import Synthesis
from tests import factories
from tests.conftest import make_wav
from tests.media import media_path, store_gone


def test_paid_clip_is_stored_once_the_store_is_back(cast, stub, clock, monkeypatch):
    speech = factories.make_speech(cast.mia, factories.make_voice(cast.account))
    pauses: list[float] = []
    store_media, tries = syntheses.store_media, iter([True, True, False])

    def store(*args: object) -> object:
        if next(tries):
            raise MediaUnavailable("The file store isn't responding.")
        return store_media(*args)

    monkeypatch.setattr(syntheses, "store_media", store)
    monkeypatch.setattr("catalog.jobs.syntheses.time.sleep", pauses.append)

    run_speech(speech.pk, clock)

    speech.refresh_from_db()
    assert speech.state == Synthesis.State.DONE
    assert media_path(speech.clip.path).read_bytes() == stub.sound.content
    assert (len(stub.asked), len(pauses)) == (1, 2)


def test_clip_that_could_not_be_stored_for_a_minute_says_that_it_may_have_been_charged(
    cast, stub, clock, monkeypatch
):
    speech = factories.make_speech(cast.mia, factories.make_voice(cast.account))
    monkeypatch.setattr("catalog.jobs.syntheses.time.sleep", lambda _: None)

    with store_gone(monkeypatch):
        run_speech(speech.pk, clock)

    speech.refresh_from_db()
    assert speech.state == Synthesis.State.FAILED
    assert "file store didn't respond" in speech.message
    assert "may have been charged" in speech.message


def test_sample_is_read_once_the_store_is_back(cast, monkeypatch):
    sample = factories.make_sample(cast.ana, cast.aurora, make_wav(3), seconds=None)
    with store_gone(monkeypatch):
        for _ in range(20):
            with pytest.raises(MediaUnavailable):
                measure_sample(sample)

    measure_sample(sample)

    sample.refresh_from_db()
    assert (sample.problem, sample.seconds) == ("", 3.0)


def test_page_that_needs_the_store_says_that_it_cannot_be_reached(cast, sign_in, monkeypatch):
    sample = factories.make_sample(cast.ana, cast.aurora, make_wav(3))
    browser = sign_in(cast.ana)

    with store_gone(monkeypatch):
        response = browser.get(f"/samples/{sample.pk}/audio/")

    assert response.status_code == 503
    assert "The file store" in response.content.decode()
