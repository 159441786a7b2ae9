"""Match words and phrases: the index finds voices with the terms, the rows check their order."""

from functools import reduce
from operator import and_, or_

import numpy as np
from pyroaring import BitMap

from catalog.models import Voice
from catalog.search.index.arrays import as_numbers
from catalog.search.index.segments import Segment
from catalog.search.nodes import AnyPhrase, Phrase, Word
from catalog.search.sql import contains_phrase

_BATCH = 500


def find_word(segment: Segment, word: Word) -> BitMap:
    """Return the documents with a term that starts with the word; don't modify the result."""
    return segment.remember(word, lambda: _with_beginning(segment, word))


def find_phrase(segment: Segment, phrase: Phrase) -> BitMap:
    """Return the documents that contain the phrase; don't modify the result."""
    return segment.remember(phrase, lambda: _with_phrase(segment, phrase))


def find_any_phrase(segment: Segment, node: AnyPhrase) -> BitMap:
    """Return the documents that contain one of the phrases; don't modify the result."""
    # Not remembered one by one, because one node has dozens.
    parts = (_with_phrase(segment, phrase) for phrase in node.parts)
    return segment.remember(node, lambda: BitMap.union(BitMap(), *parts))


def _with_beginning(segment: Segment, word: Word) -> BitMap:
    sections = map(segment.terms_in, word.sections)
    found = [terms.beginning_with(term) for terms in sections for term in word.spellings]
    return found[0] if len(found) == 1 else BitMap.union(BitMap(), *found)


def _with_phrase(segment: Segment, phrase: Phrase) -> BitMap:
    found = _with_terms(segment, phrase)
    return _check_rows(segment, found, phrase) if len(phrase.terms) > 1 else found


def _with_terms(segment: Segment, node: Phrase) -> BitMap:
    sections = (segment.terms_in(section) for section in node.sections)
    having = (reduce(and_, map(terms.exactly, node.terms)) for terms in sections)
    return reduce(or_, having, BitMap())


def _check_rows(segment: Segment, candidates: BitMap, node: Phrase) -> BitMap:
    # Read by primary key, so that only rows with all terms are read.
    pks = segment.pks[as_numbers(candidates)].tolist()
    found = BitMap()
    for start in range(0, len(pks), _BATCH):
        rows = Voice.objects.filter(contains_phrase(node), pk__in=pks[start : start + _BATCH])
        found |= segment.documents_of(np.array(rows.values_list("pk", flat=True), dtype=np.int64))
    return found
