"""What the list of voices looks like to a person depends on this, read as cheaply as can be."""

from typing import Any

from django.db import connection

from catalog.models import User

# Plain statements, because composing these by the ORM would cost more than all of the answer.
_TEAMS = """
    SELECT m.team_id, m.role, m.chosen_at, v.number FROM catalog_membership m
    LEFT JOIN catalog_catalogversion v ON v.team_id = m.team_id
    WHERE m.user_id = %s ORDER BY m.id
"""
_ACCOUNTS = """
    SELECT a.id, a.is_shared, a.last_owner_id, a.sync_error, a.synced_at
    FROM catalog_provideraccount a JOIN catalog_membership m ON m.team_id = a.team_id
    WHERE m.user_id = %s ORDER BY a.id
"""
_KEYS = "SELECT account_id FROM catalog_credential WHERE owner_id = %s ORDER BY account_id"
_HABITS = "SELECT layout, sort, columns, news_since FROM catalog_preference WHERE user_id = %s"
_SEARCHES = """
    SELECT s.id, s.name, s.query, s.is_shared, s.removed_at FROM catalog_savedsearch s
    JOIN catalog_membership m ON m.team_id = s.team_id WHERE m.user_id = %s ORDER BY s.id
"""


def read_freshness(user: User) -> list[tuple[Any, ...]]:
    """Return rows that differ when the person's list of voices could look different."""
    found: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        for statement in (_TEAMS, _ACCOUNTS, _KEYS, _HABITS, _SEARCHES):
            cursor.execute(statement, [user.pk])
            found += [*cursor.fetchall(), ()]
    return found
