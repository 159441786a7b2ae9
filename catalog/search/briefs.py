"""Read a brief: what the plain words of a search ask of a voice.

"warm british lady, not posh" asks for a gender, an accent, and a tone, and excludes another. Words
that the lexicon doesn't know are searched for as they are, and those that no voice has are left
out.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from catalog.search.criteria import TEXT, Criterion, make_criterion
from catalog.search.lexicon import ACCENTS, FILLERS, NEGATIONS
from catalog.search.meanings import (
    AGE_WORDS,
    MEANINGS,
    STOPS,
    VOCABULARY,
    Meaning,
    cut_text,
    find_slip,
    find_stem,
    match_phrase,
)
from catalog.search.nodes import NOTHING, AllOf, AnyOf, Node, Not, Word
from catalog.search.spelling import SHORTEST, list_variants
from catalog.search.text_normalization import index_terms, is_unspaced

# Languages whose name with "accent" means an accent in another language.
_ACCENTS_OF = {"fr": "french", "de": "german", "ru": "russian"}
_ACCENT_WORDS = {"accent", "accented", "akzent", "acento"}
_NEGATED_WORDS = 3
_AGE = re.compile(r"(\d\d?)s?$")


@dataclass(frozen=True, slots=True)
class Brief:
    """What was understood of a brief, and the words that were left out."""

    criteria: tuple[Criterion, ...]
    excluded: tuple[Criterion, ...]
    left_out: tuple[str, ...]

    def without(self, facets: Collection[str]) -> "Brief":
        """Return the brief without what it asks of these facets, which a filter has decided."""
        if not facets:
            return self
        kept = (criterion for criterion in self.criteria if criterion.facet not in facets)
        return replace(self, criteria=tuple(kept))

    @property
    def required(self) -> Node:
        """What no result may contradict."""
        against = (criterion.against for criterion in self.criteria if criterion.against != NOTHING)
        excluded = (criterion.node for criterion in self.excluded)
        return AllOf(tuple(Not(node) for node in (*against, *excluded)))

    @property
    def everything(self) -> Node:
        """What a voice that lacks nothing matches, besides what is required.

        Each condition is tested on all voices, as for the score, so the index does it only once.
        """
        return Not(AnyOf(tuple(Not(criterion.node) for criterion in self.criteria)))

    @property
    def least_score(self) -> int:
        """The score from which on a voice is a result.

        Words that the lexicon doesn't know don't raise it, because few voices have them. If all
        that is known is one wish, what comes near it is a result, too.
        """
        known = [criterion for criterion in self.criteria if criterion.kind != "word"]
        least = sum(2 * criterion.weight for criterion in known) * 2 // 5
        return min(least, _near(known[0]) or least) if len(known) == 1 else least

    @property
    def parts(self) -> list[tuple[Node, int]]:
        """What adds to a voice's score, and how much."""
        parts = []
        for criterion in self.criteria:
            near = _near(criterion)
            parts.append((criterion.node, 2 * criterion.weight - near))
            if near:
                parts.append((AnyOf((criterion.node, criterion.near)), near))
            if criterion.kind == "word":
                parts.append((_in_name(criterion.node), 2))
        return parts


def _near(criterion: Criterion) -> int:
    """Return what a neighboring value adds to a voice's score."""
    return 2 * criterion.weight // 3 if criterion.near != NOTHING else 0


@dataclass(slots=True)
class _Hit:
    """Words of the brief with their meanings."""

    typed: str
    meanings: Sequence[Meaning]
    # The words from the negation on, such as "not too old".
    negated: str = ""

    @property
    def is_negated(self) -> bool:
        return self.negated != ""


@dataclass(slots=True)
class _Reading:
    hits: list[_Hit] = field(default_factory=list)
    criteria: list[Criterion] = field(default_factory=list)
    excluded: list[Criterion] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def read_brief(text: str, knows_beginning: Callable[[str], bool]) -> Brief | None:
    """Return what the text asks for, or None if no word has a meaning.

    ``knows_beginning`` tells whether any voice has a word that starts with the term.
    """
    tokens = list(cut_text(text))
    reading = _Reading()
    _read_tokens(tokens, reading, knows_beginning)
    if not any(not hit.is_negated for hit in reading.hits):
        return None
    for hit, meaning in _in_context(reading.hits, tokens):
        criterion = make_criterion(meaning, hit.typed)
        if hit.is_negated:
            reading.excluded.append(replace(criterion, typed=(hit.negated,)))
        else:
            reading.criteria.append(criterion)
    criteria = sorted(_merge(reading.criteria), key=lambda each: _place_of(each, tokens))
    if not criteria:
        return None
    return Brief(tuple(criteria), tuple(reading.excluded), tuple(reading.left_out))


def _place_of(criterion: Criterion, tokens: list[str]) -> int:
    return tokens.index(criterion.typed[0].split()[0])


def is_understood(word: str) -> bool:
    """Return whether the folded word is in the lexicon."""
    return word in VOCABULARY or word in STOPS


