"""The ETag of the voice list, which lets browsers reuse an unchanged list."""

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from catalog.queries.searches.filters import SORTS_BY_USE
from catalog.queries.voices.version import read_last_uses
from catalog.views.base.requests import Request, list_context_of
from catalog.views.comparisons.tray import read_tray

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


_RELEASE = _read_release()


def voice_list_etag(request: Request, *args: Any, **kwargs: Any) -> str | None:
    """Return the page's ETag, or None if the page shows a one-time message."""
    if request.COOKIES.get("messages") or "_messages" in request.session:
        return None
    now, around = timezone.now(), list_context_of(request)
    sort = request.GET.get("sort") or around.habits.sort
    state = (
        _RELEASE,
        request.user.pk,
        request.session.session_key,
        request.get_full_path(),
        [request.headers.get(name) for name in _HEADERS],
        request.COOKIES.get("theme"),
        read_tray(request),
        around.freshness,
        read_last_uses() if sort in SORTS_BY_USE else None,
        # Days left, and how long ago a provider answered.
        now.date(),
        now.hour * 6 + now.minute // 10,
    )
    return f'"{hashlib.sha256(repr(state).encode()).hexdigest()[:32]}"'
