"""One product for all browser tests, people who are signed in once, and a browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import make_wav
from tests.e2e.browsers import (
    ARGUMENTS,
    PATIENCE_SECONDS,
    Complaints,
    ContextPool,
    Visits,
    find_chromium,
    open_visits,
)
from tests.e2e.product import Product, running_product
from tests.e2e.sandbox import SandboxControl
from tests.e2e.sign_in import sign_in

PEOPLE = ("ana", "cleo", "mia", "sam")
HERE = Path(__file__).parent
# Of an assertion, and of Playwright.
_FAILURES = ["^AssertionError", "^Error: ", "^TimeoutError: "]


@pytest.hookimpl(tryfirst=True)  # before tests are selected by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            # On a busy machine a browser can be slow, so what it failed to show in time is retried
            # once and printed. A product that doesn't start is not retried, because every test
            # would wait for it again.
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=_FAILURES))


@pytest.fixture(scope="package")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running_product(tmp_path_factory.mktemp("product")) as product:
        yield product


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        pytest.skip("No Chromium on this machine.")
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def pool(product: Product, browser: Browser) -> ContextPool:
    return ContextPool(browser, product.address)


@pytest.fixture(scope="package")
def states(pool: ContextPool) -> dict[str, Any]:
    """Return the cookies of each person after sign-in, once voices are listed."""
    found: dict[str, Any] = {}
    with open_visits(pool, {}) as (visits, _):
        for person in PEOPLE:
            page = visits.open("/")
            sign_in(page, person)
            expect(page.locator("#results .card").first).to_be_visible()
            found[person] = page.context.storage_state()
    return found


@pytest.fixture
def _visits(pool: ContextPool, states: dict[str, Any]) -> Iterator[Any]:
    with open_visits(pool, states) as opened:
        yield opened


@pytest.fixture
def visits(_visits: tuple[Visits, Complaints]) -> Visits:
    return _visits[0]


@pytest.fixture
def complaints(_visits: tuple[Visits, Complaints]) -> Complaints:
    return _visits[1]


@pytest.fixture
def ana(visits: Visits) -> Page:
    """Return the list of voices in Ana's browser."""
    return visits.open("/voices/", "ana")


@pytest.fixture
def sandbox(product: Product) -> Iterator[SandboxControl]:
    yield product.sandbox
    product.sandbox.heal()


@pytest.fixture(scope="package")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sample that can be cloned."""
    path = tmp_path_factory.mktemp("samples") / "recording.wav"
    path.write_bytes(make_wav(6))
    return path
