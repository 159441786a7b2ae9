"""Generation history of an account: one item per synthesized text."""

import hashlib
from typing import Any

from catalog.sandbox.messages import WireResponse, json_reply
from catalog.sandbox.providers.elevenlabs.calls import ElevenLabsCall
from catalog.sandbox.providers.elevenlabs.parameters import whole_number
from catalog.sandbox.providers.elevenlabs.voices import ElevenLabsVoice

PERMISSION = "speech_history_read"
_SHELF = "history"


def keep_item(call: ElevenLabsCall, voice: ElevenLabsVoice, text: str) -> None:
    """Add a generation to the account's history."""
    store, shelf = call.account.store, call.account.shelf
    number = len(store.find(shelf, _SHELF))
    item_id = hashlib.sha256(f"{shelf} {number}".encode()).hexdigest()[:20]
    item = {
        "history_item_id": item_id,
        "voice_id": voice.voice_id,
        "voice_name": voice.payload["name"],
        "text": text,
        "date_unix": int(call.account.now()),
        "character_count_change_from": 0,
        "character_count_change_to": len(text),
        "content_type": "audio/mpeg",
        "state": "created",
        "source": "TTS",
        "number": number,
    }
    store.put(shelf, _SHELF, item_id, item)


def list_history(call: ElevenLabsCall) -> WireResponse:
    """Return one page of the history, newest first.

    https://elevenlabs.io/docs/api-reference/history/list
    """
    request = call.request
    page_size = whole_number(request, "page_size", 100, 1, 1000)
    items = sorted(
        call.account.store.find(call.account.shelf, _SHELF).values(),
        key=lambda item: (item["date_unix"], item["number"]),
        reverse=True,
    )
    after, voice_id = request.first("start_after_history_item_id"), request.first("voice_id")
    ids = [item["history_item_id"] for item in items]
    rest = items[ids.index(after) + 1 :] if after in ids else items
    wanted = [item for item in rest if not voice_id or item["voice_id"] == voice_id]
    page = wanted[:page_size]
    return json_reply(
        {
            "history": [_shown(item) for item in page],
            "last_history_item_id": page[-1]["history_item_id"] if page else None,
            "has_more": len(wanted) > page_size,
            "scanned_until": page[-1]["date_unix"] if page else None,
        }
    )


def _shown(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "number"}
