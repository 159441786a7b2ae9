"""List voices: search, filters, sorting, and paging."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from catalog.sandbox.messages import WireRequest, WireResponse, json_reply
from catalog.sandbox.providers.elevenlabs.calls import ElevenLabsCall
from catalog.sandbox.providers.elevenlabs.paging import ListOrder
from catalog.sandbox.providers.elevenlabs.parameters import one_of, truth, whole_number
from catalog.sandbox.providers.elevenlabs.refusals import (
    INVALID_REQUEST,
    problem,
    refuse,
    refuse_as_invalid,
)
from catalog.sandbox.providers.elevenlabs.voices import ElevenLabsVoice

UNPAGED_LIMIT = 500
MOST_IDS = 100
CATEGORIES = ("generated", "cloned", "premade", "professional", "famous", "high_quality")
TUNING_STATES = (
    "draft", "not_verified", "not_started", "queued",
    "fine_tuning", "fine_tuned", "failed", "delayed",
)  # fmt: skip
VOICE_TYPES: dict[str, Callable[[ElevenLabsVoice], bool]] = {
    "personal": lambda voice: voice.is_owned,
    "community": lambda voice: bool(voice.payload["sharing"]),
    "default": lambda voice: voice.is_default,
    "workspace": lambda voice: bool(voice.roles) and not voice.is_owned,
    "non-default": lambda voice: not voice.is_default,
    "non-community": lambda voice: not voice.is_default and not voice.payload["sharing"],
    "saved": lambda voice: not voice.is_default or bool(voice.payload["collection_ids"]),
}


def search_voices(call: ElevenLabsCall) -> WireResponse:
    """Return one page of matching voices.

    https://elevenlabs.io/docs/api-reference/voices/search
    """
    request = call.request
    page_size = whole_number(request, "page_size", 10, 1, 100)
    wants_total = truth(request, "include_total_count", default=True)
    order = ListOrder.asked_in(request)
    token = request.first("next_page_token")
    voices = order.sorted(_fitting(call))

    rest = [voice for voice in voices if not voice.is_default]
    if token:
        rest = order.behind(rest, token)
    page, has_more = rest[:page_size], len(rest) > page_size
    next_token = order.token_for(page[-1]) if has_more else None
    if not token:
        # The first page contains all default voices in addition to the page size.
        chosen = {voice.voice_id for voice in page}
        page = [voice for voice in voices if voice.is_default or voice.voice_id in chosen]
    return json_reply(
        {
            "voices": [call.shown(voice) for voice in page],
            "has_more": has_more,
            "total_count": len(voices) if wants_total else 0,
            "next_page_token": next_token,
        }
    )


def list_voices(call: ElevenLabsCall) -> WireResponse:
    """Return all voices at once.

    https://elevenlabs.io/docs/api-reference/legacy/voices/get-all
    """
    truth(call.request, "show_legacy", default=False)
    voices = call.account.voices()
    if len(voices) > UNPAGED_LIMIT:
        message = f"This endpoint serves up to {UNPAGED_LIMIT} voices; use /v2/voices instead."
        raise refuse(400, INVALID_REQUEST, "invalid_parameters", message)
    return json_reply({"voices": [call.shown(voice) for voice in voices]})


def _fitting(call: ElevenLabsCall) -> list[ElevenLabsVoice]:
    tests = list(_tests(call.request))
    return [voice for voice in call.account.voices() if all(test(voice) for test in tests)]


def _tests(request: WireRequest) -> Iterable[Callable[[ElevenLabsVoice], bool]]:
    if kind := one_of(request, "voice_type", tuple(VOICE_TYPES)):
        yield VOICE_TYPES[kind]
    if category := one_of(request, "category", CATEGORIES):
        yield lambda voice: voice.category == category
    if state := one_of(request, "fine_tuning_state", TUNING_STATES):
        yield lambda voice: state in voice.payload["fine_tuning"]["state"].values()
    if collection := request.first("collection_id"):
        yield lambda voice: collection in voice.payload["collection_ids"]
    if ids := _ids(request):
        yield lambda voice: voice.voice_id in ids
    if words := request.first("search").casefold().split():
        yield lambda voice: _has_words(voice, words)
    if truth(request, "high_quality", default=False):
        yield lambda voice: voice.category == "high_quality"
    yield from _label_tests(request)
    yield from _sharing_tests(request)


def _label_tests(request: WireRequest) -> Iterable[Callable[[ElevenLabsVoice], bool]]:
    for parameter, label in _LABELS.items():
        wanted = {word.casefold() for word in request.query.get(parameter, ()) if word}
        if wanted:
            yield _has_label(label, wanted)


_LABELS = {
    "gender": "gender",
    "age": "age",
    "language": "language",
    "accent": "accent",
    "use_cases": "use_case",
}


def _has_label(label: str, wanted: set[str]) -> Callable[[ElevenLabsVoice], bool]:
    return lambda voice: voice.labels.get(label, "").casefold() in wanted


def _sharing_tests(request: WireRequest) -> Iterable[Callable[[ElevenLabsVoice], bool]]:
    if days := whole_number(request, "min_notice_period_days", 0, 0, 10_000):
        yield lambda voice: (_shared(voice).get("notice_period") or 0) >= days
    if not truth(request, "include_custom_rates", default=True):
        yield lambda voice: _shared(voice).get("rate", 1.0) == 1.0
    if not truth(request, "include_live_moderated", default=True):
        yield lambda voice: not _shared(voice).get("live_moderation_enabled")


def _shared(voice: ElevenLabsVoice) -> dict[str, Any]:
    return voice.payload["sharing"] or {}


def _ids(request: WireRequest) -> Sequence[str]:
    ids = request.query.get("voice_ids", ())
    if len(ids) > MOST_IDS:
        message = f"List should have at most {MOST_IDS} items after validation"
        raise refuse_as_invalid(problem("query", "voice_ids", "too_long", message, len(ids)))
    return ids


def _has_words(voice: ElevenLabsVoice, words: Iterable[str]) -> bool:
    payload = voice.payload
    texts = [payload["name"], payload["description"] or "", voice.category, *voice.labels.values()]
    text = "\n".join(texts).casefold()
    return all(word in text for word in words)
