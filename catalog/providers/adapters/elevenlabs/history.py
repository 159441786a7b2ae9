"""Usage history: what was generated with which voice.

https://elevenlabs.io/docs/api-reference/history/list
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from catalog.providers.lenient_json import LenientJson
from catalog.providers.usage import RemoteUse

_PAGE_SIZE = 1000
# A longer history is only read this far back, and the page says so.
_MOST_PAGES = 50


def walk_history(
    ask: Callable[[dict[str, Any]], dict[str, Any]], since: datetime | None
) -> Iterator[RemoteUse]:
    """Yield what was generated since then, newest first."""
    params: dict[str, Any] = {"page_size": _PAGE_SIZE}
    for _ in range(_MOST_PAGES):
        page = ask(params)
        items = page.get("history")
        for item in items if isinstance(items, list) else []:
            use = _read_use(item)
            if use is None:
                continue
            if since is not None and use.at < since:
                return
            yield use
        last = page.get("last_history_item_id")
        if not page.get("has_more") or not isinstance(last, str) or not last:
            return
        if params.get("start_after_history_item_id") == last:
            return
        params = {**params, "start_after_history_item_id": last}


def _read_use(item: object) -> RemoteUse | None:
    reading = LenientJson(item if isinstance(item, dict) else {})
    remote_id, at = reading.line("voice_id", 200), reading.moment("date_unix")
    return RemoteUse(remote_id, at) if remote_id and at is not None else None
