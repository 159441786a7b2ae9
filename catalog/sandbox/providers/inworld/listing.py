"""List the voices of a workspace: filter, sorting, and paging."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from catalog.sandbox.base_provider import AuthorizedCall, whole_number
from catalog.sandbox.messages import WireRequest, WireResponse, json_reply
from catalog.sandbox.providers.inworld.filters import filter_test, language_matches
from catalog.sandbox.providers.inworld.refusals import invalid
from catalog.sandbox.voices import SandboxVoice

LARGEST_PAGE = 2_000
USUAL_PAGE = 20
_TOKEN = re.compile(r"([1-9]\d{0,5})-([1-9]\d{0,3})")
_ORDERS: dict[str, Callable[[SandboxVoice], Any]] = {
    "display_name": lambda voice: voice.payload["displayName"].casefold(),
    "created_at": lambda voice: voice.facts["created_at"],
    "gender": lambda voice: voice.payload["gender"],
    "age_group": lambda voice: voice.payload["ageGroup"],
}


def list_voices(call: AuthorizedCall) -> WireResponse:
    """Return SYSTEM voices and those of the workspace.

    https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/list-voices
    """
    voices = _ordered(call.request, _fitting(call))
    page = _page(call.request, len(voices))
    end = page.start + page.size
    more = end < len(voices) and page.is_asked_for
    return json_reply(
        {
            **call.account.written("voices", [each.payload for each in voices[page.start : end]]),
            "totalSize": len(voices),
            "nextPageToken": f"{end // page.size}-{page.size}" if more else "",
        }
    )


@dataclass(frozen=True, slots=True)
class _Page:
    """The requested page; by default all voices in one response."""

    size: int
    start: int = 0
    is_asked_for: bool = True


def _page(request: WireRequest, total: int) -> _Page:
    token, size = request.first("pageToken"), _page_size(request)
    if token:
        found = _TOKEN.fullmatch(token)
        if found is None:
            raise invalid("invalid page token")
        number, size = int(found[1]), int(found[2])
        return _Page(size, number * size)
    if size or request.first("filter"):
        return _Page(size or USUAL_PAGE)
    return _Page(LARGEST_PAGE, is_asked_for=False)


def _page_size(request: WireRequest) -> int:
    given = request.first("pageSize") or "0"
    size = whole_number(given)
    if size is None or size < 0:
        raise invalid(f"invalid page size: {given!r}")
    if size > LARGEST_PAGE:
        raise invalid(f"page size cannot exceed {LARGEST_PAGE}")
    return size


def _fitting(call: AuthorizedCall) -> list[SandboxVoice]:
    voices = [*call.library.values(), *call.account.voices()]
    if expression := call.request.first("filter").strip():
        test = filter_test(expression)
        return [voice for voice in voices if test(voice.payload)]
    languages = [word for word in call.request.query.get("languages", ()) if word]
    if languages:
        return [voice for voice in voices if _speaks_one_of(voice, languages)]
    return voices


def _speaks_one_of(voice: SandboxVoice, languages: list[str]) -> bool:
    return any(language_matches(voice.payload["langCode"], wanted) for wanted in languages)


def _ordered(request: WireRequest, voices: list[SandboxVoice]) -> list[SandboxVoice]:
    words = (request.first("orderBy").strip() or "display_name").split()
    field, direction = words[0], (words[1:] or ["asc"])
    if field not in _ORDERS:
        raise invalid(f"unknown order_by field: '{field}'")
    if direction not in (["asc"], ["desc"]):
        raise invalid(f"invalid order_by direction: '{' '.join(direction)}'")
    return sorted(voices, key=_ORDERS[field], reverse=direction == ["desc"])
