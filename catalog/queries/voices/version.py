"""The cache key of a user's voice list, read with plain SQL."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from catalog.models import User

# Plain SQL, because composing these with the ORM would cost more than the whole response.
# Keep in sync: everything that the cached list context reads must be part of these rows.
_TEAMS = """
    SELECT m.team_id, v.number, m.role, m.chosen_at, t.name FROM catalog_membership m
    JOIN catalog_team t ON t.id = m.team_id
    LEFT JOIN catalog_catalogversion v ON v.team_id = m.team_id
    WHERE m.user_id = %s ORDER BY m.id
"""
_ACCOUNTS = """
    SELECT a.id, a.provider, a.label, a.is_shared, a.last_owner_id, a.sync_error, a.synced_at,
    a.slots_used, a.slots_limit
    FROM catalog_provideraccount a JOIN catalog_membership m ON m.team_id = a.team_id
    WHERE m.user_id = %s ORDER BY a.id
"""
_KEYS = """
    SELECT c.account_id, c.owner_id, c.health FROM catalog_credential c
    JOIN catalog_membership m ON m.team_id = c.team_id WHERE m.user_id = %s ORDER BY c.id
"""
_KEY_SETS = """
    SELECT k.id, k.is_shared, k.last_owner_id, e.credential_id FROM catalog_keyset k
    JOIN catalog_provideraccount a ON a.id = k.account_id
    JOIN catalog_membership m ON m.team_id = a.team_id
    LEFT JOIN catalog_listingkey e ON e.key_set_id = k.id
    WHERE m.user_id = %s ORDER BY k.id, e.id
"""
_HABITS = "SELECT layout, sort, columns, news_since FROM catalog_preference WHERE user_id = %s"
_SEARCHES = """
    SELECT s.id, s.owner_id, s.name, s.query, s.is_shared, s.removed_at FROM catalog_savedsearch s
    JOIN catalog_membership m ON m.team_id = s.team_id WHERE m.user_id = %s ORDER BY s.id
"""
_USES = "SELECT MAX(last_at), MAX(provider_used_at) FROM catalog_voiceuse"


@dataclass(frozen=True, slots=True)
class ListVersion:
    """The version of each team's voices, and the rows of everything else in the cache key."""

    versions: dict[int, int]
    rows: list[tuple[Any, ...]]


def read_list_version(user: User) -> ListVersion:
    """Return a value that changes whenever the user's list could look different."""
    versions: dict[int, int] = {}
    rows: list[tuple[Any, ...]] = [tuple(settings.PROVIDER_BASE_URLS)]
    with connection.cursor() as cursor:
        cursor.execute(_TEAMS, [user.pk])
        for team_id, number, *columns in cursor.fetchall():
            rows.append((team_id, *columns))
            if number is not None:
                versions[team_id] = number
        for statement in (_ACCOUNTS, _KEYS, _KEY_SETS, _HABITS, _SEARCHES):
            cursor.execute(statement, [user.pk])
            rows += [(), *cursor.fetchall()]
    return ListVersion(versions, rows)


def read_last_uses() -> tuple[Any, ...]:
    """Return a value that changes whenever a voice is used."""
    with connection.cursor() as cursor:
        cursor.execute(_USES)
        row: tuple[Any, ...] = cursor.fetchone()
    return row
