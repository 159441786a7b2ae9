"""Run searches in plain SQL: correct at any size, and the reference for the index.

Terms consist of letters and digits only, so none has a special meaning in SQL patterns.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, reduce
from operator import add, and_, or_

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    Count,
    ExpressionWrapper,
    F,
    IntegerField,
    OrderBy,
    Q,
    When,
)
from django.db.models import Value as Constant
from django.db.models.functions import Cast, ExtractYear

from catalog.models import User, Voice, VoiceLabel
from catalog.models.cleanups.keeps import owner_expression
from catalog.models.voices.voices import VoiceQuerySet
from catalog.search.engines import COLUMN_FACETS, LABEL_FACETS, TWIN, Ranking, Search
from catalog.search.nodes import (
    SPELLED,
    AllOf,
    AnyOf,
    AnyPhrase,
    Created,
    Node,
    Not,
    Phrase,
    Value,
    Word,
)
from catalog.search.suggested import Candidate, order_suggested, shuffle_key
from catalog.search.user_facets import MARK_FACETS, mark_rows

# Each section is a column with its terms separated by spaces.
WORD_COLUMNS = {
    "name": "name_words",
    "labels": "label_words",
    "text": "search_text",
    "team": "team_text",
    "ids": "id_words",
}
# Spelling correction and briefs look at every row; with more voices only the index supports them.
MOST_READ = 20_000
_NO_PREVIEW = Q(preview_url="", preview_sample_id="")
_FLAGS = {
    "has": {
        "preview": ~_NO_PREVIEW,
        "description": ~Q(description=""),
        "labels": ~Q(gender="unknown", age="unknown", accent="unknown", language="unknown"),
    },
    "is": {
        "own": Q(is_owned=True),
        "ready": Q(state="ready"),
        "pending": Q(state="pending"),
        "failed": Q(state="failed"),
    },
}
# Values that follow from columns and other tables; the index computes them the same way.
DERIVED_FACETS = {
    "owner": Case(
        When(is_owned=True, kind__in=Voice.OWN_KINDS, then=Cast(owner_expression(), CharField())),
        output_field=CharField(),
    ),
    "created": Case(
        When(remote_created_at=None, then=Constant("unknown")),
        default=Cast(ExtractYear("remote_created_at"), CharField()),
        output_field=CharField(),
    ),
}
_IS_SILENT = Case(
    When(~_NO_PREVIEW, state="ready", then=False), default=True, output_field=BooleanField()
)
_ALWAYS, _NEVER = ~Q(pk__in=[]), Q(pk__in=[])
_ORDERS: dict[str, list[str | OrderBy]] = {
    "name": ["sort_name", "pk"],
    "-name": ["-sort_name", "-pk"],
    "newest": [F("remote_created_at").desc(nulls_last=True), "sort_name", "pk"],
    "oldest": [F("remote_created_at").asc(nulls_last=True), "sort_name", "pk"],
    # Unknown languages come last.
    "language": [
        Case(When(language="unknown", then=1), default=0, output_field=IntegerField()).asc(),
        "language",
        "sort_name",
        "pk",
    ],
    "shuffled": [
        _IS_SILENT.asc(),
        ExpressionWrapper(shuffle_key(F("pk")), output_field=BigIntegerField()).asc(),
        "pk",
    ],
}


class SqlEngine:
    """Searches the rows directly."""

    def select(self, search: Search) -> VoiceQuerySet:
        """Return the matching rows."""
        rows = Voice.objects.listed_in(
            search.accounts,
            hidden=search.hidden,
            is_archived=search.is_archived,
            is_gone=search.is_gone,
        )
        found = rows.filter(as_condition(search.node, search.user))
        for node in search.conditions_chosen:
            found = found.filter(as_condition(node, search.user))
        return _drop_later_twins(found) if search.drops_twins else found

    def size(self, found: VoiceQuerySet) -> int:
        """Return the number of rows."""
        return found.count()

    def order(self, found: VoiceQuerySet, search: Search, start: int, stop: int) -> list[int]:
        """Return the primary keys from ``start`` to before ``stop`` in the search's order."""
        if search.sort == "suggested":
            return order_suggested(self, found, search, start, stop)
        keys: list[str | OrderBy] = _ORDERS.get(search.sort, _ORDERS["name"])
        if search.sort == "best" and (words := search.plain_words):
            found, keys = found.alias(tier=_tier(words)), ["tier", *keys]
        return list(found.order_by(*keys).values_list("pk", flat=True)[start:stop])

    def take(self, found: VoiceQuerySet, pks: Sequence[int]) -> tuple[list[int], VoiceQuerySet]:
        """Return those of the primary keys that were found, and the other results."""
        if not pks:
            return [], found
        here = set(found.filter(pk__in=pks).values_list("pk", flat=True))
        return [pk for pk in pks if pk in here], found.exclude(pk__in=pks)

    def describe(self, pks: Sequence[int]) -> list[Candidate]:
        """Return what decides when a voice gets its turn, in the order of the primary keys."""
        rows = Voice.objects.filter(pk__in=pks).order_by().annotate(is_silent=_IS_SILENT)
        values = rows.values_list("pk", "is_silent", "sort_name", "language", "gender", "provider")
        candidates = {row[0]: Candidate(*row) for row in values}
        return [candidates[pk] for pk in pks]

    def remember(self, search: Search, list_first: Callable[[], list[int]]) -> list[int]:
        """Return the first primary keys of the search's order; nothing is cached."""
        return list_first()

    def rank(
        self, search: Search, parts: Sequence[tuple[Node, int]], least: int, full: int
    ) -> Ranking[VoiceQuerySet]:
        """Return the rows by score.

        With too many voices, there are none.
        """
        if not _is_small(Voice.objects.filter(account__in=search.accounts)):
            none = Voice.objects.none()
            return Ranking(none, none, none, 0, [])
        numbers = (
            Case(When(as_condition(node, search.user), then=Constant(number)), default=Constant(0))
            for node, number in parts
        )
        listed = self.select(search)
        # Read once, because composing and running the conditions takes longer than all the rest.
        scored = dict(listed.annotate(score=reduce(add, numbers)).values_list("pk", "score"))
        those = [pk for pk, score in scored.items() if score >= least]
        those = those or [pk for pk, score in scored.items() if score]
        with_twins = Voice.objects.filter(pk__in=those)
        found = _drop_later_twins(with_twins) if search.has_twins else with_twins
        groups = defaultdict(list)
        for pk in found.values_list("pk", flat=True):
            groups[scored[pk]].append(pk)
        best_first = [groups[score] for score in sorted(groups, reverse=True)]
        full_count = sum(len(pks) for score, pks in groups.items() if score >= full)
        in_groups = [Voice.objects.filter(pk__in=pks) for pks in best_first]
        return Ranking(listed, found, with_twins, full_count, in_groups)

    def match(
        self, found: VoiceQuerySet, search: Search, nodes: Sequence[Node], ids: list[int]
    ) -> list[set[int]]:
        """Return those of the primary keys whose rows match each condition."""
        rows = Voice.objects.filter(pk__in=ids)
        return [
            set(rows.filter(as_condition(node, search.user)).values_list("pk", flat=True))
            for node in nodes
        ]

    def count_values(self, found: VoiceQuerySet, search: Search, facet: str) -> dict[str, int]:
        """Count the rows per value of the facet."""
        if facet in MARK_FACETS:
            marks = mark_rows(search.user, facet).filter(voice__in=found.values("pk"))
            counts = marks.order_by().values_list("mark").annotate(Count("voice"))
            # Some user facets return rows even if no voice has the value, so drop zero counts.
            return {mark: count for mark, count in counts if count}
        if facet in LABEL_FACETS:
            labels = VoiceLabel.objects.filter(facet=facet, voice__in=found.values("pk"))
            return dict(labels.order_by().values_list("value").annotate(Count("voice")))
        if facet in _FLAGS:
            flags = {value: Count("pk", filter=test) for value, test in _FLAGS[facet].items()}
            return {value: count for value, count in found.aggregate(**flags).items() if count}
        if facet in DERIVED_FACETS:
            derived = found.annotate(derived=DERIVED_FACETS[facet]).order_by()
            counted = derived.values_list("derived").annotate(Count("pk"))
            return {value: count for value, count in counted if value is not None}
        counts = found.order_by().values_list(COLUMN_FACETS[facet]).annotate(Count("pk"))
        return {str(value): count for value, count in counts}

    def knows_beginning(self, search: Search, term: str) -> bool:
        """Return whether any term starts with this, except in ids; False with too many rows."""
        return term in self._beginnings(search.accounts, search.hidden, search.is_archived)

    @cached_property
    def _known(self) -> dict[tuple[frozenset[int], frozenset[int], bool], set[str]]:
        return {}

    def _beginnings(
        self, accounts: frozenset[int], hidden: frozenset[int], is_archived: bool
    ) -> set[str]:
        key = (accounts, hidden, is_archived)
        if key not in self._known:
            columns = [WORD_COLUMNS[section] for section in SPELLED]
            rows = Voice.objects.listed_in(accounts, hidden=hidden, is_archived=is_archived)
            texts = rows.values_list(*columns).iterator() if _is_small(rows) else ()
            terms = {term for row in texts for text in row for term in text.split()}
            self._known[key] = {term[:place] for term in terms for place in range(1, len(term) + 1)}
        return self._known[key]


