"""How each provider writes lists and refusals: one entry a provider in each table.

The conformance suite (``test_every_*.py``) needs them to build answers that no fixture holds.
"""

from typing import Any, NamedTuple


class Lists(NamedTuple):
    """How a provider lists its voices.

    ``fixtures`` names, for each list, the fixture and the field that holds the voices.
    ``envelope`` is what else a page without voices may hold. ``second_path`` is the path of the
    second list, if there is one.
    """

    fixtures: tuple[tuple[str, str], ...]
    envelope: dict[str, Any]
    is_wrapped: bool = False
    second_path: str = ""


LISTS = {
    "elevenlabs": Lists((("voices_documented", "voices"),), {"has_more": False}),
    "inworld": Lists((("voices_documented", "voices"),), {"totalSize": 0, "nextPageToken": ""}),
    "noiz": Lists(
        (("voices_custom", "voices"), ("voices_built_in", "voices")),
        {"total_count": 0},
        is_wrapped=True,
    ),
    "stepfun": Lists(
        (("clones_documented", "data"), ("system_voices", "voices")),
        {"object": "list", "has_more": False},
        second_path="*/audio/system_voices",
    ),
    "telnyx": Lists(
        (("clones_page_2", "data"), ("voices", "voices")),
        {"meta": {"total_pages": 0, "total_results": 0}},
        second_path="*/text-to-speech/voices",
    ),
}

# Fields that promise voices: a page with them and without voices is not an empty list.
PROMISES = {
    "elevenlabs": {"has_more": True, "next_page_token": "t"},
    "inworld": {"totalSize": 42},
    "noiz": {"total_count": "42"},
    "stepfun": {"has_more": True},
    "telnyx": {"meta": {"total_results": 42, "total_pages": 3}},
}

# A refusal in these words, in the provider's JSON.
REFUSALS = {
    "elevenlabs": lambda words: {"detail": {"status": "new_status", "message": words}},
    "inworld": lambda words: {"code": 99, "message": words},
    "noiz": lambda words: {"code": 1234, "message": words},
    "stepfun": lambda words: {"error": {"type": "new_type", "message": words}},
    "telnyx": lambda words: {"errors": [{"code": "99999", "title": "New", "detail": words}]},
}
