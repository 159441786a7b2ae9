"""What to remove from a search that finds nothing, and what was understood of one."""

from collections.abc import Callable
from dataclasses import replace

from catalog.queries.searches.facets import FilterChip, Names, name_value
from catalog.queries.searches.filters import FILTERS, VoiceFilter
from catalog.search.engines import SearchResult
from catalog.search.syntax import drop_phrase, drop_words, list_pieces


def list_understood(answer: SearchResult, wanted: VoiceFilter) -> list[FilterChip]:
    """Return what was understood of the words, each with the URL without the words for it."""
    if not answer.brief:
        return []
    asked = [
        (criterion.label, drop_words(wanted.words, typed))
        for criterion in answer.brief.criteria
        for typed in [{word for words in criterion.typed for word in words.split()}]
    ]
    excluded = [
        (f"not {criterion.label}", drop_phrase(wanted.words, criterion.typed[0].split()))
        for criterion in answer.brief.excluded
    ]
    return [
        FilterChip("Understood", label, replace(wanted, words=rest).query_string())
        for label, rest in (*asked, *excluded)
    ]


def list_relaxed(
    wanted: VoiceFilter,
    names: Names,
    count: Callable[[VoiceFilter], int],
) -> list[FilterChip]:
    """Return each filter or word whose removal would give results, with their number."""
    options = _drop_words(wanted, count)
    if wanted.words:
        options.append(("Search", wanted.words, replace(wanted, words="")))
    for name, values in wanted.chosen.items():
        if values:
            label = ", ".join(name_value(name, value, names) for value in values)
            chosen = {**wanted.chosen, name: ()}
            options.append((FILTERS[name], label, replace(wanted, chosen=chosen)))
    counted = [
        FilterChip(name, label, without.query_string(), count(without))
        for name, label, without in options
    ]
    return [chip for chip in counted if chip.count]


def _drop_words(
    wanted: VoiceFilter, count: Callable[[VoiceFilter], int]
) -> list[tuple[str, str, VoiceFilter]]:
    """Return the search without each of its words, or without those that fit no voice together."""
    pieces = list_pieces(wanted.words)
    if len(pieces) < 2:
        return []
    single = [
        ("Word", piece, replace(wanted, words=" ".join([*pieces[:place], *pieces[place + 1 :]])))
        for place, piece in enumerate(pieces)
    ]
    if any(count(without) for _, _, without in single):
        return single
    kept, dropped = replace(wanted, words=""), []
    for piece in pieces:
        longer = replace(wanted, words=f"{kept.words} {piece}".strip())
        if count(longer):
            kept = longer
        else:
            dropped.append(piece)
    return [("Words", " ".join(dropped), kept)] if kept.words else []
