"""Create, change, and delete voices of a workspace."""

import base64
import binascii
import re
import secrets
from typing import Any

from catalog.sandbox.base_provider import AuthorizedCall, hear
from catalog.sandbox.bills import bill_clone
from catalog.sandbox.messages import WireResponse, json_reply
from catalog.sandbox.providers.inworld.detecting import detect_locale
from catalog.sandbox.providers.inworld.refusals import (
    invalid,
    no_credit,
    no_such_voice,
    not_yours,
    too_many_clones,
)
from catalog.sandbox.providers.inworld.voices import (
    AGE_GROUPS,
    GENDERS,
    LANG_CODES,
    LANGUAGES,
    bcp_47,
    own_payload,
)
from catalog.sandbox.voices import SandboxVoice
from catalog.sandbox.waveforms import Waveform, median_pitch

CONTAINERS = ("wav", "mp3", "matroska")
SHORTEST, SHORT, LONG = 1.0, 5.0, 15.0
AUTO = "AUTO"
_TEXTS = {"displayName": str, "description": str, "tags": list}
_CHOICES = {"gender": GENDERS, "ageGroup": AGE_GROUPS}


def clone_voice(call: AuthorizedCall) -> WireResponse:
    """Create an instant clone; unusable samples are reported inside a 200.

    https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/clone-voice
    """
    body = call.json_object()
    if body is None:
        raise invalid("request body is not a JSON object")
    name = text_in(body, "displayName").strip()
    if not name:
        raise invalid("display_name is required")
    language = language_in(body)
    contents = _samples(call, body)
    locale = bcp_47(language) if language != AUTO else _detect(body, name)
    language = LANGUAGES.get(locale.partition("-")[0], AUTO)
    sounds = [hear(content, CONTAINERS) for content in contents]
    usable = [sound for sound in sounds if sound is not None and sound.seconds >= SHORTEST]
    with call.account.store.transaction():
        _check_limits(call)
        voice = _keep_clone(call, body, name, locale, usable[0]) if usable else None
    reports = [
        _report(sample, sound, language)
        for sample, sound in zip(body["voiceSamples"], sounds, strict=True)
    ]
    shown = voice.payload if voice else None
    return json_reply({"voice": shown, "audioSamplesValidated": reports})


def update_voice(call: AuthorizedCall) -> WireResponse:
    """Change a voice's data; omitted fields are kept.

    https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/update-voice
    """
    body = call.json_object()
    if body is None:
        raise invalid("request body is not a JSON object")
    changes = changes_in(body)
    with call.account.store.transaction():
        voice = _own_voice(call)
        voice.payload.update(changes)
        call.account.keep(voice)
    return json_reply(voice.payload)


def delete_voice(call: AuthorizedCall) -> WireResponse:
    """Delete a voice of the workspace.

    https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/delete-voice
    """
    with call.account.store.transaction():
        call.account.drop(_own_voice(call))
    return json_reply({})


def _own_voice(call: AuthorizedCall) -> SandboxVoice:
    voice_id = call.values["voice_id"]
    voice = call.account.voice(voice_id)
    if voice is None:
        raise not_yours() if voice_id in call.library else no_such_voice(voice_id)
    return voice


def changes_in(body: dict[str, Any]) -> dict[str, Any]:
    """Validate and return the changes to a voice."""
    changes = {}
    for field, kind in _TEXTS.items():
        if field in body:
            if not isinstance(body[field], kind):
                raise invalid(f"invalid value for {field}")
            changes[field] = body[field]
    for field, allowed in _CHOICES.items():
        if field in body:
            if body[field] not in allowed:
                raise invalid(f"invalid value for {field}")
            changes[field] = body[field]
    if "displayName" in changes and not changes["displayName"].strip():
        raise invalid("display_name cannot be empty")
    return changes


