"""Search voices by terms and facets, with counts for every choice and what surrounds the list.

Everything cached of it depends on its version (``models.voices.versions``) and nothing else.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

from catalog import policies
from catalog.models import (
    PreviewClip,
    ProviderAccount,
    SavedSearch,
    Team,
    User,
    Voice,
)
from catalog.models.voices.versions import ListVersion, read_list_version
from catalog.models.voices.voices import VoiceQuerySet
from catalog.queries.annotations import Marks, find_marks
from catalog.queries.credentials import find_accounts, find_hidden_sets
from catalog.queries.preferences import ViewPreferences, find_habits, find_searches
from catalog.queries.searches.facets import (
    Facet,
    FacetChoice,
    FilterChip,
    Names,
    make_chips,
    make_facet,
)
from catalog.queries.searches.filters import CLOSED_FACETS, COUNTED, FACETS, FLAGS, VoiceFilter
from catalog.queries.searches.names import find_names, look_up_names
from catalog.queries.searches.sort_orders import RankedIndexEngine, RankedSqlEngine
from catalog.queries.searches.suggestions import list_relaxed, list_understood
from catalog.queries.voices.suggested import FrontReason, find_front
from catalog.queries.voices.twins import name_accounts
from catalog.search.completion import complete_search
from catalog.search.engines import NO_REGION, Search, SearchEngine, SearchResult, answer_search
from catalog.search.fields import describe_unknown, suggest_field
from catalog.search.index.cache import INDEX_CACHE
from catalog.search.nodes import AllOf, Value, list_values
from catalog.search.sql import SqlEngine
from catalog.search.syntax import QueryError

_Row = TypeVar("_Row", bound=Model)
PAGE_SIZE = 24
_EVERYTHING = 10**9
# Half of a row serves search and sync only. These columns are loaded if something reads them.
_NOT_SHOWN = {
    *("name_words", "id_words", "label_words", "search_text", "team_text", "details"),
    *("content_hash", "source_mark", "added_at", "changed_at"),
    *("sort_name", "version", "rename_problem", "problem", "gone_reason"),
}
_COLUMNS = [each.attname for each in Voice._meta.concrete_fields if each.name not in _NOT_SHOWN]
_ARCHIVED, _GONE = Value("archived", ("yes",)), Value("gone", ("yes",))
_CLIP = Voice._meta.get_field("clip")
# Composing these with the ORM takes several times as long as running them.
_VOICES = f"SELECT {', '.join(_COLUMNS)} FROM catalog_voice WHERE id IN %s"  # noqa: S608
_CLIPS = "SELECT id, voice_id, seconds, peaks FROM catalog_previewclip WHERE voice_id IN %s"
_LABELS = """
    SELECT voice_id, facet, value FROM catalog_voicelabel WHERE voice_id IN %s ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class ListContext:
    """What surrounds a user's list of voices. Requests share it, so don't change it."""

    version: ListVersion
    accounts: dict[int, ProviderAccount]
    habits: ViewPreferences
    searches: list[SavedSearch]
    may_speak: bool
    hidden: frozenset[int]  # key sets whose voices the user can't see
    front: dict[int, FrontReason]  # what the suggested order starts with
    names: Names  # of accounts, collections, speakers, and owners


def get_list_context(user: User, team: Team | None = None) -> ListContext:
    """Return the context of the user's list now. ``team`` is the user's current team, if known."""
    team = team or Team.objects.visible_to(user).first() or Team(pk=0)
    # Kept by person and team, so it is read as of this team, even if another is chosen meanwhile.
    acting = user.acting_in(team.pk)
    return _read_context(acting, team, read_list_version(user.pk, team.pk))


@lru_cache(maxsize=500)
def _read_context(user: User, team: Team, version: ListVersion) -> ListContext:
    accounts = {account.pk: account for account in find_accounts(user)}
    return ListContext(
        version=version,
        accounts=accounts,
        habits=find_habits(user),
        searches=find_searches(user),
        may_speak=policies.may_speak(user, team),
        hidden=find_hidden_sets(user),
        front=find_front(user, team),
        names=find_names(user, accounts),
    )


forget_list_contexts = _read_context.cache_clear


