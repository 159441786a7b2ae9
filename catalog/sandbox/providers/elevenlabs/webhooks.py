"""What ElevenLabs sends to a webhook about voices that leave its library.

https://elevenlabs.io/docs/eleven-api/resources/webhooks describes the events and the header.
"""

import hashlib
import hmac
import json
from typing import Any

EVENTS = ("voice_removal_notice", "voice_removal_notice_withdrawn", "voice_removed")


def make_delivery(values: dict[str, Any], now: int) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of one delivery; raises ValueError for another event."""
    if values["type"] not in EVENTS:
        raise ValueError(f"no such event: {values['type']}")
    data = {"voice_id": values["voice_id"]}
    if "disable_at_unix" in values:
        data["disable_at_unix"] = values["disable_at_unix"]
    event = {"type": values["type"], "event_timestamp": now, "data": data}
    body = json.dumps(event).encode()
    signed = hmac.new(values["secret"].encode(), b"%d." % now + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "ElevenLabs-Signature": f"t={now},v0={signed}",
        "User-Agent": "ElevenLabs",
    }
    return headers, body
