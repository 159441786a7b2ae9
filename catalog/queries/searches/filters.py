"""The filter of the voice list, as it appears in the URL."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from urllib.parse import urlencode

from django.conf import settings

from catalog.models import Voice
from catalog.providers.labels import STYLES, USE_CASES
from catalog.providers.registry import all_infos
from catalog.providers.types import ProviderInfo
from catalog.search.syntax import ParsedQuery, parse_search

FACETS = {
    "provider": "Provider",
    "account": "Account",
    "kind": "Kind",
    "badge": "Badge",
    "language": "Language",
    "gender": "Gender",
    "age": "Age",
    "accent": "Accent",
    "use_case": "Use case",
    "style": "Style",
    "tag": "Tag",
    "collection": "Collection",
    "rating": "Rating",
    "speaker": "Speaker",
    "owner": "Owner",
    "created": "Created",
}
# What a search counts for them: languages also by family.
COUNTED = (*FACETS, "family", "starred")
# Single checkboxes.
FLAGS = {"starred": "Starred by me", "archived": "Archived"}
FILTERS = {**dict.fromkeys(FLAGS, "Only"), **FACETS}
# Facets with a fixed set of values; any other value in a URL is an error.
CLOSED_FACETS = {
    "provider": {info.slug: info.label for info in all_infos()},
    "kind": dict(Voice.Kind.choices),
    "badge": dict(Voice.Badge.choices),
    "gender": dict(Voice.Gender.choices),
    "age": dict(Voice.Age.choices),
    "use_case": {**USE_CASES, "unknown": "Unknown"},
    "style": STYLES,
    "rating": {str(stars): "★" * stars for stars in range(5, 0, -1)},
    "starred": {"yes": FLAGS["starred"]},
    "archived": {"yes": FLAGS["archived"]},
}
SORTS = {
    "best": "Best match",
    "name": "Name, A to Z",
    "-name": "Name, Z to A",
    "newest": "Newest first",
    "oldest": "Oldest first",
    "language": "Language",
    "rating": "Best rated first",
    "used": "Recently used",
    "played": "Recently played",
    "slots": "Fewest free slots",
}
# These orders change when a voice is used or played, which does not change the voice itself.
SORTS_BY_USE = {"used", "played"}
LAYOUTS = {"cards": "Cards", "list": "Compact list", "table": "Table"}
COLUMNS = {
    "provider": "Provider",
    "kind": "Kind",
    "language": "Language",
    "gender": "Gender",
    "age": "Age",
    "accent": "Accent",
    "use_case": "Use case",
    "tags": "Tags",
    "rating": "Rating",
    "length": "Length",
    "made": "Created",
    "id": "Voice ID",
}
USUAL_COLUMNS = ["provider", "kind", "language", "gender", "age", "accent", "tags", "rating"]


@dataclass(frozen=True, slots=True)
class VoiceFilter:
    """The filter, order, and layout of the voice list, as in the URL."""

    words: str = ""
    chosen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "best"
    layout: str = "cards"
    saved: int = 0  # id of the saved search it started from
    # What applies if the URL doesn't say.
    usual_sort: str = "best"
    usual_layout: str = "cards"

    @property
    def parsed(self) -> ParsedQuery:
        """The parsed search terms."""
        return parse_search(self.words)

    def query_string(self, page: int = 1) -> str:
        """Return the normalized query string: known keys in a fixed order, without defaults."""
        pairs = [("q", self.words)] if self.words else []
        pairs += [(name, value) for name in FILTERS for value in self.chosen.get(name, ())]
        pairs += [("sort", self.sort)] if {self.sort, self.usual_sort} != {"best"} else []
        is_usual = {self.layout, self.usual_layout} == {"cards"}
        pairs += [] if is_usual else [("layout", self.layout)]
        pairs += [("saved", str(self.saved))] if self.saved else []
        pairs += [("page", str(page))] if page > 1 else []
        return f"?{'&'.join([_write_pair(*pair) for pair in pairs])}" if pairs else ""

    def search_query(self) -> str:
        """Return what a saved search stores: terms, filters, and order, normalized."""
        pairs = [("q", self.words)] if self.words else []
        pairs += [(name, each) for name in FILTERS for each in sorted(self.chosen.get(name, ()))]
        return "&".join([_write_pair(*pair) for pair in (*pairs, ("sort", self.sort))])

    def without(self, name: str, value: str) -> "VoiceFilter":
        """Return the filter without one value."""
        left = tuple(each for each in self.chosen.get(name, ()) if each != value)
        return replace(self, chosen={**self.chosen, name: left})

    @property
    def is_suggested(self) -> bool:
        """Return whether nothing is typed, so that no voice matches better than another."""
        return self.sort == "best" and not self.words.strip()

    @property
    def sorts(self) -> dict[str, str]:
        """The orders to choose from."""
        return SORTS if self.words.strip() else SORTS | {"best": "Suggested"}

    @property
    def is_empty(self) -> bool:
        """Return whether the filter matches everything."""
        return not self.words and not any(self.chosen.values())


@lru_cache(maxsize=4096)
def _write_pair(name: str, value: str) -> str:
    """Return one URL-encoded pair; cached, because a page's URLs share the same few pairs."""
    return urlencode([(name, value)])


def offered_infos() -> list[ProviderInfo]:
    """Return the providers that this installation offers."""
    return [info for info in all_infos() if info.slug in settings.PROVIDER_BASE_URLS]
