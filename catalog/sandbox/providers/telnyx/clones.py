"""List, change, and delete clones, and download their samples."""

import math
from collections.abc import Callable
from typing import Any

from catalog.sandbox.base_provider import AuthorizedCall, audio_reply, whole_number
from catalog.sandbox.messages import WireResponse, json_reply
from catalog.sandbox.people import make_person
from catalog.sandbox.providers.telnyx.refusals import invalid, no_such_clone
from catalog.sandbox.providers.telnyx.voices import moment, shown_clone
from catalog.sandbox.voices import SandboxVoice, record_reading

GENDERS = ("male", "female", "neutral")
LONGEST_NAME = 255
SAMPLE_SECONDS = 8.0
_SORTS: dict[str, Callable[[SandboxVoice], Any]] = {
    "name": lambda voice: voice.payload["name"].casefold(),
    "created_at": lambda voice: voice.payload["created_at"],
}


def list_clones(call: AuthorizedCall) -> WireResponse:
    """Return one page of the account's clones.

    https://developers.telnyx.com/api-reference/voice-clones/list-voice-clones
    """
    number = _number(call, "page[number]", 1, 1, 1_000_000)
    size = _number(call, "page[size]", 20, 1, 250)
    clones = _sorted(call, _fitting(call))
    page = clones[(number - 1) * size : number * size]
    shown = [shown_clone(voice, call.account.now()) for voice in page]
    return json_reply(
        {
            **call.account.written("data", shown),
            "meta": {
                "page_number": number,
                "page_size": size,
                "total_results": len(clones),
                "total_pages": math.ceil(len(clones) / size),
            },
        }
    )


def get_clone(call: AuthorizedCall) -> WireResponse:
    """Return one clone, in accounts where this endpoint exists.

    https://developers.telnyx.com/docs/voice/tts/voice-design-lab
    """
    if not call.account.figures()["shows_one"]:
        raise no_such_clone()
    return _shown(call, _clone(call))


def update_clone(call: AuthorizedCall) -> WireResponse:
    """Rename a clone, or change its gender and language.

    https://developers.telnyx.com/api-reference/voice-clones/update-a-voice-clone
    """
    body = call.json_object() or {}
    changes: dict[str, Any] = {"name": checked_name(body.get("name"))}
    if "gender" in body:
        changes["gender"] = checked_gender(body["gender"])
    if "language" in body:
        changes["language"] = checked_language(body["language"])
    with call.account.store.transaction():
        voice = _clone(call)
        voice.payload.update(changes, updated_at=moment(call.account.now()))
        call.account.keep(voice)
    return _shown(call, voice)


def delete_clone(call: AuthorizedCall) -> WireResponse:
    """Delete a clone permanently.

    https://developers.telnyx.com/api-reference/voice-clones/delete-a-voice-clone
    """
    with call.account.store.transaction():
        call.account.drop(_clone(call))
    return WireResponse(204)


def download_sample(call: AuthorizedCall) -> WireResponse:
    """Return the recording that a clone was made from, as WAV.

    https://developers.telnyx.com/api-reference/voice-clones/get-voice-clone-audio-sample
    """
    voice = _clone(call)
    content = call.account.store.get_recording(call.account.shelf, voice.voice_id)
    if content is None:
        person = make_person(voice.seed)
        content = record_reading(call.backstage.studio, person, SAMPLE_SECONDS)
    return audio_reply(content, "audio/wav")


def checked_name(name: object) -> str:
    """Validate a clone's name."""
    if not isinstance(name, str) or not name.strip():
        raise invalid("name can't be blank", "/name")
    if len(name) > LONGEST_NAME:
        raise invalid(f"name should be at most {LONGEST_NAME} character(s)", "/name")
    return name


def checked_gender(gender: object) -> str:
    """Validate a clone's gender."""
    if gender not in GENDERS:
        raise invalid("gender must be one of: male, female, neutral", "/gender")
    return str(gender)


def checked_language(language: object) -> str:
    """Validate a clone's language."""
    if language == "auto":
        return "auto"
    if not isinstance(language, str) or len(language) not in (2, 3) or not language.isalpha():
        raise invalid("language must be an ISO 639-1 code", "/language")
    return language


def _clone(call: AuthorizedCall) -> SandboxVoice:
    voice = call.account.voice(call.values["clone_id"])
    if voice is None:
        raise no_such_clone()
    return voice


def _shown(call: AuthorizedCall, voice: SandboxVoice) -> WireResponse:
    return json_reply({"data": shown_clone(voice, call.account.now())})


def _fitting(call: AuthorizedCall) -> list[SandboxVoice]:
    words = call.request.first("filter[name]").casefold()
    provider = call.request.first("filter[provider]").casefold()
    if provider not in ("", "telnyx", "minimax"):
        raise invalid("provider must be one of: telnyx, minimax", "/filter[provider]")
    return [
        voice
        for voice in call.account.voices()
        if words in voice.payload["name"].casefold()
        and provider in ("", voice.payload["provider"].casefold())
    ]


def _sorted(call: AuthorizedCall, clones: list[SandboxVoice]) -> list[SandboxVoice]:
    wanted = call.request.first("sort") or "-created_at"
    field = wanted.removeprefix("-")
    if field not in _SORTS:
        raise invalid("sort must be one of: name, -name, created_at, -created_at", "/sort")
    return sorted(clones, key=_SORTS[field], reverse=wanted.startswith("-"))


def _number(call: AuthorizedCall, name: str, default: int, lowest: int, highest: int) -> int:
    given = call.request.first(name)
    if not given:
        return default
    number = whole_number(given)
    if number is None or not lowest <= number <= highest:
        raise invalid(f"{name} must be between {lowest} and {highest}", f"/{name}")
    return number
