"""The request forms that create and edit a voice at ElevenLabs.

https://elevenlabs.io/docs/api-reference/voices/update
"""

import json
from collections.abc import Mapping
from typing import Any

_NO_LABELS: Mapping[str, str] = {}


def to_form(fields: Mapping[str, str]) -> list[tuple[str, tuple[None, str]]]:
    """Return the parts of a multipart form, which is also required without a recording."""
    # Lone surrogates, which broken JSON may contain, couldn't be encoded.
    sendable = {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}
    return [(name, (None, value)) for name, value in sendable.items()]


def edit_fields(
    item: dict[str, Any],
    *,
    name: str = "",
    description: str | None = None,
    labels: Mapping[str, str] = _NO_LABELS,
) -> dict[str, str]:
    """Return the fields that change these values of a voice and keep all others.

    It is undocumented whether omitted fields are kept or cleared, so all are sent.
    """
    given = {field: item.get(field) for field in ("name", "description")}
    known = {field: text for field, text in given.items() if isinstance(text, str)}
    fields = {"name": name or known.get("name", "")}
    if description is not None or known.get("description"):
        fields["description"] = known["description"] if description is None else description
    held = item.get("labels")
    kept = held if isinstance(held, dict) else {}
    if kept or labels:
        # The API rejects label values other than strings.
        texts = {key: word for key, word in kept.items() if isinstance(word, str)}
        fields["labels"] = json.dumps({**texts, **labels})
    return fields
