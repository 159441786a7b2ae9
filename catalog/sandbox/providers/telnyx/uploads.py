"""Create clones from uploaded audio; each model has its own requirements."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.sandbox.base_provider import AuthorizedCall, hear
from catalog.sandbox.bills import bill_clone
from catalog.sandbox.messages import WireResponse, json_reply
from catalog.sandbox.multipart import Form
from catalog.sandbox.providers.telnyx.clones import (
    checked_gender,
    checked_language,
    checked_name,
)
from catalog.sandbox.providers.telnyx.refusals import (
    invalid,
    no_credit,
    unfit_for_minimax,
    unreadable_audio,
)
from catalog.sandbox.providers.telnyx.voices import MODELS, clone_payload, shown_clone
from catalog.sandbox.voices import SandboxVoice
from catalog.sandbox.waveforms import Waveform, container_of, median_pitch, to_wav

CONTAINERS = ("wav", "mp3", "flac", "ogg", "mov")
KEPT_SECONDS = {"Qwen3TTS": 10.0, "Bayan": 10.0, "Ultra": 60.0, "speech-2.8-turbo": 300.0}
MINIMAX_SHORTEST, MINIMAX_LONGEST = 10.0, 300.0
DEFAULT_MODELS: Mapping[str, str] = {"telnyx": "Qwen3TTS", "minimax": "speech-2.8-turbo"}
PRICE = 1


@dataclass(frozen=True, slots=True)
class _Upload:
    """The audio of a clone: the original file and the decoded waveform."""

    content: bytes
    sound: Waveform


def create_from_upload(call: AuthorizedCall) -> WireResponse:
    """Create a clone from audio: 201 and active, or 202 and pending for the model Ultra.

    https://developers.telnyx.com/api-reference/voice-clones/create-a-voice-clone-from-upload
    """
    form = call.form()
    model = _model(form)
    described = _described(form, model)
    name = checked_name(form.first("name"))
    upload = _upload(call, form, model)
    clone_id = str(uuid.uuid4())
    payload = clone_payload(clone_id, name, model, call.account.now()) | described
    voice = SandboxVoice(
        clone_id, payload, pitch=median_pitch(upload.sound), facts=_facts(call, model)
    )
    with call.account.store.transaction():
        if call.account.figures()["balance"] < PRICE:
            raise no_credit()
        call.account.keep(voice)
        recording = _as_wav(upload, KEPT_SECONDS[model])
        call.account.store.put_recording(call.account.shelf, clone_id, recording)
        call.account.count(creates=1, balance=-PRICE)
        bill_clone(call.account, clone_id, name)
    shown = shown_clone(voice, call.account.now())
    return json_reply({"data": shown}, 202 if model == "Ultra" else 201)


def checked_provider(provider: str) -> str:
    """Validate a clone's provider."""
    if provider.casefold() not in DEFAULT_MODELS:
        raise invalid("provider must be one of: telnyx, minimax", "/provider")
    return provider.casefold()


def _model(form: Form) -> str:
    wanted = form.first("model_id")
    provider = checked_provider(form.first("provider") or ("telnyx" if wanted == "Bayan" else ""))
    model = wanted or DEFAULT_MODELS[provider]
    if MODELS.get(model) != provider:
        raise invalid(f"model_id is not supported by provider {provider}", "/model_id")
    return model


def _described(form: Form, model: str) -> dict[str, Any]:
    language = form.first("language")
    if model == "Bayan":
        language = language or "ar"
        if language not in ("ar", "en"):
            raise invalid("language must be one of: ar, en", "/language")
        if not (form.first("ref_text") or "").strip():
            raise invalid("ref_text can't be blank for Bayan", "/ref_text")
    return {
        "language": checked_language(language),
        "gender": checked_gender(form.first("gender")),
        "label": form.first("label"),
    }


def _upload(call: AuthorizedCall, form: Form, model: str) -> _Upload:
    uploads = form.uploads("audio_file")
    if not uploads:
        raise invalid("audio_file can't be blank", "/audio_file")
    content = uploads[0].content
    most = call.account.figures()["upload_bytes"]
    if len(content) > most:
        raise invalid(f"audio_file exceeds the maximum size of {most} bytes", "/audio_file")
    sound = hear(content, CONTAINERS)
    if sound is None:
        raise unreadable_audio()
    if MODELS[model] == "minimax" and not MINIMAX_SHORTEST <= sound.seconds <= MINIMAX_LONGEST:
        raise unfit_for_minimax(sound.seconds)
    return _Upload(content, sound)


def _facts(call: AuthorizedCall, model: str) -> dict[str, Any]:
    if model != "Ultra":
        return {}
    figures = call.account.figures()
    return {
        "ready_at": call.account.now() + figures["ultra_seconds"],
        "outcome": "failed" if figures["ultra_fails"] else "active",
    }


def _as_wav(upload: _Upload, longest: float) -> bytes:
    sound = upload.sound
    if container_of(upload.content) == "wav" and sound.seconds <= longest:
        return upload.content
    return to_wav(sound, rate=sound.rate, seconds=min(sound.seconds, longest))
