"""Compute the search and sort columns of a voice."""

from collections.abc import Callable, Iterable

from catalog.models import Voice
from catalog.providers.labels import (
    accent_label,
    language_label,
    style_label,
    use_case_label,
)
from catalog.search.text_normalization import join_terms, sort_key

_LONGEST_DESCRIPTION = 2000
_LONGEST_COLUMN = 8000
_UNKNOWN = "unknown"
_NAMERS: dict[str, Callable[[str], str]] = {
    "language": language_label,
    "family": language_label,
    "use_case": use_case_label,
    "style": style_label,
}


def fill_names(row: Voice) -> None:
    """Set the sort name, and the name terms, which include the provider's name."""
    row.sort_name = sort_key(row.shown_name)
    row.name_words = join_terms(row.shown_name, row.name if row.own_name else "")


def fill_words(row: Voice, labels: Iterable[tuple[str, str]]) -> None:
    """Set the search terms: name, id, our and the provider's labels, and text.

    ``labels`` are the voice's pairs of facet and value. The row is not saved.
    """
    fill_names(row)
    row.id_words = join_terms(row.remote_id)
    words = [row.info.label, *map(str, row.raw_labels.values())]
    for facet, value in labels:
        if facet in _NAMERS and value != _UNKNOWN:
            words.append(_NAMERS[facet](value))
    words += [accent_label(row.accent)] if row.accent != _UNKNOWN else []
    kinds = (row.Gender(row.gender), row.Age(row.age), row.Kind(row.kind))
    words += [str(each.label) for each in kinds if each.value != _UNKNOWN]
    tags = row.details.get("tags")
    words += [str(tag) for tag in tags] if isinstance(tags, list | tuple) else []
    row.label_words = _cut(join_terms(*words))
    row.search_text = _cut(join_terms(row.description[:_LONGEST_DESCRIPTION]))


def _cut(line: str) -> str:
    # Cut after a whole term, including its trailing space.
    return line if len(line) <= _LONGEST_COLUMN else f"{line[:_LONGEST_COLUMN].rsplit(' ', 1)[0]} "
