"""The size of pages, and layout shifts while they load."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsers import NARROW, WIDE, Complaints, Visits

KILOBYTE = 1024


@dataclass
class Wire:
    """Counts the bytes that a page receives, compressed and with headers."""

    bytes_by_type: dict[str, int] = field(default_factory=dict)
    _types: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Return the total number of bytes."""
        return sum(self.bytes_by_type.values())

    def listen(self, page: Page) -> None:
        """Start counting."""
        session = page.context.new_cdp_session(page)
        session.on("Network.responseReceived", self._note_type)
        session.on("Network.loadingFinished", self._add)
        session.send("Network.enable")

    def _note_type(self, event: dict[str, Any]) -> None:
        self._types[event["requestId"]] = event["type"]

    def _add(self, event: dict[str, Any]) -> None:
        kind = self._types.get(event["requestId"], "Other")
        size = self.bytes_by_type.get(kind, 0)
        self.bytes_by_type[kind] = size + int(event["encodedDataLength"])


@pytest.fixture
def fresh_page(visits: Visits, complaints: Complaints) -> Page:
    """Return an empty page for a signed-in user with an empty cache."""
    complaints.expect("favicon.ico")
    return visits.open("/healthz", "ana", is_new=True).context.new_page()


def test_the_first_visit_and_the_next_page_stay_within_their_budgets(fresh_page: Page) -> None:
    first, following = Wire(), Wire()
    first.listen(fresh_page)
    fresh_page.goto("/voices/")
    fresh_page.wait_for_load_state("networkidle")
    assert first.bytes_by_type["Document"] > 0
    assert first.bytes_by_type["Script"] <= 25 * KILOBYTE, first.bytes_by_type
    # The list opens with names of many languages, which take both parts of the font.
    fonts = first.bytes_by_type["Font"]
    assert fonts <= 42 * KILOBYTE, first.bytes_by_type
    assert first.total - fonts <= 60 * KILOBYTE, first.bytes_by_type

    following.listen(fresh_page)
    fresh_page.get_by_role("link", name="Next").click()
    expect(fresh_page.locator(".pages span")).to_contain_text("25–48")
    fresh_page.wait_for_load_state("networkidle")

    # Characters that weren't on the first page load another part of the font once.
    following.bytes_by_type.pop("Font", 0)
    assert 0 < following.total <= 20 * KILOBYTE, following.bytes_by_type


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("path", ["/voices/", "/clone/", "/keys/"])
def test_a_page_has_no_layout_shift_while_it_loads(
    visits: Visits, complaints: Complaints, path: str, size: tuple[int, int]
) -> None:
    complaints.expect("favicon.ico")
    page = visits.open("/healthz", "ana", size=size, is_new=True)
    page.context.add_init_script(
        """window.shifts = 0;
        new PerformanceObserver((list) => {
            for (const shift of list.getEntries()) window.shifts += shift.value;
        }).observe({type: "layout-shift", buffered: true});"""
    )

    page.goto(path)
    page.wait_for_load_state("networkidle")

    assert page.evaluate("document.fonts.check('16px Instrument Sans')")
    assert page.evaluate("window.shifts") <= 0.02
