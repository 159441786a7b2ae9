"""StepFun speech, as audio or as a download URL."""

import secrets

from catalog.sandbox.base_provider import AuthorizedCall, audio_reply
from catalog.sandbox.bills import bill_speech
from catalog.sandbox.messages import WireResponse, json_reply
from catalog.sandbox.providers.stepfun.cloning import CLONING_MODELS, charge
from catalog.sandbox.providers.stepfun.refusals import invalid
from catalog.sandbox.voices import SandboxVoice
from catalog.sandbox.waveforms import Waveform, to_mp3, to_wav

# Reported to use its own voice instead of a requested clone.
FALLING_BACK = "stepaudio-3-tts"
MODELS = (*CLONING_MODELS, FALLING_BACK)
MOST_CHARACTERS, MOST_INSTRUCTION = 1_000, 200
PRICE_PER_CHARACTER = 0.0001
RATE = 24_000
WAV_HEADER = 44
CONTENT_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav", "pcm": "audio/pcm"}
LINK_SECONDS = 12 * 3600


def create_speech(call: AuthorizedCall) -> WireResponse:
    """Synthesize a text.

    https://platform.stepfun.ai/docs/en/api-reference/audio/create-audio
    """
    body = call.json_object() or {}
    model, text = body.get("model"), body.get("input")
    if model not in MODELS:
        raise invalid(f"model {model!r} does not exist")
    if not isinstance(text, str) or not 0 < len(text.strip()) <= MOST_CHARACTERS:
        raise invalid(f"input must have 1 to {MOST_CHARACTERS} characters")
    if len(str(body.get("instruction") or "")) > MOST_INSTRUCTION:
        raise invalid(f"instruction must have at most {MOST_INSTRUCTION} characters")
    wanted = body.get("response_format") or "mp3"
    if wanted not in tuple(CONTENT_TYPES):
        raise invalid(f"response_format {wanted!r} is not played here; use mp3, wav or pcm")
    speed = _between(body.get("speed"), 0.5, "speed")
    _between(body.get("volume"), 0.1, "volume")
    voice = _voice(call, body.get("voice"), model)
    with call.account.store.transaction():
        charge(call, len(text) * PRICE_PER_CHARACTER)
        bill_speech(call.account, voice.voice_id, text)
    content = _encoded(voice.speak(call.backstage.studio, text, speed), wanted)
    if body.get("return_url") is True:
        return _link(call, content, wanted)
    return audio_reply(content, CONTENT_TYPES[wanted])


def _voice(call: AuthorizedCall, voice_id: object, model: object) -> SandboxVoice:
    voice = call.any_voice(voice_id) if isinstance(voice_id, str) else None
    if voice is None:
        raise invalid(f"voice {voice_id!r} does not exist")
    if model == FALLING_BACK and voice.voice_id not in call.library:
        return next(iter(call.library.values()))
    return voice


def _between(given: object, lowest: float, name: str) -> float:
    if given is None:
        return 1.0
    if isinstance(given, bool) or not isinstance(given, int | float) or not lowest <= given <= 2:
        raise invalid(f"{name} must be between {lowest} and 2")
    return float(given)


def _encoded(sound: Waveform, wanted: str) -> bytes:
    if wanted == "mp3":
        return to_mp3(sound)
    content = to_wav(sound, rate=RATE, seconds=sound.seconds)
    return content if wanted == "wav" else content[WAV_HEADER:]


def _link(call: AuthorizedCall, content: bytes, wanted: str) -> WireResponse:
    name = secrets.token_hex(12)
    now = call.account.now()
    link = {"until": now + LINK_SECONDS, "content_type": CONTENT_TYPES[wanted]}
    with call.account.store.transaction():
        call.account.store.put(call.account.shelf, "link", name, link)
        call.account.store.put_recording(call.account.shelf, name, content)
    url = f"{call.base_url}/_files/{name}.{wanted}"
    return json_reply({"created": int(now), "data": {"url": url}})
