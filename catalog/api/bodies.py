"""Read the body of a request into a struct: strictly, with our own words for what is wrong."""

import re
from typing import Any, TypeVar

import msgspec
from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest

from catalog.api.parameters import ParametersRefused, describe_fields, say_expected
from catalog.views.base.problems import ProblemError, RequestRefused

_MOST_BYTES = 64 * 1024
_PLACE = re.compile(r" - at `\$\.(\w+)")
_MISSING = re.compile(r"missing required field `(\w+)`")
_UNKNOWN = re.compile(r"unknown field `(.{1,60}?)`")


class Body(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a program sends as JSON."""


Kind = TypeVar("Kind", bound=msgspec.Struct)


def read_body(kind: type[Kind], request: HttpRequest) -> Kind:
    """Return the body; raises RequestRefused, and ParametersRefused for wrong fields."""
    if request.content_type != "application/json":
        raise RequestRefused("wrong-type")
    content = request.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise RequestRefused("too-large")
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as exc:
        raise ParametersRefused(_explain(kind, str(exc))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RequestRefused("not-json") from None


def clean_form(form: forms.Form) -> dict[str, Any]:
    """Return the values of a page's form; raises ParametersRefused with what it says."""
    if form.is_valid():
        return form.cleaned_data
    raise ParametersRefused(
        *(
            ProblemError("" if name == NON_FIELD_ERRORS else f"/{name}", str(words))
            for name, found in form.errors.items()
            for words in found
        )
    )


def _explain(kind: type[msgspec.Struct], said: str) -> ProblemError:
    if found := _MISSING.search(said):
        return ProblemError(f"/{found[1]}", "This field is needed.")
    if found := _UNKNOWN.search(said):
        return ProblemError(f"/{found[1]}", "There is no such field here.")
    found = _PLACE.search(said)
    fields = describe_fields(kind)
    if found is None or found[1] not in fields:
        return ProblemError("", "Expected an object.")
    return ProblemError(f"/{found[1]}", f"Expected {say_expected(fields[found[1]][1])}.")
