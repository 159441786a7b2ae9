"""The request form for a clone at Telnyx.

https://developers.telnyx.com/docs/voice/voice-design-lab/clone-voice/parameters
"""

from typing import Any

from catalog.providers.adapters.telnyx.voices import VENDOR_OF_MODEL, sendable
from catalog.providers.idempotency_marker import add_marker
from catalog.providers.sanitize import clean_line
from catalog.providers.types import CloneParams


def clone_form(params: CloneParams, model: str, longest: int) -> list[tuple[str, Any]]:
    """Return the parts of the form; its label has at most ``longest`` characters."""
    sample = params.samples[0]
    fields = {
        "name": params.name,
        # The API takes language codes without a region.
        "language": params.language.partition("-")[0],
        "gender": params.gender,
        "provider": VENDOR_OF_MODEL[model],
        "model_id": model,
        "label": add_marker(params.description, params.marker, longest),
        "ref_text": params.transcript,
    }
    file = (clean_line(sample.filename, 120), sample.content, sample.content_type)
    form = [(name, (None, sendable(text))) for name, text in fields.items() if text]
    return [*form, ("audio_file", file)]