def _drop_later_twins(found: VoiceQuerySet) -> VoiceQuerySet:
    """Leave out voices of which the results have the same at an earlier account."""
    # Read first: as a condition, it would repeat all others.
    labels = VoiceLabel.objects.filter(facet=TWIN, voice__in=found.order_by().values("pk"))
    seen, later = set(), []
    for value, voice in labels.order_by("voice").values_list("value", "voice"):
        if value in seen:
            later.append(voice)
        seen.add(value)
    return found.exclude(pk__in=later) if later else found


def _is_small(rows: VoiceQuerySet) -> bool:
    return not rows.order_by().values("pk")[MOST_READ : MOST_READ + 1]


def as_condition(node: Node, user: User) -> Q:
    """Return the tree as a condition on voices."""
    match node:
        case Word():
            return _begins(node)
        case Phrase():
            return contains_phrase(node)
        case Value():
            return _match_value(node, user)
        case Created():
            return _was_created(node)
        case Not():
            return ~as_condition(node.part, user)
        case AllOf():
            return reduce(and_, (as_condition(part, user) for part in node.parts), _ALWAYS)
        case AnyOf() | AnyPhrase():
            return reduce(or_, (as_condition(part, user) for part in node.parts), _NEVER)


def contains_phrase(node: Phrase) -> Q:
    """Return the condition that the terms follow each other in one of the sections."""
    return _contains(node, f" {' '.join(node.terms)} ")


