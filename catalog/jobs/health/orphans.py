"""Delete stored files that no row names: a kill or a store that was away can leave them."""

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from itertools import islice

from django.apps import apps
from django.db import DatabaseError
from django.db.models import CharField

from catalog.core.media import get_media_store
from catalog.core.media_store import MediaStore
from catalog.models import Installation, Tick

logger = logging.getLogger(__name__)

# A file is stored before its row, and a row may go before a backup has copied the file.
_ORPHAN_AFTER = timedelta(days=2)
_MOST_A_RUN = 1000
# Empty files, each named by the code of an installation that keeps its files here.
_OWNERS = ".installations/"
# The keys that store_media makes; whatever else lies in the place isn't ours to delete. Index files
# have a sweep of their own (search/index/snapshots.py).
_KEY = re.compile(r"(?!index/)[.a-z]+/([0-9a-f]{2})/\1[0-9a-f]{30}\.[a-z0-9]+")
_BACKUP = "backup "
_BACKUP_LASTS = timedelta(days=3)


@contextmanager
def keep_orphans(now: datetime) -> Iterator[None]:
    """Delete no orphans on any host meanwhile: a backup needs files whose rows have gone since.

    A database of another version may lack the table; nothing sweeps it.
    """
    name = _BACKUP + secrets.token_hex(8)
    with suppress(DatabaseError):
        Tick.objects.filter(name__startswith=_BACKUP, next_at__lte=now).delete()
        Tick.objects.create(name=name, next_at=now + _BACKUP_LASTS)
    try:
        yield
    finally:
        with suppress(DatabaseError):
            Tick.objects.filter(name=name).delete()


def sweep_orphans(now: datetime) -> int:
    """Delete up to 1,000 files that no row names and that are older than 2 days; return how many.

    It deletes nothing while a backup runs, and if another installation has files in the same place.
    The first files go 2 days after an installation made this known, so another can do so, too.
    """
    store = get_media_store()
    if not _is_ours_alone(store, now):
        return 0
    # A backup that starts after the rows were read holds none that names one of these files.
    orphans = list(islice(_find_orphans(store, _read_named(), now), _MOST_A_RUN))
    if Tick.objects.filter(name__startswith=_BACKUP, next_at__gt=now).exists():
        return 0
    for key in orphans:
        store.remove(key)
    if orphans:
        logger.info("Deleted %d files that nothing uses", len(orphans))
    return len(orphans)


def _is_ours_alone(store: MediaStore, now: datetime) -> bool:
    ours = _OWNERS + Installation.objects.values_list("code", flat=True).get()
    owners = {file.key: file.stored_at for file in store.list(_OWNERS)}
    if others := owners.keys() - {ours}:
        logger.warning(
            "Unused files aren't deleted, because other installations keep files in the same"
            " place. If they are gone, delete %s.",
            ", ".join(sorted(others)),
        )
    if ours not in owners:
        store.write(ours, [])
    return not others and owners.get(ours, now.timestamp()) < (now - _ORPHAN_AFTER).timestamp()


def _find_orphans(store: MediaStore, named: set[str], now: datetime) -> Iterator[str]:
    old = (now - _ORPHAN_AFTER).timestamp()
    for file in store.list(""):
        if file.stored_at < old and file.key not in named and _KEY.fullmatch(file.key):
            yield file.key


def _read_named() -> set[str]:
    """Return all values of columns for paths."""
    named: set[str] = set()
    for model in apps.get_app_config("catalog").get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, CharField) and f"_{field.name}".endswith("_path"):
                rows = model._base_manager.exclude(**{field.name: ""})
                named.update(rows.values_list(field.name, flat=True).iterator())
    return named
