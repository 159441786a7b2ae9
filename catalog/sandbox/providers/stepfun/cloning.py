"""Clone a voice in two steps: upload a file, then create a voice from it."""

import base64
import secrets
import uuid
from typing import Any

from catalog.sandbox.base_provider import AuthorizedCall, hear
from catalog.sandbox.bills import bill_clone
from catalog.sandbox.messages import WireResponse, json_reply
from catalog.sandbox.multipart import Form
from catalog.sandbox.providers.stepfun.refusals import invalid, no_balance
from catalog.sandbox.providers.stepfun.voices import own_payload
from catalog.sandbox.voices import SandboxVoice, code_from
from catalog.sandbox.waveforms import Waveform, median_pitch, to_wav

CLONING_MODELS = ("stepaudio-2.5-tts", "step-tts-2", "step-tts-mini")
CONTAINERS = ("mp3", "wav")
SHORTEST, LONGEST = 5.0, 10.0
# Allow for padding added by encoders and for imprecise recording.
TOLERANCE = 0.5
MOST_CHARACTERS = 1_000
PREVIEW_PRICE = 0.01
PREVIEW_RATE = 24_000


def upload_file(call: AuthorizedCall) -> WireResponse:
    """Store a file; it is validated when it is used.

    https://platform.stepfun.com/docs/zh/api-reference/files/create
    """
    form = call.form()
    if form.first("purpose") != "storage":
        raise invalid("purpose must be storage")
    name, content = _content(form)
    figures = call.account.figures()
    if len(content) > figures["file_bytes"]:
        raise invalid(f"file exceeds the limit of {figures['file_bytes']} bytes")
    file_id = f"file-{code_from(secrets.token_hex(16), 10)}"
    stored = {
        "id": file_id,
        "object": "file",
        "bytes": len(content),
        "created_at": int(call.account.now()),
        "filename": name,
        "purpose": "storage",
        "status": "success",
    }
    with call.account.store.transaction():
        if len(call.account.store.find(call.account.shelf, "file")) >= figures["file_limit"]:
            raise invalid(f"you have reached the limit of {figures['file_limit']} files")
        call.account.store.put(call.account.shelf, "file", file_id, stored)
        call.account.store.put_recording(call.account.shelf, file_id, content)
        call.account.count(uploads=1)
    return json_reply(stored)


def list_files(call: AuthorizedCall) -> WireResponse:
    """Return every file of the account at once.

    https://platform.stepfun.com/docs/zh/api-reference/files/list
    """
    files = call.account.store.find(call.account.shelf, "file")
    return json_reply({"data": list(files.values()), "object": "list"})


def delete_file(call: AuthorizedCall) -> WireResponse:
    """Delete a file; voices made from it stay.

    https://platform.stepfun.com/docs/zh/api-reference/files/delete
    """
    file_id = call.values["file_id"]
    with call.account.store.transaction():
        if call.account.store.get(call.account.shelf, "file", file_id) is None:
            raise invalid(f"file {file_id!r} does not exist")
        call.account.store.remove(call.account.shelf, "file", file_id)
        call.account.store.remove_recording(call.account.shelf, file_id)
    return json_reply({"id": file_id, "object": "file", "deleted": True})


def create_voice(call: AuthorizedCall) -> WireResponse:
    """Create a voice from a file and charge for it; a repeated call returns it for free.

    https://platform.stepfun.ai/docs/en/api-reference/audio/create-voice
    """
    body = _read_body(call)
    if body.get("text") is not None and not isinstance(body["text"], str):
        raise invalid("text must be a string")
    with call.account.store.transaction():
        known = _voice_of(call, body["file_id"])
        if known is not None:
            return json_reply({"id": known.voice_id, "object": "audio.voice", "duplicated": True})
        pitch = median_pitch(_sample(call, body["file_id"]))
        charge(call, call.account.figures()["voice_price"])
        voice_id = f"voice-tone-{code_from(secrets.token_hex(16), 10)}"
        payload = own_payload(voice_id, body["file_id"], call.account.now())
        call.account.keep(SandboxVoice(voice_id, payload, pitch=pitch))
        call.account.count(creates=1)
        bill_clone(call.account, voice_id, body["file_id"])
    return json_reply({"id": voice_id, "object": "audio.voice"})


def preview_clone(call: AuthorizedCall) -> WireResponse:
    """Synthesize a text like a clone of a file, without creating a voice.

    https://platform.stepfun.ai/docs/en/api-reference/audio/voices-preview
    """
    body = _read_body(call)
    text = body.get("sample_text")
    if not isinstance(text, str) or not 0 < len(text.strip()) <= MOST_CHARACTERS:
        raise invalid(f"sample_text must have 1 to {MOST_CHARACTERS} characters")
    pitch = median_pitch(_sample(call, body["file_id"]))
    charge(call, PREVIEW_PRICE)
    sound = SandboxVoice(body["file_id"], {}, pitch=pitch).speak(call.backstage.studio, text)
    content = to_wav(sound, rate=PREVIEW_RATE, seconds=sound.seconds)
    return json_reply(
        {
            "sample_text": text,
            "sample_audio": base64.b64encode(content).decode(),
            "request_id": uuid.uuid4().hex,
        }
    )


def charge(call: AuthorizedCall, price: float) -> None:
    """Deduct a price from vouchers or balance, or raise; postpaid accounts pay later."""
    with call.account.store.transaction():
        figures = call.account.figures()
        if figures["vouchers"] >= price:
            call.account.count(vouchers=-price)
            return
        if figures["account_type"] == "prepaid" and figures["balance"] < price:
            raise no_balance()
        call.account.count(balance=-price)


def _read_body(call: AuthorizedCall) -> dict[str, Any]:
    body = call.json_object()
    if body is None:
        raise invalid("the request body is not a JSON object")
    if body.get("model") not in CLONING_MODELS:
        raise invalid(f"model {body.get('model')!r} does not exist or cannot clone")
    if not isinstance(body.get("file_id"), str):
        raise invalid("file_id is required")
    return body


def _voice_of(call: AuthorizedCall, file_id: str) -> SandboxVoice | None:
    for voice in call.account.voices():
        if voice.payload["file_id"] == file_id:
            return voice
    return None


def _sample(call: AuthorizedCall, file_id: str) -> Waveform:
    content = call.account.store.get_recording(call.account.shelf, file_id)
    if content is None:
        raise invalid(f"file {file_id!r} does not exist")
    sound = hear(content, CONTAINERS)
    if sound is None:
        raise invalid("the audio file must be mp3 or wav")
    if not SHORTEST - TOLERANCE <= sound.seconds <= LONGEST + TOLERANCE:
        raise invalid(f"the audio must last 5 to 10 seconds, this lasts {sound.seconds:.1f}")
    return sound


def _content(form: Form) -> tuple[str, bytes]:
    if uploads := form.uploads("file"):
        return uploads[0].filename, uploads[0].content
    if form.first("url"):
        raise invalid("the url could not be downloaded")
    raise invalid("file or url is required")
