"""Any voice from ElevenLabs can be parsed, and the result can be stored and shown."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.providers.adapters.elevenlabs.voice_settings import read_settings
from catalog.providers.adapters.elevenlabs.voices import read_voice, voice_id
from catalog.providers.types import Kind, RemoteVoice, VoiceState
from tests.providers.anything import ANYTHING
from tests.providers.conftest import load_fixture

VOICE = load_fixture("elevenlabs", "voice")["body"]


def paths(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path to every nested value."""
    if isinstance(value, dict):
        inside = list(value.items())
    else:
        inside = list(enumerate(value)) if isinstance(value, list) else []
    found = [(*way, step) for step, _ in inside]
    return found + [deep for step, each in inside for deep in paths(each, (*way, step))]


PATHS = [way for way in paths(VOICE) if way != ("voice_id",)]


@st.composite
def spoiled_voices(draw: st.DrawFn) -> dict[str, Any]:
    """A documented voice with some of its values replaced by anything."""
    voice = json.loads(json.dumps(VOICE))
    for way in draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=6, unique=True)):
        place: Any = voice
        try:
            for step in way[:-1]:
                place = place[step]
            place[way[-1]] = draw(ANYTHING)
        except (KeyError, IndexError, TypeError):
            continue  # a parent of this value was already replaced
    return voice


def check_voice(voice: RemoteVoice) -> None:
    texts = [voice.name, voice.description, voice.accent, voice.preview_url, voice.problem]
    texts += [*voice.languages, *voice.use_cases, *voice.raw.values()]
    shown = json.dumps([texts, dict(voice.details)], allow_nan=False, ensure_ascii=False)
    shown.encode()
    assert "\\u0000" not in shown
    assert 0 < len(voice.name) <= 300
    assert len(voice.description) <= 5000
    assert len(voice.problem) <= 300
    assert isinstance(voice.kind, Kind)
    assert isinstance(voice.state, VoiceState)
    assert isinstance(voice.is_owned, bool)
    assert voice.gender in {"", "male", "female", "neutral"}
    assert voice.age in {"", "young", "middle_aged", "old"}
    assert all(re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,4})*", tag) for tag in voice.languages)
    assert len(set(voice.languages)) == len(voice.languages)
    if voice.created_at is not None:
        latest = datetime.now(UTC) + timedelta(days=2)
        assert datetime(2000, 1, 1, tzinfo=UTC) <= voice.created_at <= latest


@given(spoiled_voices())
def test_a_voice_with_invalid_values_keeps_what_can_be_read(item):
    voice = read_voice(item)

    assert voice.remote_id == VOICE["voice_id"]
    check_voice(voice)


@given(st.dictionaries(st.sampled_from(sorted(VOICE)), ANYTHING))
def test_any_object_with_an_id_is_a_voice(item):
    voice = read_voice({**item, "voice_id": "v1"})

    assert voice.remote_id == "v1"
    check_voice(voice)


@given(ANYTHING)
def test_any_value_in_the_list_is_parsed_without_an_error(item):
    assert isinstance(voice_id(item), str)
    assert isinstance(read_settings(item), dict)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 5),
        ("samples", {"a": 1}),
        ("samples", [{"sample_id": "s", "size_bytes": True}]),
        ("fine_tuning", {"progress": {"a": float("inf")}}),
        ("samples", [None, 5, {"sample_id": 5}]),
        ("verified_languages", [["en"]]),
        ("sharing", "enabled"),
        ("settings", {"stability": "high"}),
        ("settings", {"speed": float("nan")}),
        ("preview_url", "x" * 3000),
        ("preview_url", "https://example.com/\n"),
        ("description", "x" * 1_000_000),
        ("is_owner", "perhaps"),
        ("available_for_tiers", ["creator", 7]),
        ("fine_tuning", {"state": {"a": ["b"]}}),
    ],
)
def test_fields_that_could_not_be_read_are_named(field, value):
    voice = read_voice({**VOICE, "created_at_unix": 1_700_000_000, field: value})

    assert voice.problem.startswith(field)


@pytest.mark.parametrize("field", sorted(set(VOICE) - {"voice_id"}))
def test_a_missing_field_is_not_reported_as_a_problem(field):
    left = {name: value for name, value in VOICE.items() if name not in (field, "created_at_unix")}

    assert read_voice(left).problem == ""
    assert read_voice({**left, field: None}).problem == ""


def test_a_name_in_any_script_is_kept():
    assert read_voice({**VOICE, "name": "سارة 声 👩‍🎤"}).name == "سارة 声 👩‍🎤"


def test_text_direction_and_control_characters_are_removed_from_a_name():
    assert read_voice({**VOICE, "name": "safe\u202e3pm.exe\x00"}).name == "safe3pm.exe"


def test_a_voice_without_a_visible_name_is_named_by_its_id():
    assert read_voice({**VOICE, "name": "\u200b "}).name == VOICE["voice_id"]
