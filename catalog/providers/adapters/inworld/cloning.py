"""Clone requests to Inworld, and its verdicts on the recordings.

https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/clone-voice
"""

import base64
from collections.abc import Iterator
from typing import Any

from catalog.providers.idempotency_marker import add_marker
from catalog.providers.labels import language_label, language_tag
from catalog.providers.lenient_json import LenientJson, drop_empty
from catalog.providers.types import CloneParams

# The values of ``langCode`` that name a language, each with one region.
LOCALES = (
    "en-US", "zh-CN", "ko-KR", "ja-JP", "ru-RU", "it-IT", "es-ES", "pt-BR", "de-DE", "fr-FR",
    "ar-SA", "pl-PL", "nl-NL", "hi-IN", "he-IL",
)  # fmt: skip
# For any other or an unknown language, Inworld detects it from the recording.
_DETECTED = "AUTO"
_LOCALE_OF = {locale.partition("-")[0]: locale for locale in LOCALES}


def clone_body(params: CloneParams, longest: int) -> dict[str, Any]:
    """Return the request body for a clone; its description has at most ``longest`` characters."""
    spoken, cleans = (
        drop_empty({"transcription": params.transcript}),
        params.remove_background_noise,
    )
    body = {
        "displayName": params.name,
        "description": add_marker(params.description, params.marker, longest),
        "langCode": nearest_locale(params.language).replace("-", "_").upper() or _DETECTED,
        "tags": list(params.labels.values()),
        "voiceSamples": [
            {"audioData": base64.b64encode(sample.content).decode(), **spoken}
            for sample in params.samples
        ],
        "audioProcessingConfig": {"removeBackgroundNoise": True} if cleans else {},
    }
    return drop_empty(body)


def nearest_locale(language: str) -> str:
    """Return the documented locale for a language in any region, "" if there is none."""
    return _LOCALE_OF.get(language_tag(language).partition("-")[0], "")


def say_what_was_sent(language: str) -> str:
    """Return a note if another language was sent than requested, else ""."""
    wished, sent = language_tag(language), nearest_locale(language)
    if not language or wished in (sent, sent.partition("-")[0]):
        return ""
    asked = language_label(wished or language)
    if not sent:
        return f"Inworld has no setting for {asked}, so it detected the language."
    return f"Inworld has no setting for {asked}, so {language_label(sent)} was used."


def read_verdicts(made: LenientJson, field: str) -> Iterator[str]:
    """Yield the errors or warnings about the recordings."""
    for sample in made.objects("audioSamplesValidated"):
        # Documented as objects with a text, but some responses contain bare strings.
        yield from (entry.line("text") for entry in sample.objects(field))
        yield from sample.lines(field)
