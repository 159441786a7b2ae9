"""Build the search indexes that web processes read, for every team whose index is outdated."""

import logging

from catalog.core.disk_space import has_room
from catalog.core.media_store import MediaUnavailable
from catalog.models import ProviderAccount, Team, Voice
from catalog.search.index.cache import read_versions
from catalog.search.index.rows import read_rows
from catalog.search.index.segments import build_segment
from catalog.search.index.snapshots import read_snapshot_versions, write_snapshot

logger = logging.getLogger(__name__)

# With fewer changes since the snapshot, a process catches up in almost no time.
_MOST_CHANGED = 1000


def build_due_indexes() -> list[frozenset[int]]:
    """Rebuild the indexes that are missing, unreadable, or far behind; return their scopes."""
    if not has_room():
        return []  # searches fall back to SQL
    due = [teams for teams in list_scopes() if _is_due(teams)]
    try:
        for teams in due:
            build_index(teams)
    except MediaUnavailable as exc:
        logger.warning("An index couldn't be stored; trying again soon: %s", exc)
    return due


def build_index(teams: frozenset[int]) -> None:
    """Write the index of these teams as of now."""
    # Read the versions first: rows that change meanwhile are then read twice rather than missed.
    versions = read_versions(teams)
    write_snapshot(teams, build_segment(read_rows(_list_accounts(teams))), versions)


def list_scopes() -> list[frozenset[int]]:
    """Return one scope per team, because no one searches more than one team at a time."""
    return [frozenset({pk}) for pk in Team.objects.order_by("pk").values_list("pk", flat=True)]


def _list_accounts(teams: frozenset[int]) -> list[int]:
    rows = ProviderAccount.objects.filter(team__in=sorted(teams))
    return list(rows.values_list("pk", flat=True))


def _is_due(teams: frozenset[int]) -> bool:
    versions = read_versions(teams)
    if not versions:
        return False  # the team never had a voice
    known = read_snapshot_versions(teams)
    if known is None or any(versions.get(team, 0) < number for team, number in known.items()):
        return True  # no snapshot, or the database was restored from a backup
    changed = 0
    for team, number in versions.items():
        seen = known.get(team, 0)
        if number != seen:
            rows = Voice.objects.filter(account__team=team, version__gt=seen)
            changed += rows.order_by()[: _MOST_CHANGED + 1].count()
    return changed > _MOST_CHANGED
