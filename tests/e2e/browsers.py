"""Pages of a real browser that record errors, policy violations, and foreign requests."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    StorageState,
    WebError,
)

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


def find_chromium(*, has_window: bool = False) -> str | None:
    """Return this machine's Chromium; the one that can't open windows takes half the time."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    if not has_window:
        names = ("chromium-headless-shell", *names)
    return next(filter(None, map(shutil.which, names)), None)


class Complaints:
    """Errors in a browser. A test that provokes an error announces it with ``expect``."""

    def __init__(self, address: str) -> None:
        self._host = urlsplit(address).netloc
        self._heard: list[str] = []
        self._expected: list[re.Pattern[str]] = []

    def expect(self, pattern: str) -> None:
        """Accept errors that match the pattern."""
        self._expected.append(re.compile(pattern))

    def watch(self, context: BrowserContext) -> None:
        """Listen to all pages of the context, including later ones."""
        for event, listener in self._listeners():
            context.on(event, listener)

    def unwatch(self, context: BrowserContext) -> None:
        """Stop listening."""
        for event, listener in self._listeners():
            context.remove_listener(event, listener)

    def unexpected(self) -> list[str]:
        """Return the errors that no test expected."""
        return [
            words
            for words in self._heard
            if not any(pattern.search(words) for pattern in self._expected)
        ]

    def _listeners(self) -> list[tuple[Any, Callable[[Any], None]]]:
        return [
            ("console", self._hear_console),
            ("weberror", self._hear_error),
            ("request", self._hear_request),
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


class ContextPool:
    """Browser contexts that keep their HTTP cache for the next test; a new one takes a second."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.address = address
        self._browser = browser
        self._free: dict[tuple[Any, ...], list[BrowserContext]] = {}
        self._kinds: dict[BrowserContext, tuple[Any, ...]] = {}

    def take(
        self,
        state: StorageState | None,
        *,
        size: tuple[int, int],
        theme: Theme,
        has_script: bool,
        is_new: bool,
    ) -> BrowserContext:
        """Return a context with this state and no page."""
        kind = (size, theme, has_script)
        if self._free.get(kind) and not is_new:
            context = self._free[kind].pop()
            context.set_storage_state(state or {"cookies": [], "origins": []})
            return context
        context = self._browser.new_context(
            base_url=self.address,
            storage_state=state,
            viewport={"width": size[0], "height": size[1]},
            has_touch=size[0] < 900,
            color_scheme=theme,
            java_script_enabled=has_script,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        if not is_new:
            self._kinds[context] = kind
        return context

    def give_back(self, context: BrowserContext) -> None:
        """Close the context's pages, and keep it unless it had to be a new one."""
        if context not in self._kinds:
            context.close()
            return
        for page in context.pages:
            page.close()
        context.clear_permissions()
        self._free.setdefault(self._kinds[context], []).append(context)


class Visits:
    """Opens windows on the product, one visitor each, and closes them all."""

    def __init__(self, pool: ContextPool, complaints: Complaints, states: dict[str, Any]) -> None:
        self._pool, self._complaints, self._states = pool, complaints, states
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
        is_new: bool = False,
    ) -> Page:
        """Return a page at the path, of a person who is signed in or of a stranger.

        A new browser has nothing in its cache.
        """
        context = self._pool.take(
            self._states[person] if person else None,
            size=size,
            theme=theme,
            has_script=has_script,
            is_new=is_new,
        )
        self._contexts.append(context)
        self._complaints.watch(context)
        context.on("request", self._note_view)
        page = context.new_page()
        page.goto(path)
        return page

    def keep_cookies(self, page: Page, person: str) -> None:
        """Use this page's cookies from now on: confirming the password gives a new session key."""
        self._states[person] = page.context.storage_state()

    def _note_view(self, request: Request) -> None:
        if request.method == "POST" and urlsplit(request.url).path == "/preferences/view/":
            self._with_new_view.append(request.frame.page.context)

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
            context.remove_listener("request", self._note_view)
            self._pool.give_back(context)
            self._complaints.unwatch(context)


@contextmanager
def open_visits(pool: ContextPool, states: dict[str, Any]) -> Iterator[Any]:
    """Yield visits and console errors; unexpected errors fail the test."""
    complaints = Complaints(pool.address)
    visits = Visits(pool, complaints, states)
    try:
        yield visits, complaints
    finally:
        visits.close()
    heard = complaints.unexpected()
    assert not heard, "The browser complained:\n" + "\n".join(heard)


def marks_of(page: Page) -> dict[str, str]:
    """Return the headers that the page's scripts send when they write."""
    body = page.locator("body")
    token, team = body.get_attribute("data-csrf"), body.get_attribute("data-team")
    return {"X-CSRFToken": token or "", "X-Team": team or ""}


def until(page: Page, is_so: Callable[[], object], what: str) -> None:
    """Wait for a condition that the page itself does not show."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"Waited in vain for: {what}"
        page.wait_for_timeout(50)