def _begins(word: Word) -> Q:
    return reduce(or_, (_contains(word, f" {term}") for term in word.spellings))


def _contains(node: Word | Phrase, text: str) -> Q:
    columns = (column for name, column in WORD_COLUMNS.items() if name in node.sections)
    return reduce(or_, (Q(**{f"{column}__contains": text}) for column in columns), _NEVER)


def _was_created(node: Created) -> Q:
    test = Q(remote_created_at__isnull=False)
    if node.start is not None:
        test &= Q(remote_created_at__gte=node.start)
    return test if node.end is None else test & Q(remote_created_at__lt=node.end)


def _match_value(node: Value, user: User) -> Q:
    if node.facet in DERIVED_FACETS:
        rows = Voice.objects.alias(derived=DERIVED_FACETS[node.facet])
        rows = rows.filter(derived__in=node.values)
        return Q(pk__in=rows.values("pk"))
    if node.facet == "gone":
        return Q(remote_deleted_at__isnull=False)
    if node.facet == "archived":
        return Q(archived_at__isnull=False)
    if node.facet in MARK_FACETS:
        marks = mark_rows(user, node.facet).filter(mark__in=node.values)
        return Q(pk__in=marks.values("voice"))
    if node.facet in _FLAGS:
        tests = (_FLAGS[node.facet].get(value, _NEVER) for value in node.values)
        return reduce(or_, tests, _NEVER)
    if node.facet in LABEL_FACETS:
        labels = VoiceLabel.objects.filter(_one_of("value", node), facet=node.facet)
        return Q(pk__in=labels.values("voice"))
    return _one_of(COLUMN_FACETS[node.facet], node)


def _one_of(column: str, node: Value) -> Q:
    test = Q(**{f"{column}__in": node.values})
    if node.is_family:
        members = (Q(**{f"{column}__startswith": f"{value}-"}) for value in node.values)
        test = reduce(or_, members, test)
    return test


def _tier(words: list[Word]) -> Case:
    """Rank matches: start of the name, name, labels, anywhere."""
    in_name = _every(words, "name")
    in_labels = _every(words, "name", "labels", "team", "ids")
    begins = (Q(name_words__startswith=f" {term}") for term in words[0].spellings)
    return Case(
        When(reduce(or_, begins) & in_name, then=Constant(0)),
        When(in_name, then=Constant(1)),
        When(in_labels, then=Constant(2)),
        default=Constant(3),
        output_field=IntegerField(),
    )


def _every(words: list[Word], *sections: str) -> Q:
    return reduce(and_, (_begins(replace(word, sections=frozenset(sections))) for word in words))
