"""Validate a speech request before anything is sent, because sending may cost credit."""

from collections.abc import Mapping
from typing import Any

from catalog.providers import errors
from catalog.providers.types import ProviderInfo, SpeechParams


def check_speech(
    info: ProviderInfo, params: SpeechParams, details: Mapping[str, Any] | None = None
) -> None:
    """Raise RequestRejected for a text or a setting that the provider would reject.

    ``details`` are the voice's details, on which some settings depend.
    """
    if not params.text.strip():
        raise errors.RequestRejected("Enter a text first.")
    if len(params.text) > info.max_speech_characters:
        raise errors.RequestRejected(
            f"The text is too long: {len(params.text):,} characters. The limit for {info.label} is"
            f" {info.max_speech_characters:,}."
        )
    fields = {field.name: field for field in info.speech_fields(details or {})}
    for name, value in params.settings.items():
        if name not in fields:
            raise errors.RequestRejected(f"{info.label} has no setting named {name[:40]}.")
        if not fields[name].takes(value):
            label, words = fields[name].label, fields[name].range_words
            raise errors.RequestRejected(f"{label} must be {words}.")
