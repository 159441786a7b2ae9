"""Facets that depend on the user: stars, tags, collections, notes, speakers, and ratings."""

from collections.abc import Callable
from typing import Any

from django.db.models import (
    Avg,
    CharField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Floor

from catalog.models import (
    CloneJob,
    Collection,
    CollectionEntry,
    Note,
    ProviderAccount,
    Rating,
    Star,
    Tag,
    TagUse,
    User,
)


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


def _find_ratings(user: User) -> QuerySet[Any]:
    """Return the team's average ratings, rounded to whole stars; one row for each voice."""
    same = Rating.objects.filter(voice=OuterRef("voice"))
    mean = same.order_by().values("voice").annotate(mean=Avg("value")).values("mean")
    stars = Cast(Floor(Subquery(mean) + 0.5), IntegerField())
    visible = ProviderAccount.objects.visible_to(user)
    rows = Rating.objects.filter(~Exists(same.filter(pk__lt=OuterRef("pk"))))
    return rows.filter(voice__account__in=visible).annotate(mark=Cast(stars, CharField()))


# A new facet needs a line here, one in ``queries.filters``, and a service that raises the team's
# version with every change.
MARK_FACETS: dict[str, Callable[[User], QuerySet[Any]]] = {
    "starred": _find_stars,
    "tag": _find_tags,
    "collection": _find_collections,
    "note": _find_notes,
    "speaker": _find_speakers,
    "rating": _find_ratings,
}
