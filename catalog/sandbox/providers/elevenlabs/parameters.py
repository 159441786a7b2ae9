"""Read query parameters and JSON bodies as strictly as ElevenLabs does."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from catalog.sandbox.messages import WireRequest
from catalog.sandbox.providers.elevenlabs.refusals import problem, refuse_as_invalid

_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def whole_number(request: WireRequest, name: str, default: int, lowest: int, highest: int) -> int:
    """Return an integer query parameter; raises outside its limits."""
    given = request.first(name)
    if not given:
        return default
    try:
        number = int(given)
    except ValueError as exc:
        message = "Input should be a valid integer, unable to parse string as an integer"
        raise refuse_as_invalid(problem("query", name, "int_parsing", message, given)) from exc
    if number < lowest:
        message = f"Input should be greater than or equal to {lowest}"
        raise refuse_as_invalid(problem("query", name, "greater_than_equal", message, given))
    if number > highest:
        message = f"Input should be less than or equal to {highest}"
        raise refuse_as_invalid(problem("query", name, "less_than_equal", message, given))
    return number


def truth(request: WireRequest, name: str, *, default: bool) -> bool:
    """Return a boolean query parameter."""
    given = request.first(name)
    if not given:
        return default
    if given.lower() not in _TRUTHS:
        message = "Input should be a valid boolean, unable to interpret input"
        raise refuse_as_invalid(problem("query", name, "bool_parsing", message, given))
    return _TRUTHS[given.lower()]


def one_of(request: WireRequest, name: str, allowed: Collection[str]) -> str:
    """Return a query parameter that must be one of the allowed words; "" if missing."""
    given = request.first(name)
    if given and given not in allowed:
        wanted = " or ".join(f"'{word}'" for word in allowed)
        raise refuse_as_invalid(
            problem("query", name, "literal_error", f"Input should be {wanted}", given)
        )
    return given


def json_object(request: WireRequest) -> dict[str, Any]:
    """Return the JSON object in the body."""
    try:
        value = json.loads(request.body)
    except ValueError as exc:
        raise refuse_as_invalid(
            problem("body", "0", "json_invalid", "JSON decode error", {})
        ) from exc
    if not isinstance(value, dict):
        message = "Input should be a valid dictionary or object to extract fields from"
        raise refuse_as_invalid(problem("body", "0", "model_attributes_type", message, value))
    return value


def settings_in(values: Mapping[str, Any]) -> dict[str, float | bool]:
    """Return the voice settings in a JSON object, without missing and null ones."""
    problems = []
    found: dict[str, float | bool] = {}
    for name, (lowest, highest) in SETTING_BOUNDS.items():
        value = values.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            problems.append(problem("body", name, "float_type", "Input should be a number", value))
        elif not lowest <= value <= highest:
            message = f"Input should be between {lowest} and {highest}"
            problems.append(problem("body", name, "value_error", message, value))
        else:
            found[name] = float(value)
    boost = values.get("use_speaker_boost")
    if isinstance(boost, bool):
        found["use_speaker_boost"] = boost
    elif boost is not None:
        message = "Input should be a valid boolean"
        problems.append(problem("body", "use_speaker_boost", "bool_type", message, boost))
    if problems:
        raise refuse_as_invalid(*problems)
    return found


SETTING_BOUNDS = {
    "stability": (0.0, 1.0),
    "similarity_boost": (0.0, 1.0),
    "style": (0.0, 1.0),
    "speed": (0.7, 1.2),
    "clone_strength": (0.0, 1.0),
}
DEFAULT_SETTINGS: dict[str, float | bool] = {
    "stability": 0.5,
    "similarity_boost": 0.75,
    "style": 0.0,
    "use_speaker_boost": True,
    "speed": 1.0,
}
