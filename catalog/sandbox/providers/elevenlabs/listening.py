"""Audio: previews, samples, and speech."""

from catalog.sandbox.bills import bill_speech
from catalog.sandbox.files import file_reply
from catalog.sandbox.messages import WireRequest, WireResponse
from catalog.sandbox.people import make_person
from catalog.sandbox.providers.elevenlabs.calls import ElevenLabsCall
from catalog.sandbox.providers.elevenlabs.editing import find_sample, settings_of
from catalog.sandbox.providers.elevenlabs.formats import (
    DEFAULT,
    ENCODINGS,
    content_type,
    plan_has,
)
from catalog.sandbox.providers.elevenlabs.history import keep_item
from catalog.sandbox.providers.elevenlabs.models import MODEL_IDS
from catalog.sandbox.providers.elevenlabs.parameters import json_object, settings_in
from catalog.sandbox.providers.elevenlabs.refusals import (
    INVALID_REQUEST,
    problem,
    quota_exceeded,
    refuse,
    refuse_as_invalid,
)
from catalog.sandbox.providers.elevenlabs.voices import ElevenLabsVoice
from catalog.sandbox.services import Services
from catalog.sandbox.waveforms import encode, to_mp3

MOST_CHARACTERS = 10_000


def play_preview(request: WireRequest, backstage: Services, voice: ElevenLabsVoice) -> WireResponse:
    """Serve a voice's public preview at its preview_url."""
    text = make_person(voice.seed).sentence

    def record() -> bytes:
        return to_mp3(voice.speak(backstage.studio, text))

    content = backstage.studio.clip(f"preview {voice.seed} {text}", record)
    return file_reply(request, content, "audio/mpeg")


def play_sample(call: ElevenLabsCall) -> WireResponse:
    """Return the recording that a voice was made from.

    https://elevenlabs.io/docs/api-reference/voices/samples/audio/get
    """
    voice = call.voice()
    sample = find_sample(call, voice)
    content = call.account.store.get_recording(call.account.shelf, sample["sample_id"])
    if content is None:
        content = voice.reading(call.backstage.studio)
    return file_reply(call.request, content, sample["mime_type"])


def convert_text(call: ElevenLabsCall) -> WireResponse:
    """Synthesize a text; the streaming endpoint returns the same at once.

    https://elevenlabs.io/docs/api-reference/text-to-speech/convert
    """
    name = _output_format(call)
    body = json_object(call.request)
    text = _text(body.get("text"))
    _check_model(body.get("model_id"))
    voice = call.voice()
    settings = settings_of(call, voice) | settings_in(body.get("voice_settings") or {})
    with call.account.store.transaction():
        _check_quota(call, len(text))
        call.account.count(character_count=len(text))
        bill_speech(call.account, voice.voice_id, text)
        keep_item(call, voice, text)
    sound = voice.speak(call.backstage.studio, text, settings["speed"])
    reply = WireResponse(200, encode(sound, ENCODINGS[name]), content_type(name))
    return reply.with_headers(character_cost=str(len(text)))


def _output_format(call: ElevenLabsCall) -> str:
    wanted = call.request.first("output_format") or DEFAULT
    if wanted not in ENCODINGS:
        raise refuse_as_invalid(
            problem("query", "output_format", "enum", "Input should be a known format", wanted)
        )
    if not plan_has(call.account.plan.tier, wanted):
        raise refuse(
            403,
            "authorization_error",
            "feature_not_available",
            f"Output format {wanted} is only allowed for higher plans.",
            status="output_format_not_allowed",
        )
    return wanted


def _text(given: object) -> str:
    if given is None:
        raise refuse_as_invalid(problem("body", "text", "missing", "Field required"))
    if not isinstance(given, str):
        message = "Input should be a valid string"
        raise refuse_as_invalid(problem("body", "text", "string_type", message, given))
    if not given.strip():
        message = "Input text is empty. It must include non-empty text."
        raise refuse(
            400,
            INVALID_REQUEST,
            "invalid_parameters",
            message,
            status="input_text_empty",
            param="text",
        )
    if len(given) > MOST_CHARACTERS:
        message = (
            f"This request's text has {len(given)} characters and exceeds the character limit of"
            f" {MOST_CHARACTERS} characters."
        )
        raise refuse(
            400, INVALID_REQUEST, "text_too_long", message, status="max_character_limit_exceeded"
        )
    return given


def _check_model(model_id: object) -> None:
    if model_id is not None and model_id not in MODEL_IDS:
        message = f"A model with model ID {model_id} does not exist."
        raise refuse(400, "not_found", "model_not_found", message)


def _check_quota(call: ElevenLabsCall, needed: int) -> None:
    usage = call.account.usage()
    left = max(0, usage["character_limit"] - usage["character_count"])
    if needed > left:
        raise quota_exceeded(usage["character_limit"], left, needed)
