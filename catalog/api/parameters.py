"""Read a query string into a struct: strictly, with our own words for what is wrong."""

import functools
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from django.http import QueryDict

from catalog.views.base.problems import ProblemError

_OTHERS = {"date": "a day such as 2026-12-01"}
_BEYOND_IDS = 10**18
Id = Annotated[int, msgspec.Meta(ge=1, lt=_BEYOND_IDS)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=100, description="How many to return at most")]
Cursor = Annotated[
    str,
    msgspec.Meta(
        max_length=200,
        pattern="^[A-Za-z0-9_-]*$",
        description="Where to continue: next_cursor of the last page",
    ),
]
Params = TypeVar("Params", bound=msgspec.Struct)


class ParametersRefused(Exception):
    """Some parameters can't be used."""

    def __init__(self, *errors: ProblemError) -> None:
        super().__init__("invalid")
        self.errors = errors


class NoParams(msgspec.Struct, frozen=True):
    """No parameters."""


class PageParams(msgspec.Struct, frozen=True, kw_only=True):
    """Where a page of a list starts, and its size."""

    limit: Limit = 24
    cursor: Cursor = ""


def read_parameters(kind: type[Params], query: QueryDict) -> Params:
    """Return the parameters; raises ParametersRefused for unknown, repeated, or wrong ones."""
    fields = describe_fields(kind)
    errors, values = [], {}
    for name in query:
        if name not in fields:
            errors.append(ProblemError(name[:60], "There is no such parameter here."))
            continue
        given, (of_type, schema) = query.getlist(name), fields[name]
        is_list = schema.get("type") == "array"
        if len(given) > 1 and not is_list:
            errors.append(ProblemError(name, "This parameter can be given once."))
            continue
        try:
            values[name] = msgspec.convert(given if is_list else given[0], of_type, strict=False)
        except msgspec.ValidationError:
            errors.append(ProblemError(name, f"Expected {say_expected(schema)}."))
    if errors:
        raise ParametersRefused(*errors)
    return kind(**values)


@functools.cache
def describe_fields(kind: type[msgspec.Struct]) -> dict[str, tuple[Any, dict[str, Any]]]:
    """Return the type and the JSON schema of each field."""
    fields = msgspec.structs.fields(kind)
    return {each.encode_name: (each.type, msgspec.json.schema(each.type)) for each in fields}


def say_expected(schema: Mapping[str, Any]) -> str:
    """Return what a schema accepts as words."""
    if "anyOf" in schema:
        return say_expected(schema["anyOf"][0])
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    if "maxLength" in schema:
        return f"a text of {schema.get('minLength', 0)} to {schema['maxLength']} characters"
    if schema.get("type") == "array":
        return _say_list(schema)
    if schema.get("exclusiveMaximum") == _BEYOND_IDS or schema.get("format") == "uuid":
        return "an id"
    if schema.get("type") == "integer":
        return f"a whole number from {schema.get('minimum')} to {schema.get('maximum')}"
    return _OTHERS.get(str(schema.get("format")), "another value")


def _say_list(schema: Mapping[str, Any]) -> str:
    most, each = schema.get("maxItems", "any"), schema["items"]
    if "enum" in each:
        return f"up to {most} of {', '.join(map(str, each['enum']))}"
    return f"up to {most} values, each {say_expected(each)}"
