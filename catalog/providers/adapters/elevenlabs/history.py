"""Usage history: what was generated with which voice.

https://elevenlabs.io/docs/api-reference/history/list
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from catalog.providers.lenient_json import LenientJson
from catalog.providers.usage import LONGEST_HISTORY, RemoteUse

_PAGE_SIZE = 1000
_MOST_PAGES = LONGEST_HISTORY // _PAGE_SIZE


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
    if not remote_id or at is None:
        return None
    before = reading.count("character_count_change_from")
    after = reading.count("character_count_change_to")
    charged = None if before is None or after is None else max(0, after - before)
    return RemoteUse(remote_id, at, reading.line("history_item_id", 200), charged)
