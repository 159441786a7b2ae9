"""Phrases: the index knows which voices have their terms, the rows tell in which order."""

from functools import reduce
from operator import and_, or_

import numpy as np
from pyroaring import BitMap

from catalog.models import Voice
from catalog.search.index.arrays import as_numbers
from catalog.search.index.segments import Segment
from catalog.search.nodes import Phrase
from catalog.search.sql import contains_phrase

_BATCH = 500
_MOST_REMEMBERED = 64


def find_phrase(segment: Segment, node: Phrase) -> BitMap:
    """Return the documents with the phrase; not to be changed."""
    found = segment.phrases.get(node)
    if found is None:
        found = _with_terms(segment, node)
        if len(node.terms) > 1:
            found = _check_rows(segment, found, node)
        if len(segment.phrases) >= _MOST_REMEMBERED:
            segment.phrases.pop(next(iter(segment.phrases), node), None)
        segment.phrases[node] = found
    return found


def _with_terms(segment: Segment, node: Phrase) -> BitMap:
    sections = (segment.terms_in(section) for section in node.sections)
    having = (reduce(and_, map(terms.exactly, node.terms)) for terms in sections)
    return reduce(or_, having, BitMap())


def _check_rows(segment: Segment, candidates: BitMap, node: Phrase) -> BitMap:
    # By primary key, so that only rows are read that have every term.
    pks = segment.pks[as_numbers(candidates)].tolist()
    found = BitMap()
    for start in range(0, len(pks), _BATCH):
        rows = Voice.objects.filter(contains_phrase(node), pk__in=pks[start : start + _BATCH])
        found |= segment.documents_of(np.array(rows.values_list("pk", flat=True), dtype=np.int64))
    return found
