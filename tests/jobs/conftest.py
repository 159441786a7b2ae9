"""Fixtures for the tests that clone at the sandbox, with failing calls and dying workers."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests import factories
from tests.conftest import Clock, make_wav
from tests.jobs.staging import Crash, Stage


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> Crash:
    return Crash(monkeypatch)


@pytest.fixture
def stage(cast: Any, sandbox_server: Any, settings: Any, clock: Clock) -> Iterator[Stage]:
    settings.PROVIDER_BASE_URLS = {slug: sandbox_server.url(slug) for slug in sandbox_server.slugs}
    settings.SETTLE_SECONDS = 4
    sample = factories.make_sample(cast.ana, cast.aurora, make_wav(8))
    type(sample).objects.filter(pk=sample.pk).update(seconds=8.0)
    yield Stage(cast, sandbox_server, sample, clock)
    sandbox_server.faults.clear()