@dataclass(frozen=True)
class VoicePage:
    """One page of results with everything that is shown around it."""

    wanted: VoiceFilter
    context: ListContext
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
    understood: list[FilterChip]

    @cached_property
    def voices(self) -> list[Voice]:
        """All rows of the page, loaded on first use."""
        return self.load(self.ids)

    @cached_property
    def marks(self) -> Marks:
        """The annotations of the page's voices, loaded on first use."""
        return find_marks(self.answer.search.user, self.ids)

    def load(self, ids: list[int]) -> list[Voice]:
        """Return the rows with account, clip and labels, without those the user can't see now."""
        return load_voices(self.context, self.answer.search, ids)

    @property
    def ids(self) -> list[int]:
        """The primary keys of the rows."""
        return self.answer.ids

    @property
    def reasons(self) -> dict[int, FrontReason]:
        """Why some voices come first, by primary key."""
        return self.context.front if self.wanted.is_suggested else {}

    @property
    def notes(self) -> tuple[str, ...]:
        """Messages about search terms that had to be ignored."""
        return self.wanted.parsed.notes

    @property
    def mistake(self) -> QueryError | None:
        """The error in the search expression, if any."""
        return self.wanted.parsed.mistake

    @property
    def correction(self) -> FilterChip | None:
        """The search with the field that was probably meant, if there is no such field."""
        mistake = self.mistake
        if mistake is None or mistake.message != describe_unknown(mistake.place):
            return None
        if not (name := suggest_field(mistake.place)):
            return None
        words = f"{mistake.before}{name}{mistake.after}"
        return FilterChip("Search", words, replace(self.wanted, words=words).query_string())

    @property
    def offers(self) -> list[str]:
        """Suggestions for completing the search."""
        counts = self.answer.counts
        counts = {**counts, "language": {**counts["family"], **counts["language"]}}
        return complete_search(self.wanted.words, counts)

    @property
    def sought_languages(self) -> tuple[str, ...]:
        """The language tags that the filter and the words ask for."""
        chosen = [value.rstrip(NO_REGION) for value in self.wanted.chosen.get("language", ())]
        criteria = self.answer.brief.criteria if self.answer.brief else ()
        nodes = (self.wanted.parsed.node, *(each.node for each in criteria))
        said = (value for node in nodes for value in list_values(node, {"family", "language"}))
        return tuple(dict.fromkeys((*chosen, *said)))

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
    context: ListContext | None = None,
    *,
    size: int = PAGE_SIZE,
    is_plain: bool = False,
) -> VoicePage:
    """Return one page of the voices that the user can see; a page past the end is the last one.

    A plain page has voices only, without what a person would press to change the search.
    """
    context = context or get_list_context(user)
    search = _as_search(user, context, wanted)
    engine = _choose_engine(context, search)
    # With one account of each provider, its facet would repeat the providers.
    facets = [
        name
        for name in (() if is_plain else COUNTED)
        if name != "account" or search.has_twins or wanted.chosen.get("account")
    ]
    answer = answer_search(engine, search, facets=facets, page=page, size=size)
    names = context.names
    usual = {
        "provider": {account.provider for account in context.accounts.values()},
        "kind": CLOSED_FACETS["kind"].keys() - {"unknown"},
    }

    def count(wider: VoiceFilter) -> int:
        return engine.size(engine.select(_as_search(user, context, wider)))

    made = [
        make_facet(wanted, name, answer.counts, names, usual.get(name, ()))
        for name in (() if is_plain else FACETS)
    ]
    return VoicePage(
        wanted=wanted,
        context=context,
        answer=answer,
        found_count=answer.count,
        total_count=answer.total,
        page=answer.page,
        page_count=answer.page_count,
        facets=[facet for facet in made if facet.offers_choice],
        flags=[] if is_plain else _make_flags(engine, answer, wanted),
        chips=make_chips(wanted, names),
        relaxed=[] if answer.count or is_plain else list_relaxed(wanted, names, count),
        respelled=answer.respelled,
        understood=list_understood(answer, wanted),
    )


def load_voices(context: ListContext, search: Search, ids: list[int]) -> list[Voice]:
    """Return the rows with account, clip and labels, without those the user can't see now."""
    if not ids:
        return []
    accounts = context.accounts
    clips = {clip.voice_id: clip for clip in _read(PreviewClip, _CLIPS, ids)}
    labels = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_LABELS % _places(ids), ids)
        for voice_id, facet, value in cursor.fetchall():
            labels[voice_id].append((facet, value))
    known, names = {}, name_accounts(labels, accounts, search.hidden)
    for voice in _read(Voice, _VOICES, ids):
        is_seen = voice.account_id in accounts and voice.key_set_id not in search.hidden
        is_listed = voice.is_archived == search.is_archived and not voice.is_gone
        if is_seen and (voice.is_gone if search.is_gone else is_listed):
            voice.account, voice.label_pairs = accounts[voice.account_id], labels[voice.pk]
            # Set even if there is no clip, or each access would run a query.
            _CLIP.set_cached_value(voice, clips.get(voice.pk))
            voice.account_names = names.get(voice.pk, ())
            known[voice.pk] = voice
    return [known[pk] for pk in ids if pk in known]


