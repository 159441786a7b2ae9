"""Re-encrypt all secrets with a new master key while the service runs."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction

from catalog.audit import record
from catalog.core.crypto import CannotOpen, KeyRing
from catalog.models import Installation
from catalog.models.credentials.key_rotation import (
    SEALED,
    rewrap_installation,
    rewrap_row,
    sealed_field,
)
from catalog.models.installation import key_ring

_BATCH = 200


class UnopenedSecrets(Exception):
    """Some records can't be decrypted with any key; old keys are kept. The message lists them."""


def rotate_master_key(*, now: datetime, keeps_old: bool = False) -> int:
    """Make a new master key, re-encrypt every record, drop the old keys; return how many changed.

    Old and new keys both work meanwhile. An interrupted rotation resumes: a key file with several
    keys means that the first is the new one. Raises UnopenedSecrets.
    """
    path = Path(settings.MASTER_KEY_FILE)
    ring = key_ring()
    if len(ring) == 1:
        ring = KeyRing.add_primary(path)
    _rewrap_own(ring)
    moved, broken = 0, []
    for model in SEALED:
        count, unreadable = _rewrap_all(model, ring)
        moved += count
        broken += unreadable
    if broken:
        raise UnopenedSecrets(", ".join(broken))
    if not keeps_old:
        _drop_old(path, ring)
    with transaction.atomic():
        record(None, "master key rotated", "Installation", team=None, now=now, records=moved)
    return moved


@transaction.atomic
def _rewrap_own(ring: KeyRing) -> None:
    # Every writer locks this row, so all that used the old key have committed by now.
    installation = Installation.objects.select_for_update(no_key=True).get()
    rewrap_installation(installation, ring.rewrap)
    installation.save(update_fields=["key_check", "audit_key", "signing_key"])


def _rewrap_all(model: type[models.Model], ring: KeyRing) -> tuple[int, list[str]]:
    moved, broken, last = 0, [], None
    while ids := _next_ids(model, last):
        last = ids[-1]
        with transaction.atomic():
            for row in _locked(model, ids):
                try:
                    is_moved = rewrap_row(row, ring.rewrap)
                except CannotOpen:
                    broken.append(f"{model.__name__} {row.pk}")
                    continue
                if is_moved:
                    row.save(update_fields=[sealed_field(row)])
                    moved += 1
    return moved, broken


def _next_ids(model: type[models.Model], last: Any) -> list[Any]:
    rows = model._base_manager.order_by("pk")
    if last is not None:
        rows = rows.filter(pk__gt=last)
    return list(rows.values_list("pk", flat=True)[:_BATCH])


def _locked(model: type[models.Model], ids: list[Any]) -> "models.QuerySet[Any]":
    return model._base_manager.select_for_update(no_key=True).filter(pk__in=ids)


@transaction.atomic
def _drop_old(path: Path, ring: KeyRing) -> None:
    # Encrypting takes this lock too, so nothing new can use an old key from here on.
    Installation.objects.select_for_update(no_key=True).get()
    for model in SEALED:
        for row in model._base_manager.all().iterator():
            if rewrap_row(row, ring.rewrap):
                row.save(update_fields=[sealed_field(row)])
    KeyRing.keep_primary(path)
