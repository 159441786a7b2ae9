"""Parse the search field: words, "phrases", -not, field:value, or a whole expression.

Word searches are lenient: any input gives a sensible result, with a note on what was ignored. Only
expressions and unknown fields are errors, because people who write them want to know.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from catalog.search.expressions import BadExpression, is_expression, parse_expression
from catalog.search.fields import (
    FIELDS,
    MOST_TERMS,
    SearchField,
    all_words,
    describe_unknown,
    whole_phrase,
)
from catalog.search.nodes import ANYWHERE, EVERYTHING, NOTHING, AllOf, AnyOf, Node, Not
from catalog.search.text_normalization import is_unspaced, list_runs

LONGEST_SEARCH = 400
_MOST_NOTES = 3
_PIECE = re.compile(r'(-?)(?:([A-Za-z_]+):)?(?:"([^"]*)"|(\S+)|(?=\s|$))')


@dataclass(frozen=True, slots=True)
class QueryError:
    """An error in an expression: the text before, at, and after its position."""

    message: str
    before: str
    place: str
    after: str


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """The parsed search text."""

    node: Node = EVERYTHING
    notes: tuple[str, ...] = ()
    # The plain words, and the other conditions: phrases, fields, and what is excluded.
    words: str = ""
    conditions: Node = EVERYTHING
    mistake: QueryError | None = None


@lru_cache(maxsize=256)
def parse_search(text: str) -> ParsedQuery:
    """Parse the search text; never raises."""
    text = text[:LONGEST_SEARCH]
    if is_expression(text):
        return _read_expression(text)
    reader = _Words()
    for found in _PIECE.finditer(text):
        sign, name, phrase, word = (part or "" for part in found.groups())
        if name and name.lower() not in FIELDS:
            start, end = found.span(2)
            mistake = QueryError(describe_unknown(name), text[:start], text[start:end], text[end:])
            return ParsedQuery(NOTHING, mistake=mistake)
        reader.take(bool(sign), name, phrase, word)
    return ParsedQuery(
        AllOf((*reader.parts, *reader.chosen)),
        tuple(reader.notes[:_MOST_NOTES]),
        words=" ".join(reader.words),
        conditions=AllOf((*reader.others, *reader.chosen)),
    )


def list_pieces(text: str) -> list[str]:
    """Return the words, phrases, and fields that the text combines; an expression has none."""
    if is_expression(text):
        return []
    return [found[0] for found in _PIECE.finditer(text[:LONGEST_SEARCH]) if found[0].strip()]


def drop_words(text: str, words: Set[str]) -> str:
    """Return the text without these folded words, as far as they aren't part of others."""
    kept = []
    unspaced = [word for word in words if is_unspaced(word)]
    for piece, runs in _list_runs(text):
        if runs and not runs <= words:
            for word in unspaced:
                piece = piece.replace(word, "")
            kept.append(piece)
    return " ".join(kept)


@lru_cache(maxsize=256)
def _list_runs(text: str) -> list[tuple[str, set[str]]]:
    """Return the pieces of a text with the folded words of each."""
    return [(piece, set(list_runs(piece))) for piece in list_pieces(text)]


def drop_phrase(text: str, words: Sequence[str]) -> str:
    """Return the text without these folded words where they follow each other."""
    pieces = list_pieces(text)
    for start in range(len(pieces)):
        for end in range(start + 1, start + len(words) + 1):
            if list_runs(" ".join(pieces[start:end])) == list(words):
                return " ".join([*pieces[:start], *pieces[end:]])
    return text.replace("".join(words), "").strip()


def _read_expression(text: str) -> ParsedQuery:
    try:
        return ParsedQuery(parse_expression(text))
    except BadExpression as exc:
        place = text[exc.start : exc.end] or "…"
        mistake = QueryError(exc.message, text[: exc.start], place, text[exc.end :])
        return ParsedQuery(NOTHING, mistake=mistake)


class _Words:
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.words: list[str] = []  # without signs, fields, and quotation marks
        self.parts: list[Node] = []  # words, phrases, and what is excluded
        self.others: list[Node] = []  # the same without plain words
        self._chosen: dict[str, list[Node]] = {}
        self._count = 0

    @property
    def chosen(self) -> list[Node]:
        """The conditions on fields; values of one field are alternatives, as in filters."""
        chosen = [AnyOf(tuple(nodes)) for nodes in self._chosen.values()]
        return [node.parts[0] if len(node.parts) == 1 else node for node in chosen]

    def take(self, is_not: bool, name: str, phrase: str, word: str) -> None:
        """Add one part of the text."""
        text = phrase or word
        field = FIELDS[name.lower()] if name else None
        if not text.strip(' "') or self._count >= MOST_TERMS:
            return
        self._count += 1
        if field is not None:
            self._take_value(field, text, is_not, is_quoted=bool(phrase))
            return
        node = whole_phrase(text, ANYWHERE) if phrase else all_words(text, ANYWHERE)
        if node is None:
            self.notes.append(f"“{text[:40]}” contains no letters to search for.")
            return
        node = Not(node) if is_not else node
        self.parts.append(node)
        if is_not or phrase:
            self.others.append(node)
        else:
            self.words.append(text)

    def _take_value(self, field: SearchField, text: str, is_not: bool, *, is_quoted: bool) -> None:
        values = [text] if is_quoted else [each for each in text.strip('"').split(",") if each]
        for value in values[:MOST_TERMS]:
            node = field.read_text(value, is_quoted=is_quoted)
            if node is None:
                self.notes.append(f"There is no {field.label.lower()} “{value[:40]}”.")
            elif is_not:
                self.parts.append(Not(node))
                self.others.append(Not(node))
            else:
                self._chosen.setdefault(field.name, []).append(node)
