"""The ETag of the voice list, which lets browsers reuse an unchanged list."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from catalog.core.locales import current_locale
from catalog.models.voices.versions import ListVersion
from catalog.queries.searches.filters import SORTS_BY_USE, VoiceFilter
from catalog.views.base.requests import Request

_HEADERS = ("HX-Request", "HX-Request-Type", "HX-Current-URL", "HX-Boosted")


def _read_release() -> str:
    """Return a hash that changes with the code and templates of this installation."""
    root = Path(settings.BASE_DIR)
    files = [
        *sorted((root / "templates").rglob("*.*")),
        *sorted((root / "catalog").rglob("*.py")),
    ]
    stats = [(path.name, path.stat().st_mtime_ns) for path in files]
    return hashlib.sha256(repr(stats).encode()).hexdigest()


RELEASE = _read_release()


def make_list_etag(
    request: Request, version: ListVersion, wanted: VoiceFilter, tray: list[int]
) -> str | None:
    """Return the page's ETag, or None if the page must be rendered each time.

    That is a page with a one-time message, and an order that changes with each use of a voice: uses
    raise no version.
    """
    has_message = request.COOKIES.get("messages") or "_messages" in request.session
    if has_message or wanted.sort in SORTS_BY_USE:
        return None
    now = timezone.now()
    state = (
        RELEASE,
        version,
        tuple(settings.PROVIDER_BASE_URLS),
        request.session.session_key,
        request.get_full_path(),
        [request.headers.get(name) for name in _HEADERS],
        request.COOKIES.get("theme"),
        current_locale(),
        timezone.get_current_timezone_name(),
        tray,
        # Days left, and how long ago a provider answered.
        now.date(),
        now.hour * 6 + now.minute // 10,
    )
    return f'"{hashlib.sha256(repr(state).encode()).hexdigest()[:32]}"'