def _read_tokens(
    tokens: list[str], reading: _Reading, knows_beginning: Callable[[str], bool]
) -> None:
    # Phrases are found with their typos corrected.
    correct = [_correct(token, knows_beginning) for token in tokens]
    place = negated_from = negated_until = 0
    while place < len(tokens):
        phrase = match_phrase(correct, place)
        token = tokens[place]
        is_negated = place < negated_until
        end = place + (phrase or 1)
        negated = " ".join(tokens[negated_from:end]) if is_negated else ""
        if phrase:
            meanings = MEANINGS[" ".join(correct[place:end])]
            reading.hits.append(_Hit(" ".join(tokens[place:end]), meanings, negated))
            place, negated_until = end, 0
            continue
        place += 1
        if token in NEGATIONS:
            negated_from, negated_until = place - 1, place + _NEGATED_WORDS
        elif token in STOPS or (is_negated and token in FILLERS):
            continue
        elif meanings := _find_meanings(token, tokens):
            reading.hits.append(_Hit(token, meanings, negated))
            negated_until = 0
        else:
            _take_word(token, negated, reading, knows_beginning)


def _correct(token: str, knows_beginning: Callable[[str], bool]) -> str:
    """Return the lexicon's word if this is a typo of one, or else the same."""
    return token if token in VOCABULARY or knows_beginning(token) else find_slip(token) or token


def _find_meanings(token: str, tokens: list[str]) -> list[Meaning]:
    """Return the meanings of an age in years or of an inflected word."""
    if (age := _AGE.match(token)) and not AGE_WORDS.isdisjoint(tokens):
        return [Meaning("age", _age_group(int(age[1])))]
    return MEANINGS.get(find_stem(token), [])


def _age_group(years: int) -> str:
    groups = {13: "child", 18: "teen", 35: "young", 60: "middle_aged"}
    return next((group for end, group in groups.items() if years < end), "old")


def _take_word(
    token: str, negated: str, reading: _Reading, knows_beginning: Callable[[str], bool]
) -> None:
    """Search for a word that the lexicon doesn't have."""
    terms = index_terms(token)[:-1] if is_unspaced(token) and len(token) > 1 else [token]
    known = [term for term in terms if knows_beginning(term)]
    node: Node = NOTHING
    if known and not (len(token) == 1 and token.isascii()):
        words = tuple(Word(term, TEXT) for term in known)
        node = words[0] if len(words) == 1 else AllOf(words)
    elif len(token) >= SHORTEST and (
        others := tuple(each for each in list_variants(token) if knows_beginning(each))
    ):
        node = Word(token, TEXT, others)
    if node == NOTHING:
        reading.left_out.append(token)
    elif negated:
        reading.excluded.append(Criterion("word", token, (negated,), node))
    else:
        reading.criteria.append(Criterion("word", token, (token,), node))


def _in_context(hits: list[_Hit], tokens: list[str]) -> Iterator[tuple[_Hit, Meaning]]:
    """Yield each meaning once; an accent that implies a language stands for both."""
    wanted = {meaning for hit in hits if not hit.is_negated for meaning in hit.meanings}
    accents = {value for kind, value in wanted if kind == "accent"}
    spoken = {ACCENTS[value].language for value in accents}
    has_accent_word = not _ACCENT_WORDS.isdisjoint(tokens)
    has_years = any(hit.typed[0].isdigit() for hit in hits)
    seen = set()
    for hit in hits:
        for meaning in hit.meanings:
            if has_years and hit.typed == "old":
                continue
            if meaning.kind == "language" and has_accent_word and meaning.value in _ACCENTS_OF:
                meaning = Meaning("accent", _ACCENTS_OF[meaning.value])
            elif meaning.kind == "language" and meaning.value in spoken:
                continue
            if (meaning, hit.is_negated) not in seen:
                seen.add((meaning, hit.is_negated))
                yield hit, meaning


def _merge(criteria: list[Criterion]) -> Iterator[Criterion]:
    """Join what is an alternative: two genders, or two meanings of one word."""
    groups: dict[tuple[str, ...], list[Criterion]] = {}
    for criterion in criteria:
        is_choice = criterion.kind in {"gender", "age", "accent"}
        key = (criterion.kind,) if is_choice else (criterion.kind, *criterion.typed)
        groups.setdefault(key, []).append(criterion)
    for same in groups.values():
        if len(same) == 1:
            yield same[0]
            continue
        yield replace(
            same[0],
            label=" or ".join(criterion.label for criterion in same),
            typed=tuple(dict.fromkeys(word for criterion in same for word in criterion.typed)),
            node=AnyOf(tuple(criterion.node for criterion in same)),
            near=AnyOf(tuple(criterion.near for criterion in same if criterion.near != NOTHING)),
            against=AllOf(tuple(criterion.against for criterion in same))
            if all(criterion.against != NOTHING for criterion in same)
            else NOTHING,
        )


def _in_name(node: Node) -> Node:
    if isinstance(node, Word):
        return replace(node, sections=frozenset({"name"}))
    parts = node.parts if isinstance(node, AllOf) else ()
    return AllOf(tuple(_in_name(part) for part in parts))
