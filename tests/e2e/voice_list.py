"""Read the list of voices from its page."""

import re

from playwright.sync_api import Locator, Page, expect


def facet(page: Page, name: str, value: str) -> Locator:
    """Return the checkbox of a facet's value."""
    return page.locator(f'#facets-in input[name="{name}"][value="{value}"]')


def open_facet(page: Page, name: str) -> None:
    """Unfold a facet that starts folded."""
    page.locator(f"#fd-{name} > summary").click()


def count_beside(box: Locator) -> int:
    """Return the number of voices shown beside a facet's value."""
    return _read_number(box.locator("xpath=..").locator("output").inner_text())


def counts(page: Page, name: str) -> list[str]:
    """Return the counts of all values of a facet, including folded ones."""
    return page.locator(f"#fd-{name} output").all_text_contents()


def expect_found(page: Page, count: int) -> None:
    """Wait until this many voices are found."""
    expect(page.locator("#count b")).to_have_text(f"{count:,}")


def found_count(page: Page) -> int:
    """Return how many voices are found."""
    return _read_number(page.locator("#count b").inner_text())


def _read_number(text: str) -> int:
    return int(text.replace(",", ""))


def listed(page: Page) -> list[str]:
    """Return the addresses of the voices on this page of the list. Unlike names, they're unique."""
    links = page.locator("#results .card h3 a").all()
    return [link.get_attribute("href") or "" for link in links]


def expect_chips(page: Page, *labels: str) -> None:
    """Wait until exactly these filters are shown as chips."""
    wanted = [re.compile(re.escape(label)) for label in labels]
    expect(page.locator(".chips .chip:not(.clear)")).to_have_text(wanted)
