"""The next request shows what a service changed, even from a process with full caches."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from catalog.jobs.searches.index import build_index
from catalog.models import Voice
from catalog.queries.voices.search import forget_list_contexts
from catalog.search.index.cache import INDEX_CACHE
from catalog.search.index.snapshots import drop_snapshot
from catalog.views.voices.cards import forget_cards
from tests import factories
from tests.local import switch_on
from tests.services import test_every_service as every

PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
ONCE = re.compile(r"\b[A-Za-z0-9]{64}\b")  # CSRF tokens
SCENES = {**every.SCENES, **every.PERSONAL}


@pytest.fixture(autouse=True)
def _built_in(settings, tmp_path, monkeypatch) -> None:
    switch_on(settings, tmp_path / "local", monkeypatch)


class Witness:
    """Wraps a service and compares the voice list before and after each call."""

    def __init__(self, service: Callable[..., Any], cast: SimpleNamespace, sign_in: Any) -> None:
        self.service, self.teams = service, frozenset({cast.aurora.pk})
        self.browsers = [sign_in(cast.ana), sign_in(cast.mia)]
        self.calls = 0

    def __call__(self, *args: Any, **values: Any) -> Any:
        build_index(self.teams)
        held = [look(browser) for browser in self.browsers]
        answer = self.service(*args, **values)
        self.calls += 1
        kept = [look(*each)[0] for each in zip(self.browsers, held, strict=True)]
        self.forget()
        fresh = [look(browser)[0] for browser in self.browsers]
        assert kept == fresh
        return answer

    def forget(self) -> None:
        """Clear all caches, as in a process that has just started and has no index."""
        drop_snapshot(self.teams)
        INDEX_CACHE.forget()
        forget_cards()
        forget_list_contexts()


def look(browser: Client, held: tuple[str, str] = ("", "")) -> tuple[str, str]:
    """Return what the browser shows, and its version; it keeps what it holds after a 304."""
    response = browser.get("/voices/", headers={**PART, "If-None-Match": held[1]})
    if response.status_code == 304:
        return held
    shown = f"{response.status_code} {response.headers.get('Location', '')}"
    return shown + ONCE.sub("", response.content.decode()), response.headers.get("ETag", "")


@pytest.mark.parametrize("name", SCENES)
def test_next_request_shows_what_a_service_changed(cast, wakes, sign_in, monkeypatch, name):
    factories.make_voice(cast.account, "Ada", preview_url="https://cdn.example.com/a.mp3")
    witness = Witness(getattr(every, name), cast, sign_in)
    monkeypatch.setattr(every, name, witness)

    SCENES[name](cast)

    assert witness.calls


def test_change_without_a_new_version_fails_the_check(cast, sign_in):
    factories.make_voice(cast.account, "Ada")

    witness = Witness(lambda: Voice.objects.update(name="Behind its back"), cast, sign_in)

    with pytest.raises(AssertionError):
        witness()
