"""What Inworld is asked for a clone, and what it answers of the recordings.

https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/clone-voice
"""

import base64
from collections.abc import Iterator
from typing import Any

from catalog.providers.marking import add_marker
from catalog.providers.reading import Reading, drop_empty
from catalog.providers.types import CloneRequest

# The languages of a clone, which the API knows with one region each.
LOCALES = (
    "en-US", "zh-CN", "ko-KR", "ja-JP", "ru-RU", "it-IT", "es-ES", "pt-BR", "de-DE", "fr-FR",
    "ar-SA", "pl-PL", "nl-NL", "hi-IN", "he-IL",
)  # fmt: skip
_LOCALE_OF = {locale.partition("-")[0]: locale for locale in LOCALES}


def clone_body(wish: CloneRequest, longest: int) -> dict[str, Any]:
    """Return the body that asks for a clone; its description is at most so long."""
    spoken, cleans = drop_empty({"transcription": wish.transcript}), wish.remove_background_noise
    language = _LOCALE_OF.get(wish.language, wish.language)
    # At most one of two fields: the older one has these languages alone, the newer one any tag.
    is_known = language in LOCALES
    body = {
        "displayName": wish.name,
        "description": add_marker(wish.description, wish.marker, longest),
        # Left out, it is found out from the recording.
        "langCode": language.replace("-", "_").upper() if is_known else "",
        "languageCode": "" if is_known else language,
        "tags": list(wish.labels.values()),
        "voiceSamples": [
            {"audioData": base64.b64encode(sample.content).decode(), **spoken}
            for sample in wish.samples
        ],
        "audioProcessingConfig": {"removeBackgroundNoise": True} if cleans else {},
    }
    return drop_empty(body)


def read_verdicts(made: Reading, field: str) -> Iterator[str]:
    """Yield what is said of the recordings in their errors or warnings."""
    for sample in made.objects("audioSamplesValidated"):
        # Each text in an object by the page, and bare by what others were sent.
        yield from (entry.line("text") for entry in sample.objects(field))
        yield from sample.lines(field)
