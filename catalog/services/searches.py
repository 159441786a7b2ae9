"""Save searches, and store selections of voices."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.models import SavedSearch, Selection, Team, User
from catalog.models.voices.versions import raise_own_version

MOST_SELECTED = 10_000
_SELECTION_STAYS = timedelta(days=7)


class TooManySelected(Exception):
    """More voices than one selection can hold."""


@transaction.atomic
def save_search(
    user: User, *, team: Team, name: str, query: str, is_shared: bool, now: datetime
) -> SavedSearch:
    """Save the search under a name, for the user or for the team."""
    if not policies.may_make_search(user, team, is_shared=is_shared):
        raise PermissionDenied
    search = SavedSearch.objects.create(
        team=team, owner=user, name=name, query=query, is_shared=is_shared, saved_at=now
    )
    _record(user, "search saved", search, now)
    return search


@transaction.atomic
def change_search(
    user: User, *, search: SavedSearch, name: str, query: str, is_shared: bool, now: datetime
) -> None:
    """Rename the search, change its filters, or share it."""
    _check(user, search)
    if is_shared and not policies.may_share_with_team(user, search.team):
        raise PermissionDenied
    was_shared = search.is_shared
    search.name, search.query, search.is_shared, search.saved_at = name, query, is_shared, now
    search.save(update_fields=["name", "query", "is_shared", "saved_at"])
    if was_shared or is_shared:
        record(user, "search changed", search, team=search.team, now=now)
    else:
        raise_own_version(search.owner_id)


@transaction.atomic
def remove_search(user: User, *, search: SavedSearch, now: datetime) -> None:
    """Remove the search; it can be restored."""
    _check(user, search)
    search.removed_at = search.removed_at or now
    search.save(update_fields=["removed_at"])
    _record(user, "search removed", search, now)


@transaction.atomic
def restore_search(user: User, *, search: SavedSearch, now: datetime) -> None:
    """Restore a removed search."""
    _check(user, search)
    search.removed_at = None
    search.save(update_fields=["removed_at"])
    _record(user, "search restored", search, now)


@transaction.atomic
def freeze_selection(
    user: User, *, team: Team, voice_ids: Iterable[int], now: datetime
) -> Selection:
    """Store the chosen voices, and delete the user's old selections; raises TooManySelected."""
    ids = list(dict.fromkeys(voice_ids))
    if len(ids) > MOST_SELECTED:
        raise TooManySelected
    Selection.objects.filter(user=user, chosen_at__lt=now - _SELECTION_STAYS).delete()
    return Selection.objects.create(user=user, team=team, voice_ids=ids, chosen_at=now)


def _check(user: User, search: SavedSearch) -> None:
    if not policies.may_change_search(user, search):
        raise PermissionDenied


def _record(user: User, action: str, search: SavedSearch, now: datetime) -> None:
    # The team's log doesn't record personal searches.
    if search.is_shared:
        record(user, action, search, team=search.team, now=now, name=search.name)
    else:
        raise_own_version(search.owner_id)
