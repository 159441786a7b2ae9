"""Speech, and the voices for it."""

import base64
from typing import Any

from catalog.sandbox.base_provider import AuthorizedCall, audio_reply
from catalog.sandbox.bills import bill_speech
from catalog.sandbox.messages import WireResponse, json_reply
from catalog.sandbox.providers.telnyx.refusals import no_credit, speech_problem
from catalog.sandbox.providers.telnyx.voices import shown_clone
from catalog.sandbox.voices import SandboxVoice
from catalog.sandbox.waveforms import to_mp3

MOST_CHARACTERS = 5_000
PRICE_PER_CHARACTER = 0.00003


def list_voices(call: AuthorizedCall) -> WireResponse:
    """Return all voices of all vendors for speech, without a wrapper object.

    https://developers.telnyx.com/api-reference/text-to-speech-commands/list-available-voices
    """
    provider = call.request.first("provider").casefold()
    voices = [
        voice
        for voice in call.library.values()
        if provider in ("", voice.payload["provider"].casefold())
    ]
    as_seen = call.account.figures()["voices_as_seen"]
    return json_reply({"voices": [_seen(voice) if as_seen else voice.payload for voice in voices]})


def speak(call: AuthorizedCall) -> WireResponse:
    """Synthesize a text with a voice.

    https://developers.telnyx.com/api-reference/text-to-speech-commands/generate-speech-from-text
    """
    body = call.json_object() or {}
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        raise speech_problem(text="can't be blank")
    if len(text) > MOST_CHARACTERS:
        raise speech_problem(text=f"should be at most {MOST_CHARACTERS} character(s)")
    voice = _voice(call, body.get("voice"))
    cost = len(text) * PRICE_PER_CHARACTER
    if call.account.figures()["balance"] < cost:
        raise no_credit()
    content = to_mp3(voice.speak(call.backstage.studio, text))
    with call.account.store.transaction():
        call.account.count(balance=-cost)
        bill_speech(call.account, voice.voice_id, text)
    if body.get("output_type") == "base64_output":
        return json_reply({"base64_audio": base64.b64encode(content).decode()})
    return audio_reply(content, "audio/mpeg")


def _seen(voice: SandboxVoice) -> dict[str, Any]:
    # As returned by the real service, although its SDK has voice_id and no model.
    payload = {name: value for name, value in voice.payload.items() if name != "voice_id"}
    return {"id": voice.voice_id, **payload, **voice.facts}


def _voice(call: AuthorizedCall, given: object) -> SandboxVoice:
    if not isinstance(given, str) or not given:
        raise speech_problem(voice="can't be blank")
    wanted = given.casefold()
    for voice in call.library.values():
        if voice.voice_id.casefold() == wanted:
            return voice
    for voice in call.account.voices():
        clone = shown_clone(voice, call.account.now())
        if wanted in _names_of(clone):
            return _speaking(voice, clone)
    raise speech_problem(voice="is invalid")


def _names_of(clone: dict[str, Any]) -> set[str]:
    # https://developers.telnyx.com/docs/voice/voice-design-lab/using-custom-voices
    models = {*clone["provider_supported_models"], clone.get("model_id")} - {None}
    vendor, own_id = clone["provider"], clone["provider_voice_id"]
    return {f"{vendor}.{model}.{own_id}".casefold() for model in models}


def _speaking(voice: SandboxVoice, clone: dict[str, Any]) -> SandboxVoice:
    if clone.get("status", "active") != "active":
        raise speech_problem(voice=f"is {clone['status']}")
    return voice
