"""Write days, times, and numbers as the reader does, in the reader's time zone."""

from collections.abc import Callable
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponseBase

from catalog.core.locales import Locale, find_locale, reading_in

# What the user chose on the account page, and the zone that the browser's script reports.
REGION_COOKIE, ZONE_COOKIE, BROWSER_ZONE_COOKIE = "region", "timezone", "browser_timezone"


class LocaleMiddleware:
    """Applies the user's choice, otherwise the browser's language and time zone, otherwise UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        with reading_in(read_locale(request), read_zone(request)):
            return self.get_response(request)


def read_locale(request: HttpRequest) -> Locale:
    """Return how this browser's user writes days and numbers."""
    chosen = request.COOKIES.get(REGION_COOKIE) or request.headers.get("Accept-Language", "")
    return find_locale(chosen)


def read_zone(request: HttpRequest) -> ZoneInfo | None:
    """Return this browser's time zone, None if it is unknown."""
    for name in (ZONE_COOKIE, BROWSER_ZONE_COOKIE):
        if zone := _find_zone(request.COOKIES.get(name, "")[:64]):
            return zone
    return None


@lru_cache(maxsize=512)
def _find_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