def _read(model: type[_Row], statement: str, ids: list[int]) -> Iterable[_Row]:
    return model._default_manager.raw(statement % _places(ids), ids)


def _places(ids: list[int]) -> str:
    return f"({', '.join(['%s'] * len(ids))})"


def find_voice_ids(user: User, wanted: VoiceFilter, *, is_exact: bool = False) -> list[int]:
    """Return the ids of everything the filter finds, in the order of its pages.

    ``is_exact`` leaves out what fits the words only nearly.
    """
    context = get_list_context(user)
    search = _as_search(user, context, wanted)
    engine = _choose_engine(context, search)
    answer = answer_search(engine, search, facets=[], page=1, size=_EVERYTHING)
    if not is_exact or answer.brief is None:
        return answer.ids
    full = replace(search, words="")
    if not answer.exact_count:
        brief = answer.brief
        full = replace(full, node=AllOf((search.conditions, brief.required, brief.everything)))
    return answer_search(engine, full, facets=[], page=1, size=_EVERYTHING).ids


def select_voices(user: User, wanted: VoiceFilter) -> VoiceQuerySet:
    """Return the rows that the user can see and the filter matches, unordered."""
    return SqlEngine().select(_as_search(user, get_list_context(user), wanted))


def list_by_id(
    user: User, wanted: VoiceFilter, context: ListContext, *, after: int, size: int
) -> tuple[list[Voice], int]:
    """Return the voices that match, from the first id behind ``after``, and how many match."""
    search = _as_search(user, context, wanted)
    rows = SqlEngine().select(search)
    ids = list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:size])
    return load_voices(context, search, ids), rows.count()


def list_chips(user: User, wanted: VoiceFilter) -> list[FilterChip]:
    """Return the active filters, each with the URL without it."""
    return make_chips(wanted, get_list_context(user).names)


def _as_search(user: User, context: ListContext, wanted: VoiceFilter) -> Search:
    node = look_up_names(wanted.parsed.node, context.names)
    conditions = node.parts if isinstance(node, AllOf) else (node,)
    return Search(
        user=user.acting_in(context.version.team_id),
        own_version=context.version.own,
        accounts=frozenset(context.accounts),
        hidden=context.hidden,
        node=node,
        words=wanted.parsed.words,
        conditions=look_up_names(wanted.parsed.conditions, context.names),
        chosen={name: values for name, values in wanted.chosen.items() if name != "archived"},
        sort="suggested" if wanted.is_suggested else wanted.sort,
        front=tuple(context.front),
        is_archived=bool(wanted.chosen.get("archived")) or _ARCHIVED in conditions,
        is_gone=_GONE in conditions,
        has_twins=_has_twins(context),
    )


def _has_twins(context: ListContext) -> bool:
    """Return whether the user has several accounts of one provider."""
    accounts = context.accounts.values()
    return len(accounts) > len({account.provider for account in accounts})


def _choose_engine(context: ListContext, search: Search) -> SearchEngine[Any]:
    if search.is_gone:
        return RankedSqlEngine()
    team, number = context.version.team_id, context.version.catalog
    edition = INDEX_CACHE.find_index_version(frozenset([team]), {team: number} if number else {})
    return RankedSqlEngine() if edition is None else RankedIndexEngine(edition)


def _make_flags(
    engine: SearchEngine[Any], answer: SearchResult, wanted: VoiceFilter
) -> list[FacetChoice]:
    starred = answer.counts["starred"].get("yes", 0)
    flags = [FacetChoice("starred", FLAGS["starred"], starred, bool(wanted.chosen.get("starred")))]
    away, is_on = replace(answer.search, is_archived=True), bool(wanted.chosen.get("archived"))
    count = engine.size(engine.select(away))
    if count or is_on:
        flags.append(FacetChoice("archived", FLAGS["archived"], count, is_on))
    return flags
