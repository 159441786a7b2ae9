"""Audio: previews and speech, both as base64 in JSON."""

import base64
from typing import Any

from catalog.sandbox.base_provider import AuthorizedCall
from catalog.sandbox.bills import bill_speech
from catalog.sandbox.messages import WireResponse, json_reply
from catalog.sandbox.providers.inworld.refusals import invalid, no_credit, no_such_voice
from catalog.sandbox.voices import SandboxVoice
from catalog.sandbox.waveforms import Waveform, to_mp3, to_wav

MODELS = ("inworld-tts-2", "inworld-tts-1.5-max", "inworld-tts-1.5-mini", "inworld-tts-1")
RATES = (8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
MOST_CHARACTERS = 2_000


def preview_voice(call: AuthorizedCall) -> WireResponse:
    """Return a short, free sample of a voice.

    https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/get-voice-preview
    """
    request = call.request
    voice = _voice(call, request.first("voice_id") or request.first("voiceId"))
    content = voice.preview(call.backstage.studio, "inworld")
    sound = {"audioContent": base64.b64encode(content).decode()}
    is_nested = call.account.figures()["nests_preview"]
    return json_reply({"result": sound} if is_nested else sound)


def synthesize(call: AuthorizedCall) -> WireResponse:
    """Synthesize a text with a voice.

    https://docs.inworld.ai/api-reference/ttsAPI/texttospeech/synthesize-speech
    """
    body = call.json_object() or {}
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        raise invalid("text is required")
    if len(text) > MOST_CHARACTERS:
        raise invalid(f"text exceeds the limit of {MOST_CHARACTERS} characters")
    if body.get("modelId") not in MODELS:
        raise invalid(f"Unknown model: '{body.get('modelId')}'")
    config = _config(body)
    voice = _voice(call, body.get("voiceId") or "")
    if call.account.figures()["credit"] <= 0:
        raise no_credit()
    sound = voice.speak(call.backstage.studio, text, _pace(config))
    content = _encoded(sound, config)
    with call.account.store.transaction():
        call.account.count(credit=-len(text))
        bill_speech(call.account, voice.voice_id, text)
    return json_reply(
        {
            "audioContent": base64.b64encode(content).decode(),
            "usage": {"processedCharactersCount": len(text), "modelId": body["modelId"]},
        }
    )


def _voice(call: AuthorizedCall, voice_id: object) -> SandboxVoice:
    if not isinstance(voice_id, str) or not voice_id:
        raise invalid("voice_id is required")
    voice = call.any_voice(voice_id)
    if voice is None:
        raise no_such_voice(voice_id)
    return voice


def _config(body: dict[str, Any]) -> dict[str, Any]:
    config = body.get("audioConfig") or {}
    if not isinstance(config, dict):
        raise invalid("audio_config is not an object")
    return config


def _pace(config: dict[str, Any]) -> float:
    pace = config.get("speakingRate") or 1.0
    if not isinstance(pace, int | float) or not 0.5 <= pace <= 1.5:
        raise invalid("speaking_rate must be between 0.5 and 1.5")
    return float(pace)


def _encoded(sound: Waveform, config: dict[str, Any]) -> bytes:
    rate = config.get("sampleRateHertz") or 48_000
    if rate not in RATES:
        raise invalid(f"unsupported sample_rate_hertz: {rate}")
    encoding = config.get("audioEncoding") or "MP3"
    if encoding == "MP3":
        return to_mp3(sound, rate=rate, kbps=64 if rate < 32_000 else 128)
    if encoding in ("LINEAR16", "WAV"):
        return to_wav(sound, rate=rate, seconds=sound.seconds)
    raise invalid(f"unsupported audio_encoding: {encoding}")
