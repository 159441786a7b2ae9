"""Fixtures shared by the tests of pages."""

import time
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth
from django.core.cache import cache

# The headers of htmx 4 when only a part of the page is swapped.
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
# The headers when a link or form swaps the page but requests all of it.
BOOSTED = {"HX-Request": "true", "HX-Request-Type": "full", "HX-Boosted": "true"}


@pytest.fixture(autouse=True)
def _no_attempts_before() -> None:
    """Clear the cache, which counts attempts to sign in."""
    cache.clear()


@pytest.fixture(autouse=True)
def _standing_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Freeze the time of authenticator codes to keep them valid during a test."""
    now = time.time()
    monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda: now))


class Page(HTMLParser):
    """The tags of a page as a browser would parse them."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text, self._is_glued, self._has_gap = "", False, True
        self.feed(response.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._is_glued = tag == "bdi"

    def handle_endtag(self, tag: str) -> None:
        self._is_glued = tag == "bdi"

    def handle_data(self, data: str) -> None:
        # A name stands in its sentence; what other tags hold is a text of its own.
        gap = "" if self._is_glued and not self._has_gap and not data[:1].isspace() else " "
        self.text += gap + " ".join(data.split())
        self._has_gap = data[-1:].isspace()

    def find(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """Return the attributes of the tags that have the given ones ("_" stands for "-")."""
        pairs = {name.replace("_", "-"): value for name, value in wanted.items()}
        return [
            attrs
            for name, attrs in self.tags
            if name == tag and all(attrs.get(key) == value for key, value in pairs.items())
        ]

    @property
    def ids(self) -> list[str]:
        return [attrs["id"] for _, attrs in self.tags if "id" in attrs]


@pytest.fixture
def ana(cast, sign_in):
    return sign_in(cast.ana)


@pytest.fixture
def mia(cast, sign_in):
    return sign_in(cast.mia)
