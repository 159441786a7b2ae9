"""Reading how long to wait from the providers' response headers."""

from datetime import UTC, datetime

import httpx
import pytest

from catalog.providers.retry_after import read_wait

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 7 ", 7),
        ("1.5", 1.5),
        ("900", 900),
        ("901", 900),
        ("99999999999999999999", 900),
        ("Sat, 21 Nov 2026 12:01:30 GMT", 90),
        ("Sat, 21 Nov 2026 12:01:30 -0000", 90),
        ("Sat, 21 Nov 2026 13:01:30 +0100", 90),
        ("Saturday, 21-Nov-26 12:01:30 GMT", 90),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0),
        ("Sat, 21 Nov 2999 11:00:00 GMT", 900),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("Sat, 99 Nov 2026 12:00:00 GMT", None),
        ("Sat, 21 Nov 99999 12:00:00 GMT", None),
        ("1, 2", None),
    ],
)
def test_the_retry_after_header_is_parsed(value, seconds):
    assert read_wait(httpx.Headers({"Retry-After": value}), NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"X-RateLimit-Reset": "30"}, 30),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 30)}, 30),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) - 30)}, 0),
        ({"X-RateLimit-Reset": "tomorrow"}, None),
        ({"Retry-After": "5", "X-RateLimit-Reset": "30"}, 5),
        ({"Retry-After": "nonsense", "X-RateLimit-Reset": "30"}, 30),
    ],
)
def test_the_rate_limit_reset_header_is_the_fallback(headers, seconds):
    assert read_wait(httpx.Headers(headers), NOW) == seconds
