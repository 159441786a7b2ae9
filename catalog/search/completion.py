"""Autocomplete the search field: field names, then their values."""

import re
from collections.abc import Mapping

from catalog.search.expressions import is_expression
from catalog.search.fields import FIELDS
from catalog.search.text_normalization import fold_text

_MOST = 8
_LAST = re.compile(r"(?:^|\s)(-?)([A-Za-z_]+)(?:(:)([^\s\"]*))?$")
# The facet that provides the suggestions for a field without its own values.
_FACETS = {"lang": "language", "accent": "accent", "use": "use_case"}


def complete_search(text: str, counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return suggestions for the whole search field, with its last part completed.

    ``counts`` has the number of voices per value; the most frequent values come first.
    """
    found = _LAST.search(text)
    if found is None or is_expression(text):
        return []
    sign, name, colon, begun = found.groups()
    before = text[: found.start(2) - len(sign)]
    if colon:
        pieces = [f"{name}:{value}" for value in _list_values(name.lower(), begun, counts)]
    else:
        pieces = [f"{each}:" for each in sorted(FIELDS) if _begins(each, name.lower())]
    return [f"{before}{sign}{piece}" for piece in pieces[:_MOST] if piece != f"{name}:{begun}"]


def _begins(field_name: str, begun: str) -> bool:
    # A field's aliases are understood, but only its main name is suggested.
    return field_name.startswith(begun) and FIELDS[field_name].name == field_name


def _list_values(name: str, begun: str, counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    field = FIELDS.get(name)
    if field is None:
        return []
    known = counts.get(_FACETS.get(field.name, field.name), {})
    values = dict.fromkeys([*sorted(known, key=lambda value: -known[value]), *field.values])
    wanted = fold_text(begun)
    fitting = [
        value
        for value in values
        if fold_text(value).startswith(wanted)
        or fold_text(field.values.get(value, "")).startswith(wanted)
    ]
    return [f'"{value}"' if " " in value else value for value in fitting]
