"""Search voices by terms and facets, with counts for every choice."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from catalog.models import Collection, ProviderAccount, User, Voice
from catalog.models.voices.voices import VoiceQuerySet
from catalog.queries.searches.facets import (
    OURS,
    Facet,
    FacetChoice,
    FilterChip,
    make_chips,
    make_facet,
    name_value,
)
from catalog.queries.searches.filters import CLOSED_FACETS, FACETS, FILTERS, FLAGS, VoiceFilter
from catalog.queries.searches.sort_orders import RankedIndexEngine, RankedSqlEngine
from catalog.queries.voices.cards import load_voices
from catalog.queries.voices.list_context import ListContext, get_list_context
from catalog.search.completion import complete_search
from catalog.search.engines import Search, SearchEngine, SearchResult, answer_search
from catalog.search.index.cache import INDEX_CACHE
from catalog.search.sql import SqlEngine
from catalog.search.syntax import QueryError

PAGE_SIZE = 24
_EVERYTHING = 10**9
# Facets for which a voice can have several values, or none.
_SPARSE = {"badge", *OURS}


@dataclass(frozen=True)
class VoicePage:
    """One page of results with everything that is shown around it."""

    wanted: VoiceFilter
    accounts: dict[int, ProviderAccount]
    answer: SearchResult
    found_count: int
    total_count: int
    page: int
    page_count: int
    facets: list[Facet]
    flags: list[FacetChoice]
    chips: list[FilterChip]
    relaxed: list[FilterChip]
    respelled: dict[str, tuple[str, ...]]

    @cached_property
    def voices(self) -> list[Voice]:
        """The rows for a table, loaded on first use."""
        is_archived = self.answer.search.is_archived
        return load_voices(
            self.ids,
            self.accounts,
            self.answer.search.hidden,
            is_archived=is_archived,
            is_table=True,
        )

    def load(self, ids: list[int]) -> list[Voice]:
        """Return some of the rows for cards; those with a cached card are not needed."""
        return load_voices(
            ids,
            self.accounts,
            self.answer.search.hidden,
            is_archived=self.answer.search.is_archived,
        )

    @property
    def ids(self) -> list[int]:
        """The primary keys of the rows."""
        return self.answer.ids

    @property
    def notes(self) -> tuple[str, ...]:
        """Messages about search terms that had to be ignored."""
        return self.wanted.parsed.notes

    @property
    def mistake(self) -> QueryError | None:
        """The error in the search expression, if any."""
        return self.wanted.parsed.mistake

    @property
    def offers(self) -> list[str]:
        """Suggestions for completing the search."""
        counts = {
            facet.name: {choice.value: choice.count for choice in (*facet.choices, *facet.more)}
            for facet in self.facets
        }
        return complete_search(self.wanted.words, counts)

    @property
    def query_without_words(self) -> str:
        """The URL without the search terms."""
        return replace(self.wanted, words="").query_string()

    @property
    def first(self) -> int:
        """The number of the first voice shown, from 1."""
        return (self.page - 1) * PAGE_SIZE + 1

    @property
    def last(self) -> int:
        """The number of the last voice shown."""
        return self.first + len(self.ids) - 1

    @property
    def previous_query(self) -> str:
        """The URL of the previous page, "" on the first."""
        return self.wanted.query_string(self.page - 1) or "?" if self.page > 1 else ""

    @property
    def next_query(self) -> str:
        """The URL of the next page, "" on the last."""
        return self.wanted.query_string(self.page + 1) if self.page < self.page_count else ""


def find_voices(
    user: User,
    wanted: VoiceFilter,
    page: int = 1,
    around: ListContext | None = None,
) -> VoicePage:
    """Return one page of the voices that the user can see; a page past the end is the last one.

    ``around`` is the user's list context, if the caller has it already.
    """
    around = around or get_list_context(user)
    search = _as_search(user, around, wanted)
    engine = _choose_engine(around)
    counted = [*FACETS, "starred"]
    answer = answer_search(engine, search, facets=counted, page=page, size=PAGE_SIZE)
    uses_collections = answer.counts["collection"] or wanted.chosen.get("collection")
    names = _name_collections(user) if uses_collections else {}
    usual = {
        "provider": {account.provider for account in around.accounts},
        "kind": CLOSED_FACETS["kind"].keys() - {"unknown"},
    }
    facets = [
        make_facet(wanted, name, answer.counts[name], names, usual.get(name, ())) for name in FACETS
    ]
    return VoicePage(
        wanted=wanted,
        accounts={account.pk: account for account in around.accounts},
        answer=answer,
        found_count=answer.count,
        total_count=answer.total,
        page=answer.page,
        page_count=answer.page_count,
        # Facets that the team doesn't use yet are left out.
        facets=[facet for facet in facets if facet.name not in _SPARSE or facet.choices],
        flags=_make_flags(engine, answer, wanted),
        chips=make_chips(wanted, names),
        relaxed=_list_relaxed(user, engine, around, wanted, names) if not answer.count else [],
        respelled=answer.respelled,
    )


def find_voice_ids(user: User, wanted: VoiceFilter) -> list[int]:
    """Return the ids of everything the filter finds, in the order of its pages."""
    around = get_list_context(user)
    search = _as_search(user, around, wanted)
    return answer_search(_choose_engine(around), search, facets=[], page=1, size=_EVERYTHING).ids


def select_voices(user: User, wanted: VoiceFilter) -> VoiceQuerySet:
    """Return the rows that the user can see and the filter matches, unordered."""
    return SqlEngine().select(_as_search(user, get_list_context(user), wanted))


def list_chips(user: User, wanted: VoiceFilter) -> list[FilterChip]:
    """Return the active filters, each with the URL without it."""
    return make_chips(wanted, _name_collections(user))


def _as_search(user: User, around: ListContext, wanted: VoiceFilter) -> Search:
    return Search(
        user=user,
        accounts=around.account_ids,
        hidden=around.hidden,
        node=wanted.parsed.node,
        chosen={name: values for name, values in wanted.chosen.items() if name != "archived"},
        sort=wanted.sort,
        is_archived=bool(wanted.chosen.get("archived")),
    )


def _choose_engine(around: ListContext) -> SearchEngine[Any]:
    edition = INDEX_CACHE.find_index_version(around.teams, around.versions)
    return RankedSqlEngine() if edition is None else RankedIndexEngine(edition)


def _name_collections(user: User) -> dict[str, str]:
    rows = Collection.objects.visible_to(user).kept().values_list("pk", "name")
    return {str(pk): name for pk, name in rows}


def _make_flags(
    engine: SearchEngine[Any], answer: SearchResult, wanted: VoiceFilter
) -> list[FacetChoice]:
    starred = answer.counts["starred"].get("yes", 0)
    flags = [FacetChoice("starred", FLAGS["starred"], starred, bool(wanted.chosen.get("starred")))]
    away, is_on = replace(answer.search, is_archived=True), answer.search.is_archived
    count = engine.size(engine.select(away))
    if count or is_on:
        flags.append(FacetChoice("archived", FLAGS["archived"], count, is_on))
    return flags


def _list_relaxed(
    user: User,
    engine: SearchEngine[Any],
    around: ListContext,
    wanted: VoiceFilter,
    collections: Mapping[str, str],
) -> list[FilterChip]:
    """Return each filter whose removal would give results, with their number."""
    options = [("Search", wanted.words, replace(wanted, words=""))] if wanted.words else []
    for name, values in wanted.chosen.items():
        if values:
            label = ", ".join(name_value(name, value, collections) for value in values)
            chosen = {**wanted.chosen, name: ()}
            options.append((FILTERS[name], label, replace(wanted, chosen=chosen)))
    counted = [
        FilterChip(name, label, without.query_string(), engine.size(engine.select(wider)))
        for name, label, without in options
        for wider in [_as_search(user, around, without)]
    ]
    return [chip for chip in counted if chip.count]
