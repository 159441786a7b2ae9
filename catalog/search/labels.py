"""The labels of a voice: languages and their families, use cases, and styles.

Use cases and styles are closed lists (``providers.labels``). They are read from the provider's
words for them, and from the description, the tags, and the name. The provider's own words stay in
``raw_labels``.
"""

from collections.abc import Collection, Iterable, Iterator

from catalog.models import Voice
from catalog.providers.labels import STYLES, USE_CASES, language_family
from catalog.search.lexicon import NEGATIONS, ORDINARY_WORDS
from catalog.search.meanings import MEANINGS, Meaning, cut_text, find_stem, match_phrase

Pairs = list[tuple[str, str]]
_UNKNOWN = "unknown"
_LONGEST_TEXT = 2000
_NEGATED_WORDS = 3
_SENTENCE_ENDS = str.maketrans(dict.fromkeys(".;!?。；！？", "\n"))


def list_labels(row: Voice, languages: Iterable[str], use_cases: Iterable[str]) -> Pairs:
    """Return the voice's labels as pairs of facet and value.

    ``languages`` are its language tags, and ``use_cases`` the provider's words for its use cases.
    A voice without any has the value "unknown" instead. Styles may be missing.
    """
    tags = _known(tag[:20] for tag in languages)
    families = _known(language_family(tag) for tag in tags)
    stated = [meaning for text in _list_texts(row) for meaning in _read_text(text, ORDINARY_WORDS)]
    uses = [use for words in use_cases for use in read_use_cases(words)]
    uses += [value for kind, value in stated if kind == "use"]
    styles = [value for kind, value in stated if kind == "style"]
    pairs = [("language", tag) for tag in tags or [_UNKNOWN]]
    pairs += [("family", family) for family in families or [_UNKNOWN]]
    pairs += [("use_case", use) for use in _known(uses) or [_UNKNOWN]]
    return pairs + [("style", style) for style in _known(styles)]


def relist_labels(row: Voice, pairs: Iterable[tuple[str, str]]) -> Pairs:
    """Return the labels, derived again from the current ones after a language has changed.

    Badges are left out.
    """
    held = list(pairs)
    languages = (value for facet, value in held if facet == "language")
    uses = (value for facet, value in held if facet == "use_case")
    return list_labels(row, languages, uses)


def read_use_cases(text: str) -> list[str]:
    """Return the use cases that a text names, such as "customer_service" or 客服."""
    return _read_values("use", text, USE_CASES)


def read_styles(text: str) -> list[str]:
    """Return the styles that a text names."""
    return _read_values("style", text, STYLES)


def _read_values(kind: str, text: str, known: Collection[str]) -> list[str]:
    if text in known:
        return [text]
    meanings = _read_text(text.replace("_", " "))
    return _known(value for each, value in meanings if each == kind)


def _known(values: Iterable[str]) -> list[str]:
    return [value for value in dict.fromkeys(values) if value and value != _UNKNOWN]


def _list_texts(row: Voice) -> Iterator[str]:
    """Yield what a provider says about the voice in its own words."""
    yield row.description[:_LONGEST_TEXT]
    for name in ("tone", "tags"):
        words = row.details.get(name)
        yield from map(str, words if isinstance(words, list | tuple) else [words or ""])
    # The first word is the voice's name: "Claire" says nothing, "Claire, calm narrator" does.
    yield row.name.partition(" ")[2]


def _read_text(text: str, ordinary: frozenset[str] = frozenset()) -> Iterator[Meaning]:
    """Yield what the text's words mean, without what it denies and without ``ordinary`` words."""
    for sentence in text.translate(_SENTENCE_ENDS).splitlines():
        words = list(cut_text(sentence))
        place = denied_until = 0
        while place < len(words):
            length = match_phrase(words, place)
            key = " ".join(words[place : place + length]) if length else find_stem(words[place])
            if words[place] in NEGATIONS:
                denied_until = place + 1 + _NEGATED_WORDS
            elif key and key not in ordinary:
                if place >= denied_until:
                    yield from MEANINGS[key]
                denied_until = 0
            place += length or 1
