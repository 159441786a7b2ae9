"""Two hosts share a database, a broker, and a bucket, and nothing else."""

import os
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from catalog.sandbox import Sandbox, running_sandbox
from tests.conftest import make_wav
from tests.e2e.sandbox import ADD_VOICE, SandboxControl
from tests.servers.hosts import (
    WORKERS,
    Pair,
    is_ready,
    make_host,
    prepare_hosts,
    share_settings,
    sign_in,
)
from tests.servers.installation import Installation
from tests.servers.processes import find_fork, in_time

pytestmark = pytest.mark.servers

ANAS_ACCOUNT = "full"
BUILD_INDEXES = """
import django
django.setup()
from catalog.jobs.searches.index import build_due_indexes
build_due_indexes()
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(voices=30, port=0) as running:
        yield running


@pytest.fixture(scope="module")
def shared(postgres, migrated, redis, swift, tmp_path_factory) -> dict[str, str]:
    """The settings that both hosts have."""
    return share_settings(
        tmp_path_factory.mktemp("shared"),
        DATABASE_URL=postgres.make_database(migrated),
        CELERY_BROKER_URL=redis,
        **swift.environment,
    )


@pytest.fixture(scope="module")
def pair(shared, sandbox, tmp_path_factory) -> Iterator[Pair]:
    """Run web on both hosts, and the workers on host B only."""
    folder = tmp_path_factory.mktemp("hosts")
    with ExitStack() as stack:
        a, b = (make_host(folder, name, sandbox, **shared) for name in ("a", "b"))
        stack.callback(a.close)
        stack.callback(b.close)
        prepare_hosts(a, b)
        a.start(["voiceboard.prefork", "web"])
        b.start(["voiceboard.prefork", "web", *WORKERS])
        at_a, at_b = (stack.enter_context(httpx.Client(base_url=each.address)) for each in (a, b))
        for browser in (at_a, at_b):
            assert in_time(lambda browser=browser: is_ready(browser))
        sign_in(at_a)
        at_b.cookies = at_a.cookies
        yield Pair(a, b, SandboxControl(sandbox.address), at_a, at_b)


def test_two_hosts_that_prepare_a_database_at_once_wait_for_each_other(postgres, tmp_path):
    address = postgres.make_database()
    keys = str(tmp_path / "master-keys.json")
    own = {"DATABASE_URL": address, "VOICEBOARD_MASTER_KEY_FILE": keys, "VOICEBOARD_DEMO": "0"}
    hosts = [make_host(tmp_path, name, None, **own, VOICEBOARD_LOCAL="0") for name in ("a", "b")]

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(lambda host: host.manage("prepare"), hosts))


def test_clone_uploaded_at_one_host_is_made_by_the_other_and_heard_at_both(pair):
    job = pair.a.do("clone", "Our Ada")["job"]
    outcome = pair.a.do("outcome", job)

    assert (outcome["state"], outcome["voice"]) == ("ready", "Our Ada")
    sound = make_wav(12.0)
    for browser in (pair.at_a, pair.at_b):
        page = browser.get(f"/jobs/{job}/").text
        sample = page.partition("/samples/")[2].partition("/")[0]
        whole = browser.get(f"/samples/{sample}/audio/")
        part = browser.get(f"/samples/{sample}/audio/", headers={"Range": "bytes=1000-1999"})
        assert whole.content == sound
        assert (part.status_code, part.content) == (206, sound[1000:2000])


def test_search_facets_and_exports_are_equal_at_both_hosts(pair):
    pair.b.python(BUILD_INDEXES)
    for host in (pair.a, pair.b):
        # Each host copies the index from the bucket when it first needs it.
        assert in_time(lambda host=host: search(pair) and has_index(host))

    for address in ("/voices/?gender=female", "/voices/?q=warm", "/voices/export.csv"):
        # Background work may change a page between the two requests.
        assert in_time(lambda address=address: len(shown_at_both(pair, address)) == 1)


def shown_at_both(pair: Pair, address: str) -> set[str]:
    """Return the different contents of a page on the two hosts, without its CSRF token."""
    pages = [browser.get(address, headers={"HX-Request": "true"}) for browser in pair[3:]]
    assert [page.status_code for page in pages] == [200, 200]
    return {re.sub(r"\b\w{64}\b", "", page.text) for page in pages}


def search(pair: Pair) -> bool:
    return all(browser.get("/voices/?q=warm").status_code == 200 for browser in pair[3:])


def has_index(host: Installation) -> bool:
    return any((host.folder / "index").glob("*.index"))


def test_host_with_another_secret_is_refused_by_the_name_of_the_setting(
    pair, shared, sandbox, tmp_path
):
    other = make_host(tmp_path, "c", sandbox, **{**shared, "VOICEBOARD_SECRET_KEY": "different"})

    refusal = other.refuse("-m", "voiceboard.prefork", "jobs")

    assert "VOICEBOARD_SECRET_KEY must be the same here as on host" in refusal


def test_no_job_is_lost_or_doubled_when_a_host_is_killed_and_the_bucket_goes_away(
    pair, shared, sandbox, swift, tmp_path
):
    names = ["Our Eve", "Our Kim"]
    c = make_host(tmp_path, "c", sandbox, **shared)
    try:
        leader = c.start(["voiceboard.prefork", *WORKERS])
        assert in_time(lambda: find_fork(leader.pid, "jobs") is not None)
        # The voice is made, but whoever asked for it is still waiting for the answer.
        pair.sandbox.spoil("slow_after", seconds=30, **ADD_VOICE)
        jobs = [pair.a.do("clone", name)["job"] for name in names]
        assert in_time(lambda: pair.sandbox.voices_called(names[0], ANAS_ACCOUNT) == 1)
        os.killpg(leader.pid, signal.SIGKILL)
        swift.go()
        assert in_time(lambda: "file store" in pair.at_a.get("/readyz").text)
        swift.come()
        outcomes = [pair.a.do("outcome", job)["state"] for job in jobs]
    finally:
        pair.sandbox.heal()
        c.close()

    assert outcomes == ["ready", "ready"]
    assert [pair.sandbox.voices_called(name, ANAS_ACCOUNT) for name in names] == [1, 1]
