"""ElevenLabs' webhooks about voices that are removed from its library.

https://elevenlabs.io/docs/eleven-api/resources/webhooks names the events and the signature; the
SDK's ``webhooks.construct_event`` shows how it's computed. What ``data`` holds besides the voice
isn't documented, so a date is read if there is one, and the next sync brings the one that counts.
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from catalog.providers.errors import NoticeRejected
from catalog.providers.lenient_json import LenientJson
from catalog.providers.responses import read_json
from catalog.providers.types import RemoteNotice

# The SDK accepts signatures that are at most this old.
_OLDEST_SECONDS, _FUTURE_SECONDS = 30 * 60, 5 * 60
_ANNOUNCED, _WITHDRAWN, _REMOVED = (
    "voice_removal_notice",
    "voice_removal_notice_withdrawn",
    "voice_removed",
)


def read_elevenlabs_notices(
    headers: Mapping[str, str], body: bytes, secret: str, now: datetime
) -> list[RemoteNotice]:
    """Return what a delivery announces; raises NoticeRejected unless its signature is good."""
    _check_signature(headers.get("ElevenLabs-Signature", ""), body, secret, now)
    event = read_json(body.decode("utf-8", "replace"))
    if not isinstance(event, dict):
        raise NoticeRejected("The notice isn't a JSON object.")
    notice = LenientJson(event)
    data, kind = notice.object("data"), notice.line("type", 60)
    remote_id = data.line("voice_id", 200)
    if not remote_id or kind not in {_ANNOUNCED, _WITHDRAWN, _REMOVED}:
        return []  # an event about something else
    if kind == _WITHDRAWN:
        return [RemoteNotice(remote_id, is_withdrawn=True)]
    ends_at = now if kind == _REMOVED else data.moment("disable_at_unix", may_come=True)
    return [RemoteNotice(remote_id, ends_at, note="its owner is removing it from the library.")]


def _check_signature(header: str, body: bytes, secret: str, now: datetime) -> None:
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    sent, signature = parts.get("t", ""), parts.get("v0", "")
    if not sent.isdecimal() or len(sent) > 12 or not signature:
        raise NoticeRejected("The notice isn't signed.")
    age = (now - datetime.fromtimestamp(int(sent), UTC)).total_seconds()
    if not -_FUTURE_SECONDS <= age <= _OLDEST_SECONDS:
        raise NoticeRejected("The notice is too old.")
    expected = hmac.new(secret.encode(), f"{sent}.".encode() + body, sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise NoticeRejected("The signature is wrong.")
