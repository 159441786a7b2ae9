"""Create, change, and delete voices."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from typing import Any

from catalog.sandbox.bills import bill_clone
from catalog.sandbox.messages import WireResponse, json_reply
from catalog.sandbox.multipart import Form, NotMultipart, UploadedFile, parse_form
from catalog.sandbox.providers.elevenlabs.accounts import ElevenLabsAccount
from catalog.sandbox.providers.elevenlabs.calls import ElevenLabsCall
from catalog.sandbox.providers.elevenlabs.parameters import (
    DEFAULT_SETTINGS,
    json_object,
    settings_in,
)
from catalog.sandbox.providers.elevenlabs.refusals import (
    corrupted_upload,
    duplicate_upload,
    edit_limit_reached,
    problem,
    refuse,
    refuse_as_invalid,
    voice_limit_reached,
)
from catalog.sandbox.providers.elevenlabs.voices import (
    ElevenLabsVoice,
    blank_payload,
    identifier,
    sample_entry,
)
from catalog.sandbox.waveforms import (
    NotAudio,
    Waveform,
    container_of,
    decode_recording,
    median_pitch,
)

Recording = tuple[UploadedFile, Waveform]

# The roles that may change a voice of a workspace; only admins may delete it.
# https://elevenlabs.io/docs/product-guides/administration/workspaces/sharing-resources
EDITORS = ("admin", "editor")
MIME_TYPES = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "mov": "audio/mp4",
    "aac": "audio/aac",
    "aiff": "audio/aiff",
    "matroska": "audio/webm",
}


def add_voice(call: ElevenLabsCall) -> WireResponse:
    """Create an instant clone from the samples.

    https://elevenlabs.io/docs/api-reference/voices/ivc/create
    """
    form = _form(call)
    name, labels, recordings = _name(form), _labels(form), _recordings(form)
    if not recordings:
        raise refuse_as_invalid(problem("body", "files", "missing", "Field required"))
    voice_id = identifier(secrets.token_hex(16))
    payload = blank_payload(voice_id, name, "cloned")
    payload |= {
        "labels": labels or {},
        "description": form.first("description"),
        "permission_on_resource": "admin",
        "is_owner": True,
        "created_at_unix": call.account.now(),
    }
    pitch = median_pitch(recordings[0][1])
    with call.account.store.transaction():
        _check_limits(call.account)
        payload["samples"] = _keep_samples(call.account, recordings, form)
        member = call.account.name.member
        call.account.keep(ElevenLabsVoice(payload, pitch=pitch, has_preview=False, maker=member))
        call.account.count(creates=1, edits=1)
        bill_clone(call.account, voice_id, name)
    return json_reply({"voice_id": voice_id, "requires_verification": False})


def edit_voice(call: ElevenLabsCall) -> WireResponse:
    """Rename a voice, change its description, add samples.

    https://elevenlabs.io/docs/api-reference/voices/update
    """
    call.own_voice(*EDITORS)
    form = _form(call)
    name, labels, recordings = _name(form), _labels(form), _recordings(form)
    with call.account.store.transaction():
        voice = call.own_voice(*EDITORS)
        _check_edits(call.account)
        voice.payload["name"] = name
        if (description := form.first("description")) is not None:
            voice.payload["description"] = description
        if labels is not None:
            voice.payload["labels"] = labels
        if recordings:
            added = _keep_samples(call.account, recordings, form)
            voice.payload["samples"] = [*(voice.payload["samples"] or ()), *added]
        call.account.keep(voice)
        call.account.count(edits=1)
    return json_reply({"status": "ok"})


def delete_voice(call: ElevenLabsCall) -> WireResponse:
    """Delete a voice, or remove a saved one from the account.

    https://elevenlabs.io/docs/api-reference/voices/delete
    """
    with call.account.store.transaction():
        voice = call.voice()
        # A voice saved from the library only leaves the account, which any member may do.
        is_saved = not voice.is_default and voice.payload["sharing"] is not None
        call.account.drop(voice if is_saved else call.own_voice("admin"))
    return json_reply({"status": "ok"})


def delete_sample(call: ElevenLabsCall) -> WireResponse:
    """Delete one sample of a voice.

    https://elevenlabs.io/docs/api-reference/samples/delete
    """
    with call.account.store.transaction():
        voice = call.own_voice(*EDITORS)
        sample = find_sample(call, voice)
        voice.payload["samples"].remove(sample)
        call.account.keep(voice)
        call.account.store.remove_recording(call.account.shelf, sample["sample_id"])
    return json_reply({"status": "ok"})


def get_default_settings(call: ElevenLabsCall) -> WireResponse:
    """Return the default voice settings.

    https://elevenlabs.io/docs/api-reference/voices/settings/get-default
    """
    return json_reply(DEFAULT_SETTINGS)


def get_settings(call: ElevenLabsCall) -> WireResponse:
    """Return a voice's settings.

    https://elevenlabs.io/docs/api-reference/voices/settings/get
    """
    return json_reply(settings_of(call, call.voice()))


def edit_settings(call: ElevenLabsCall) -> WireResponse:
    """Change the settings of a voice for this account.

    https://elevenlabs.io/docs/api-reference/voices/settings/update
    """
    voice = call.voice()
    chosen = settings_in(json_object(call.request))
    with call.account.store.transaction():
        settings = settings_of(call, voice) | chosen
        call.account.choose_settings(voice.voice_id, settings)
    return json_reply({"status": "ok"})


def settings_of(call: ElevenLabsCall, voice: ElevenLabsVoice) -> dict[str, Any]:
    """Return a voice's effective settings in this account."""
    chosen = call.account.settings(voice.voice_id) or voice.payload["settings"]
    return {**DEFAULT_SETTINGS, **(chosen or {})}


