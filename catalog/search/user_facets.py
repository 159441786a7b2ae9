"""Facets that depend on the user: stars, tags, collections, notes, and speakers."""

from collections.abc import Callable
from typing import Any

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast

from catalog.models import CloneJob, Collection, CollectionEntry, Note, Star, Tag, TagUse, User


def mark_rows(user: User, facet: str) -> QuerySet[Any]:
    """Return rows with ``mark`` (a string) and ``voice``: the user's values of one facet."""
    return MARK_FACETS[facet](user)


def _find_stars(user: User) -> QuerySet[Any]:
    return Star.objects.filter(user=user).annotate(mark=Value("yes"))


def _find_tags(user: User) -> QuerySet[Any]:
    return TagUse.objects.filter(tag__in=Tag.objects.visible_to(user)).annotate(mark=F("tag__name"))


def _find_collections(user: User) -> QuerySet[Any]:
    seen = Collection.objects.visible_to(user).kept()
    rows = CollectionEntry.objects.filter(collection__in=seen)
    return rows.annotate(mark=Cast("collection", CharField()))


def _find_notes(user: User) -> QuerySet[Any]:
    return Note.objects.visible_to(user).kept().annotate(mark=Value("yes"))


def _find_speakers(user: User) -> QuerySet[Any]:
    rows = CloneJob.objects.visible_to(user).exclude(voice=None)
    return rows.annotate(mark=Cast("batch__speaker", CharField()))


# A new facet needs a line here, one in ``queries.filters``, and a service that raises the team's
# version with every change.
MARK_FACETS: dict[str, Callable[[User], QuerySet[Any]]] = {
    "starred": _find_stars,
    "tag": _find_tags,
    "collection": _find_collections,
    "note": _find_notes,
    "speaker": _find_speakers,
}
