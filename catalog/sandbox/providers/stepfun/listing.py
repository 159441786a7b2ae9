"""List StepFun voices: own ones by cursor, built-in ones at once."""

from catalog.sandbox.base_provider import AuthorizedCall, whole_number
from catalog.sandbox.messages import WireResponse, json_reply
from catalog.sandbox.providers.stepfun.refusals import invalid
from catalog.sandbox.voices import SandboxVoice

LARGEST_PAGE = 100
SYSTEM_MODELS = ("step-tts-2", "step-tts-mini", "stepaudio-3-tts")


def list_voices(call: AuthorizedCall) -> WireResponse:
    """Return one page of the account's cloned voices.

    https://platform.stepfun.ai/docs/en/api-reference/audio/list-voice
    """
    order = call.request.first("order") or "desc"
    if order not in ("asc", "desc"):
        raise invalid("order must be one of: asc, desc")
    voices = call.account.voices()
    # Voices made within the same second keep their order.
    voices.sort(key=lambda voice: voice.payload["created_at"])
    if order == "desc":
        voices.reverse()
    page, has_more = _page(call, voices)
    return json_reply(
        {
            "object": "list",
            **call.account.written("data", [voice.payload for voice in page]),
            "has_more": has_more,
            "first_id": page[0].voice_id if page else "",
            "last_id": page[-1].voice_id if page else "",
        }
    )


def list_system_voices(call: AuthorizedCall) -> WireResponse:
    """Return the built-in voices for a model.

    https://platform.stepfun.com/docs/zh/api-reference/audio/get_detail
    """
    model = call.request.first("model")
    if model not in SYSTEM_MODELS:
        raise invalid(f"model {model!r} is not supported")
    return json_reply(
        {
            "voices": list(call.library),
            "voices-details": {voice_id: voice.payload for voice_id, voice in call.library.items()},
        }
    )


def _page(call: AuthorizedCall, voices: list[SandboxVoice]) -> tuple[list[SandboxVoice], bool]:
    limit = _limit(call)
    after, before = call.request.first("after"), call.request.first("before")
    start = _place(voices, after) + 1 if after else 0
    end = _place(voices, before) if before else len(voices)
    window = voices[start:end]
    # For voices before a cursor, return the page that ends right before it.
    page = window[-limit:] if before and not after else window[:limit]
    return page, len(window) > limit


def _place(voices: list[SandboxVoice], voice_id: str) -> int:
    for place, voice in enumerate(voices):
        if voice.voice_id == voice_id:
            return place
    raise invalid(f"cursor {voice_id!r} does not exist")


def _limit(call: AuthorizedCall) -> int:
    limit = whole_number(call.request.first("limit") or "20")
    if limit is None or not 1 <= limit <= LARGEST_PAGE:
        raise invalid(f"limit must be between 1 and {LARGEST_PAGE}")
    return limit
