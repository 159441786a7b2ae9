"""Clones made on this machine use the same job, and are made exactly once."""

import pytest

from catalog.jobs.clones import run as clones
from catalog.jobs.clones.run import _CloneRun, forget_first_sounds, run_clone
from catalog.jobs.credentials.check import check_credential
from catalog.models import CloneJob, Credential, Voice
from catalog.providers.adapters.local import making
from catalog.providers.adapters.local.clones import CloneStore
from catalog.tasks import enqueue_clone
from tests import factories
from tests.local import give_local, search_quickly, switch_on
from tests.media import media_path


@pytest.fixture
def job(cast, settings, tmp_path, monkeypatch, clock, wakes, wav) -> CloneJob:
    switch_on(settings, tmp_path / "local", monkeypatch)
    made = give_local(cast.aurora)
    check_credential(made.pk, clock)
    sample = factories.make_sample(cast.mia, cast.aurora, wav)
    wakes.clear()
    return factories.make_job(cast.mia, Credential.objects.get(pk=made.pk), sample)


def names_of_clones() -> list[str]:
    return list(Voice.objects.filter(kind="clone").values_list("name", flat=True))


def test_worker_with_the_engine_makes_the_clone_and_reports_progress(
    job, clock, monkeypatch, wakes
):
    messages = []
    search = search_quickly(monkeypatch)
    monkeypatch.setattr(
        "catalog.jobs.clones.run._CloneRun._tell", lambda run, words, share: messages.append(words)
    )

    enqueue_clone(job.pk)
    voice_id = run_clone(job.pk, clock)

    assert wakes == [("catalog.run_built_in_clone", str(job.pk))]
    assert search.count == 1
    assert "Trying voices: 1 of 2" in messages[-1]
    voice = Voice.objects.get(pk=voice_id)
    assert (voice.name, voice.is_owned, voice.marker) == ("Our Ada", True, job.marker)
    assert voice.can_play
    assert voice.is_deletable


def test_first_preview_can_be_played_until_the_clone_is_done(
    job, clock, monkeypatch, cast, sign_in
):
    search, seen = search_quickly(monkeypatch), []
    real, mia = making.match_voice, sign_in(cast.mia)

    def look_meanwhile(*args):
        found = real(*args)
        page = mia.get(f"/jobs/{job.pk}/").content.decode()
        sound = mia.get(f"/jobs/{job.pk}/sound/")
        seen.append((page, b"".join(sound.streaming_content)))
        return found

    monkeypatch.setattr(making, "match_voice", look_meanwhile)
    run_clone(job.pk, clock)

    [(page, sound)] = seen
    assert search.count == 1
    assert f'src="/jobs/{job.pk}/sound/"' in page
    assert 'max="100" value="60"' in page
    assert len(sound) > 1000
    job.refresh_from_db()
    path = media_path(job.first_sound_path)
    assert mia.get(f"/jobs/{job.pk}/sound/").status_code == 404
    forget_first_sounds()
    assert not path.exists()


def test_finished_job_warns_about_a_weak_match(job, clock, monkeypatch):
    search_quickly(monkeypatch).likeness = 0.4

    run_clone(job.pk, clock)

    job.refresh_from_db()
    assert job.is_ready
    assert job.message.startswith("The match is weak")


def test_job_whose_worker_died_after_the_search_adopts_its_clone(job, clock, monkeypatch):
    search = search_quickly(monkeypatch)

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(_CloneRun, "_adopt", die)
        with pytest.raises(KeyboardInterrupt):
            run_clone(job.pk, clock)
    assert names_of_clones() == []

    clock.move(minutes=5)
    run_clone(job.pk, clock)

    assert names_of_clones() == ["Our Ada"]
    assert search.count == 1


@pytest.mark.parametrize(
    "place",
    [
        (making, "match_voice"),
        (CloneStore, "keep"),
        (_CloneRun, "_write_durably"),
        (_CloneRun, "_adopt"),
        (clones, "write_voices"),
        (_CloneRun, "_finish"),
    ],
    ids=lambda place: place[1],
)
@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
def test_worker_death_at_any_step_leaves_one_clone(job, clock, monkeypatch, place, is_done):
    search_quickly(monkeypatch)
    owner, name = place
    work = getattr(owner, name)

    def die(*args, **values):
        if is_done:
            work(*args, **values)
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(owner, name, die)
        with pytest.raises(KeyboardInterrupt):
            run_clone(job.pk, clock)

    for _ in range(4):
        clock.move(minutes=5)
        run_clone(job.pk, clock)

    job.refresh_from_db()
    assert job.is_ready
    assert names_of_clones() == ["Our Ada"]
    assert job.voice.remote_id == CloneStore.make_id(job.marker)


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
def test_worker_death_while_deleting_a_canceled_clone_leaves_none(job, clock, monkeypatch, is_done):
    search_quickly(monkeypatch)
    work = CloneStore.delete

    def die(*args):
        if is_done:
            work(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(clones, "write_voices", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run_clone(job.pk, clock)
    CloneJob.objects.filter(pk=job.pk).update(cancel_asked_at=clock.now)
    clock.move(minutes=5)
    with monkeypatch.context() as broken:
        broken.setattr(CloneStore, "delete", die)
        with pytest.raises(KeyboardInterrupt):
            run_clone(job.pk, clock)

    clock.move(minutes=5)
    run_clone(job.pk, clock)

    job.refresh_from_db()
    assert job.is_cancelled
    assert names_of_clones() == []


def test_job_waits_with_a_message_while_local_is_turned_off(job, clock, settings, monkeypatch):
    search_quickly(monkeypatch)
    urls = {slug: url for slug, url in settings.PROVIDER_BASE_URLS.items() if slug != "local"}
    settings.PROVIDER_BASE_URLS = urls

    run_clone(job.pk, clock)

    job.refresh_from_db()
    assert job.state == CloneJob.State.WAITING
    assert job.message == "Local is turned off in this installation."
