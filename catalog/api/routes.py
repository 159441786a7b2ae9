"""The addresses of the API, each with one view for all of its methods."""

from collections import defaultdict
from collections.abc import Callable

from django.http import HttpResponseBase

# Importing a module registers its endpoints.
from catalog.api import (
    accounts,
    annotations,
    audit,
    charges,
    cleanups,
    clones,
    collections,
    syntheses,
    tokens,
    voices,
)
from catalog.api.endpoints import ENDPOINTS, ApiEndpoint, make_view

MODULES = (
    *(accounts, annotations, audit, charges, cleanups),
    *(clones, collections, syntheses, tokens, voices),
)
Route = tuple[str, Callable[..., HttpResponseBase], str]


def list_routes() -> list[Route]:
    """Return address, view, and name of each."""
    found: dict[str, list[ApiEndpoint]] = defaultdict(list)
    for each in ENDPOINTS:
        found[each.path].append(each)
    return [(path, make_view(each), each[0].name) for path, each in found.items()]
