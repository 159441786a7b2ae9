"""Two hosts go on with their work after each engine was away and a host was killed."""

import html
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import httpx
import pytest

from catalog.sandbox import Sandbox, running_sandbox
from tests.e2e.sandbox import ADD_VOICE, SandboxControl
from tests.servers.binaries import Engine
from tests.servers.hosts import (
    WORKERS,
    Pair,
    is_ready,
    make_host,
    prepare_hosts,
    share_settings,
    sign_in,
)
from tests.servers.installation import Conversation, Installation, kill_process_group
from tests.servers.processes import find_fork, in_time

pytestmark = pytest.mark.servers

OUTAGE_SECONDS = 30.0  # as long as a lease
JOBS, ACCOUNTS_EACH = 100, 4
BROWSER = {"timeout": 30.0}


class Site(NamedTuple):
    """Two hosts that do everything, and who asks for clones."""

    pair: Pair
    clones: Conversation
    kill_a: Callable[[], None]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(voices=3, port=0) as running:
        yield running


@pytest.fixture
def site(postgres, migrated, redis, swift, sandbox, tmp_path) -> Iterator[Site]:
    shared = share_settings(
        tmp_path,
        DATABASE_URL=postgres.make_database(migrated),
        CELERY_BROKER_URL=redis,
        **swift.environment,
    )
    with ExitStack() as stack:
        a, b = (make_host(tmp_path, name, sandbox, **shared) for name in ("a", "b"))
        stack.callback(a.close)
        stack.callback(b.close)
        prepare_hosts(a, b)
        leader = a.start(["voiceboard.prefork", "web", *WORKERS])
        b.start(["voiceboard.prefork", "web", *WORKERS])
        arguments = (sandbox.address, ",".join(sandbox.slugs), str(ACCOUNTS_EACH))
        clones = b.converse("tests.servers.clones", *arguments)
        at_a, at_b = (
            stack.enter_context(httpx.Client(base_url=each.address, **BROWSER)) for each in (a, b)
        )
        for browser in (at_a, at_b):
            assert in_time(lambda browser=browser: is_ready(browser))
        sign_in(at_b)
        assert in_time(lambda: find_fork(leader.pid, "jobs") is not None)

        def kill_a() -> None:
            kill_process_group(leader)
            a.start(["voiceboard.prefork", "web", *WORKERS])

        pair = Pair(a, b, SandboxControl(sandbox.address), at_a, at_b)
        yield Site(pair, clones, kill_a)


@contextmanager
def away(engine: Engine) -> Iterator[None]:
    """Kill an engine, and start it again once the outage was long enough."""
    engine.go()
    back_at = time.monotonic() + OUTAGE_SECONDS
    try:
        yield
        time.sleep(max(0.0, back_at - time.monotonic()))
    finally:
        engine.come()


def shows(browser: httpx.Client, address: str) -> tuple[int, str]:
    answer = browser.get(address)
    return answer.status_code, html.unescape(answer.text)


def count_runs(host: Installation) -> int:
    """Return how many tasks the host's worker for clones has done."""
    log = (host.folder / "python.log").read_text()
    return len(re.findall(r" jobs: .*run_clone\S* succeeded", log))


def takes_more(site: Site, before: list[int]) -> bool:
    time.sleep(2)
    return all(count_runs(each) > count for each, count in zip(site.pair[:2], before, strict=True))


def test_no_clone_is_lost_or_doubled_when_engines_go_away_and_a_host_is_killed(
    site, postgres, redis_server, swift
):
    browser, clones = site.pair.at_b, site.clones
    # Some calls are under way whenever something dies.
    site.pair.sandbox.spoil("slow_after", seconds=3, times=JOBS // 5, **ADD_VOICE)

    clones.say(f"ask {JOBS // 4}")
    with away(swift):
        assert in_time(lambda: "file store" in shows(browser, "/readyz")[1])
        assert shows(browser, "/voices/")[0] == 200
        clones.say(f"ask {JOBS // 4}")
        site.kill_a()
    with away(redis_server):
        assert in_time(lambda: "degraded" in shows(browser, "/readyz")[1])
        clones.say(f"ask {JOBS // 4}")
    clones.say(f"ask {JOBS // 4}")
    with away(postgres):
        status, page = shows(browser, "/voices/")
        assert (status, "The database isn't responding" in page) == (503, True)
        assert shows(browser, "/livez") == (200, "ok")
        assert shows(browser, "/readyz")[0] == 503

    assert in_time(lambda: shows(browser, "/voices/")[0] == 200, 60)
    assert in_time(lambda: clones.say("running") == 0)
    assert clones.say("state") == {"ready": JOBS}
    assert clones.say("report") == []
    assert all(in_time(lambda each=each: is_ready(each)) for each in (site.pair.at_a, browser))
    # No worker lost its way: those of both hosts take more.
    before = [count_runs(each) for each in site.pair[:2]]
    assert in_time(lambda: clones.say("ask 4") and takes_more(site, before))