def find_sample(call: ElevenLabsCall, voice: ElevenLabsVoice) -> dict[str, Any]:
    """Return the sample in the path; raises an error response if missing."""
    wanted = call.values["sample_id"]
    for sample in voice.payload["samples"] or ():
        if sample["sample_id"] == wanted:
            return dict(sample)
    message = f"A sample with sample_id '{wanted}' was not found."
    raise refuse(400, "not_found", "sample_not_found", message)


def _form(call: ElevenLabsCall) -> Form:
    try:
        return parse_form(call.request.headers.get("content-type", ""), call.request.body)
    except NotMultipart as exc:
        raise refuse_as_invalid(problem("body", "name", "missing", "Field required")) from exc


def _name(form: Form) -> str:
    name = (form.first("name") or "").strip()
    if not name:
        raise refuse_as_invalid(problem("body", "name", "missing", "Field required"))
    return name


def _labels(form: Form) -> dict[str, str] | None:
    text = form.first("labels")
    if not text:
        return None
    try:
        labels = json.loads(text)
    except ValueError as exc:
        raise refuse_as_invalid(
            problem("body", "labels", "json_invalid", "Invalid JSON", text)
        ) from exc
    if labels is None:
        return None
    if not isinstance(labels, dict) or not all(isinstance(word, str) for word in labels.values()):
        message = "Input should be an object of strings"
        raise refuse_as_invalid(problem("body", "labels", "dict_type", message, text))
    return labels


def _recordings(form: Form) -> list[Recording]:
    if "files" in form.fields:
        message = "Expected UploadFile, received: <class 'str'>"
        raise refuse_as_invalid(problem("body", "files", "value_error", message))
    uploads = form.uploads("files")
    if len({upload.content for upload in uploads}) < len(uploads):
        raise duplicate_upload()
    try:
        return [(upload, decode_recording(upload.content)) for upload in uploads]
    except NotAudio as exc:
        raise corrupted_upload() from exc


def _keep_samples(
    account: ElevenLabsAccount, recordings: Sequence[Recording], form: Form
) -> list[dict[str, Any]]:
    cleaned = (form.first("remove_background_noise") or "").lower() == "true"
    samples = []
    for upload, sound in recordings:
        sample = sample_entry(
            sample_id=identifier(secrets.token_hex(16)),
            file_name=upload.filename,
            mime_type=MIME_TYPES[container_of(upload.content) or "mp3"],
            size_bytes=len(upload.content),
            digest=hashlib.sha256(upload.content).hexdigest()[:32],
            seconds=sound.seconds,
        )
        samples.append({**sample, "remove_background_noise": cleaned})
        account.store.put_recording(account.shelf, sample["sample_id"], upload.content)
    return samples


def _check_limits(account: ElevenLabsAccount) -> None:
    used, limit = account.slots_used(), account.usage()["voice_limit"]
    if used >= limit:
        raise voice_limit_reached(used, limit)
    _check_edits(account)


def _check_edits(account: ElevenLabsAccount) -> None:
    usage = account.usage()
    if usage["edits"] >= usage["max_voice_add_edits"]:
        raise edit_limit_reached()