def text_in(body: dict[str, Any], field: str) -> str:
    """Return a string, "" if missing; raises for other types."""
    value = body.get(field) or ""
    if not isinstance(value, str):
        raise invalid(f"invalid value for {field}")
    return value


def language_in(body: dict[str, Any]) -> str:
    """Validate and return the language code of a voice.

    The older field takes one of the codes, the newer one any BCP 47 tag of such a language. AUTO
    means to detect it from the recording or the prompt.
    """
    code, tag = text_in(body, "langCode"), text_in(body, "languageCode")
    if code and tag:
        raise invalid("at most one of lang_code and language_code may be set")
    if code in ("", AUTO, "LANGUAGE_CODE_UNSPECIFIED") and not tag:
        return AUTO
    found = LANGUAGES.get(tag.partition("-")[0].lower()) if tag else code
    if found not in LANG_CODES:
        raise invalid(f"unsupported language: '{code or tag}'")
    return found


def _detect(body: dict[str, Any], name: str) -> str:
    said = [text_in(sample, "transcription") for sample in body["voiceSamples"]]
    return detect_locale(" ".join(said), name)


def _samples(call: AuthorizedCall, body: dict[str, Any]) -> list[bytes]:
    given = body.get("voiceSamples")
    if not isinstance(given, list) or not given:
        raise invalid("voice_samples must contain at least one sample")
    most = call.account.figures()["sample_bytes"]
    contents = []
    for number, sample in enumerate(given):
        try:
            content = base64.b64decode(sample["audioData"], validate=True)
        except (TypeError, KeyError, ValueError, binascii.Error) as exc:
            raise invalid(f"voice_samples[{number}].audio_data is not valid base64") from exc
        if len(content) > most:
            raise invalid(f"voice_samples[{number}] exceeds the limit of {most} bytes")
        contents.append(content)
    return contents


def _check_limits(call: AuthorizedCall) -> None:
    figures = call.account.figures()
    if figures["credit"] <= 0:
        raise no_credit()
    recent = [
        voice
        for voice in call.account.voices()
        if voice.facts["created_at"] > call.account.now() - 60
    ]
    if len(recent) >= figures["clones_per_minute"]:
        raise too_many_clones(figures["clones_per_minute"])


def _keep_clone(
    call: AuthorizedCall, body: dict[str, Any], name: str, locale: str, sound: Waveform
) -> SandboxVoice:
    word = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "voice"
    payload = own_payload(call.account.name, f"{word}_{secrets.token_hex(4)}", name)
    payload["langCode"] = LANGUAGES.get(locale.partition("-")[0], AUTO)
    payload["promptLanguages"] = [locale]
    payload |= {field: body[field] for field in ("description", "tags") if body.get(field)}
    facts = {"created_at": call.account.now()}
    voice = SandboxVoice(payload["voiceId"], payload, pitch=median_pitch(sound), facts=facts)
    call.account.keep(voice)
    call.account.count(creates=1)
    bill_clone(call.account, voice.voice_id, name)
    return voice


def _report(sample: dict[str, Any], sound: Waveform | None, language: str) -> dict[str, Any]:
    warnings, errors = _complaints(sound)
    return {
        "langCode": language,
        "transcription": sample.get("transcription") or ("" if errors else "This is my voice."),
        "warnings": [{"text": text} for text in warnings],
        "errors": [{"text": text} for text in errors],
        "audioData": sample["audioData"],
    }


def _complaints(sound: Waveform | None) -> tuple[list[str], list[str]]:
    if sound is None:
        return [], ["The audio cannot be decoded. Use WAV, MP3 or WEBM."]
    if sound.seconds < SHORTEST:
        return [], [f"The audio is too short: {sound.seconds:.1f} seconds."]
    if sound.seconds < SHORT:
        return ["The audio is short; 5 to 15 seconds give better results."], []
    if sound.seconds > LONG:
        return [f"The audio is longer than {LONG:.0f} seconds and was trimmed."], []
    return [], []
