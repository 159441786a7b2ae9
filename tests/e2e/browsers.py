"""Pages of a real browser that keep every complaint: errors, violated policies, foreign hosts."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebError

WIDE, NARROW = (1440, 900), (390, 844)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
PATIENCE_SECONDS = 60.0

Theme = Literal["light", "dark"]


def find_chromium() -> str | None:
    """Return the Chromium of this machine."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


class Complaints:
    """What a browser complained about; a test that provokes something says so beforehand."""

    def __init__(self, address: str) -> None:
        self._host = urlsplit(address).netloc
        self._heard: list[str] = []
        self._expected: list[re.Pattern[str]] = []

    def expect(self, pattern: str) -> None:
        """Accept complaints that this pattern is found in."""
        self._expected.append(re.compile(pattern))

    def watch(self, context: BrowserContext) -> None:
        """Listen to all pages of the context, those to come as well."""
        context.on("console", self._hear_console)
        context.on("weberror", self._hear_error)
        context.on("request", self._hear_request)

    def unexpected(self) -> list[str]:
        """Return what no test asked for."""
        return [
            words
            for words in self._heard
            if not any(pattern.search(words) for pattern in self._expected)
        ]

    def _hear_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._heard.append(f"{message.text} ({message.location.get('url', '')})")

    def _hear_error(self, error: WebError) -> None:
        self._heard.append(f"Uncaught: {error.error}")

    def _hear_request(self, request: Request) -> None:
        found = urlsplit(request.url)
        if found.scheme not in {"data", "blob"} and found.netloc != self._host:
            self._heard.append(f"Another host was asked: {request.url}")


class Visits:
    """Opens windows on the product, one visitor each, and closes them all."""

    def __init__(
        self, browser: Browser, address: str, complaints: Complaints, states: dict[str, Any]
    ) -> None:
        self._browser, self._address = browser, address
        self._complaints, self._states = complaints, states
        self._contexts: list[BrowserContext] = []
        self._with_new_view: list[BrowserContext] = []

    def open(
        self,
        path: str,
        person: str = "",
        *,
        size: tuple[int, int] = WIDE,
        theme: Theme = "light",
        has_script: bool = True,
    ) -> Page:
        """Return a page at the path, of a person who is signed in or of a stranger."""
        context = self._browser.new_context(
            base_url=self._address,
            storage_state=self._states[person] if person else None,
            viewport={"width": size[0], "height": size[1]},
            has_touch=size[0] < 900,
            color_scheme=theme,
            java_script_enabled=has_script,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        self._contexts.append(context)
        self._complaints.watch(context)
        context.on("request", lambda request: self._note_view(context, request))
        page = context.new_page()
        page.goto(path)
        return page

    def _note_view(self, context: BrowserContext, request: Request) -> None:
        if request.method == "POST" and urlsplit(request.url).path == "/preferences/view/":
            self._with_new_view.append(context)

    def close(self) -> None:
        """Close everything that was opened, and leave people their usual view of the list."""
        for context in self._with_new_view[-1:]:
            token = next(each for each in context.cookies() if each["name"] == "csrftoken")
            team = re.search(r'data-team="(\d+)"', context.request.get("/you/").text())
            context.request.post(
                "/preferences/view/",
                form={"layout": "cards", "sort": "best"},
                headers={"X-CSRFToken": token["value"], "X-Team": team[1] if team else ""},
                max_redirects=0,
            )
        for context in self._contexts:
            context.close()


@contextmanager
def open_visits(browser: Browser, address: str, states: dict[str, Any]) -> Iterator[Any]:
    """Yield visits and console errors; unexpected errors fail the test."""
    complaints = Complaints(address)
    visits = Visits(browser, address, complaints, states)
    try:
        yield visits, complaints
    finally:
        visits.close()
    heard = complaints.unexpected()
    assert not heard, "The browser complained:\n" + "\n".join(heard)


def marks_of(page: Page) -> dict[str, str]:
    """Return what scripts of the page send along when they write."""
    body = page.locator("body")
    token, team = body.get_attribute("data-csrf"), body.get_attribute("data-team")
    return {"X-CSRFToken": token or "", "X-Team": team or ""}


def until(page: Page, is_so: Callable[[], object], what: str) -> None:
    """Wait until something is so that the page itself does not show."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"Waited in vain for: {what}"
        page.wait_for_timeout(50)
