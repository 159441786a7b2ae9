"""How values from providers are shown to people."""

import pytest

from catalog.templating.formats import as_title, in_words


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"since": "2023-11-18T23:05:20+00:00"}, "Since: Nov 18, 2023, 23:05"),
        ({"original_voice_id": "x1"}, "Original voice ID: x1"),
        ("2023-11-18T99:99", "2023-11-18T99:99"),
        (["deep", True, None], "deep; Yes; Unknown"),
    ],
)
def test_json_values_are_shown_as_words(value, shown):
    assert in_words(value) == shown


def test_abbreviations_in_names_are_upper_case():
    assert as_title("tts_voice_id") == "TTS voice ID"
    assert as_title("video_ideas") == "Video ideas"
