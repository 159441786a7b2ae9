"""The demo's people have cloned, compared, and organized voices, each chapter once."""

import urllib.error
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import current_app

from catalog import tasks
from catalog.demo import clones, sandbox, story
from catalog.demo.story import CHAPTERS, tell_story, tell_story_task
from catalog.models import (
    AuditEntry,
    CleanupPlan,
    CloneJob,
    Collection,
    Comparison,
    Consent,
    Credential,
    Membership,
    Note,
    PreviewClip,
    Rating,
    Star,
    User,
)
from catalog.queries.searches.filters import VoiceFilter
from catalog.queries.voices.search import find_voices
from catalog.services.users.setup import prepare_demo
from tests.conftest import make_wav

# Measuring and listening take long, and no chapter waits for them.
LEFT_OUT = {"catalog.embed_previews", "catalog.listen_to", "catalog.warm_previews"}


@pytest.fixture
def work(
    installation: Any,
    sandbox_server: Any,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> Callable[[], None]:
    """Prepare the demo on a sandbox, and return what does the work of all workers."""
    sandbox_server.reset()
    slugs = ("elevenlabs", "inworld", "noiz", "stepfun", "telnyx")
    settings.PROVIDER_BASE_URLS = {slug: sandbox_server.url(slug) for slug in slugs}
    settings.SANDBOX_PORT = int(sandbox_server.address.rpartition(":")[2])
    settings.DEMO_STORY = True
    waiting: deque[tuple[str, dict[str, Any]]] = deque()
    monkeypatch.setattr(tasks, "_wake", lambda task, **ids: waiting.append((task.name, ids)))
    monkeypatch.setattr(clones, "fetch_recording", lambda person: make_wav(12))

    def run(act: Callable[[], Any]) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return act()

    def work() -> None:
        while waiting:
            name, ids = waiting.popleft()
            if name not in LEFT_OUT:
                run(lambda name=name, ids=ids: current_app.tasks[name].run(**ids))

    run(lambda: prepare_demo(password="demo password", now=datetime.now(UTC)))
    work.run = run  # type: ignore[attr-defined]
    return work


def tell(work: Any) -> list[str]:
    added = work.run(lambda: tell_story(datetime.now(UTC)))
    work()
    return added


def test_the_story_is_told_chapter_by_chapter_and_only_once(work):
    assert tell_story(datetime.now(UTC)) == []  # no voices yet
    work()

    told = [name for _ in range(4) for name in tell(work)]

    assert sorted(told) == sorted(CHAPTERS)
    states = Counter(CloneJob.objects.values_list("state", flat=True))
    assert states == {"ready": 12, "failed": 1, "waiting": 1, "needs_look": 1, "cancelled": 1}
    assert all(job.message for job in CloneJob.objects.exclude(state="ready"))
    assert Consent.objects.values("speaker__name").distinct().count() == 4
    assert list(
        Credential.objects.filter(health="rejected").values_list("nickname", flat=True)
    ) == ["Old studio key"]
    comparison = Comparison.objects.get()
    assert (comparison.votes.count(), comparison.revealed_at is not None) == (3, True)
    plan = CleanupPlan.objects.get()
    assert plan.due_at is not None
    assert plan.due_at > datetime.now(UTC) + timedelta(days=1)
    assert plan.lines.held().count() == 4
    assert Collection.objects.filter(is_shared=True).count() == 2
    for model in (Note, Rating, Star):
        assert model._default_manager.count() >= 3
    actors = set(AuditEntry.objects.values_list("actor_name", flat=True))
    assert {"Ana", "Cleo", "Mia", "Vic"} <= actors
    counts = {model: model._default_manager.count() for model in (CloneJob, Note, Credential)}

    assert [name for _ in range(9) for name in tell(work)] == []

    assert counts == {model: model._default_manager.count() for model in counts}
    # Meanwhile, the previews of everyone's first page were fetched.
    for name in ("ana", "vic"):
        first = find_voices(User.objects.get(email=f"{name}@example.com"), VoiceFilter()).voices
        playable = [voice.pk for voice in first if voice.can_play]
        assert len(playable) > 12
        assert PreviewClip.objects.filter(voice__in=playable).count() == len(playable)


def test_the_story_goes_on_without_a_chapter_that_fails_or_has_to_wait(work, monkeypatch):
    def fail(person: str) -> bytes:
        raise urllib.error.URLError("refused")

    work()
    Membership.objects.filter(user__email="mia@example.com").update(role="viewer")
    monkeypatch.setattr(clones, "fetch_recording", fail)

    assert tell(work) == ["cleanup", "broken key", "unused clones"]

    # What Mia can't do anymore is left out for good, and all of it.
    assert not Star.objects.exists()
    assert AuditEntry.objects.get(target="annotations").facts["is_left_out"] is True
    monkeypatch.setattr(clones, "fetch_recording", lambda person: make_wav(12))
    assert tell(work) == ["clones"]


def test_no_story_is_told_outside_of_the_demo(cast, settings, monkeypatch):
    called = []
    monkeypatch.setattr(story, "tell_story", called.append)
    settings.DEMO_STORY = False

    tell_story_task()

    assert called == []
    # Another team of that name lacks the demo's people.
    assert tell_story(datetime.now(UTC)) == []


def test_the_control_api_takes_faults_and_sends_recordings(sandbox_server, settings, monkeypatch):
    settings.SANDBOX_PORT = int(sandbox_server.address.rpartition(":")[2])
    sandbox_server.reset()

    sandbox.plan_fault(provider="noiz", fault="rate_limit", method="POST")

    assert [fault["provider"] for fault in sandbox_server.faults.as_json()] == ["noiz"]
    assert sandbox.fetch_recording("speaker 63").startswith(b"RIFF")
    sandbox_server.reset()
