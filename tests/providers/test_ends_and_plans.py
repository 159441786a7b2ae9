"""Expiring voices, required plans, and verified voices, as reported by providers."""

import pytest

from catalog.providers.adapters.elevenlabs.voices import read_voice
from catalog.providers.adapters.telnyx.voices import read_built_in, read_clone

_TAKES, _TOOK = (
    "its owner is removing it from the library.",
    "its owner removed it from the library.",
)


@pytest.mark.parametrize(
    ("sharing", "expected"),
    [
        ({"status": "copied", "disable_at_unix": 1798700000}, (2026, _TAKES)),
        ({"status": "copied_disabled", "disable_at_unix": 1714204800}, (2024, _TOOK)),
        ({"status": "copied_disabled"}, (None, _TOOK)),
        ({"status": "copied"}, (None, "")),
        # It leaves the library but stays with its creator.
        ({"status": "enabled", "disable_at_unix": 1798700000}, (None, "")),
    ],
)
def test_a_copied_voice_says_when_it_leaves_the_library(sharing, expected):
    voice = read_voice({"voice_id": "v1", "name": "Ada", "sharing": sharing})

    year = voice.ends_at.year if voice.ends_at else None
    assert (year, voice.end_note) == expected


@pytest.mark.parametrize(
    ("item", "note"),
    [
        ({"available_for_tiers": ["creator", "pro"]}, "one of these plans: creator, pro"),
        ({"available_for_tiers": ["free", "creator"]}, ""),
        ({"available_for_tiers": []}, ""),
        ({"sharing": {"free_users_allowed": False}}, "a paid plan"),
        ({"sharing": {"free_users_allowed": True}}, ""),
    ],
)
def test_a_voice_says_which_plan_it_needs(item, note):
    assert read_voice({"voice_id": "v1", **item}).plan_note == note


@pytest.mark.parametrize("is_verified", [True, False, None])
def test_is_verified_is_true_only_if_the_provider_says_so(is_verified):
    item = {"voice_id": "v1", "voice_verification": {"is_verified": is_verified}}

    assert read_voice(item).is_verified is (is_verified is True)


def test_an_expired_clone_and_a_deprecated_voice_have_an_end_note():
    expired = read_clone({"id": "c1", "name": "Ada", "status": "Expired"})
    deprecated = read_built_in({"id": "Telnyx.Natural.ada", "deprecated": True})
    current = read_built_in({"id": "Telnyx.Natural.ada", "deprecated": False})

    assert expired.end_note == "the clone has expired."
    assert (deprecated.end_note, current.end_note) == ("the voice is deprecated.", "")
