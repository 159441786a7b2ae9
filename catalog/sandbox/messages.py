"""Requests, responses, and how a response is delivered."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self


class Delivery(StrEnum):
    """How much of a response reaches the client."""

    WHOLE = "whole"
    CUT = "cut"  # the full length is promised, but only half is sent
    NOTHING = "nothing"  # the connection is closed without a byte


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One HTTP request; header names are lowercase, ``path`` is still percent-encoded."""

    method: str
    path: str
    origin: str = ""  # such as http://127.0.0.1:8900, as the client named it
    query: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    def under(self, prefix: str) -> Self:
        """Return the request with a path relative to the prefix."""
        return replace(self, path=self.path.removeprefix(prefix) or "/")

    def first(self, name: str, default: str = "") -> str:
        """Return the first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else default


@dataclass(frozen=True, slots=True)
class WireResponse:
    """One HTTP response; ``seconds_per_byte`` slows down its delivery."""

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = Delivery.WHOLE
    seconds_per_byte: float = 0

    def with_headers(self, **headers: str) -> Self:
        """Return the response with more headers; underscores become hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})


def json_reply(value: Any, status: int = 200) -> WireResponse:
    """Return a JSON response."""
    return WireResponse(status, json.dumps(value, ensure_ascii=False).encode())


def html_reply(title: str, status: int = 200) -> WireResponse:
    """Return a small HTML page, like proxies do when the API behind them is down."""
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return WireResponse(status, page.encode(), "text/html; charset=utf-8")
