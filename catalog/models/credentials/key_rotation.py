"""Verify the master key, and re-encrypt everything that is encrypted with it."""

import base64
import secrets as randomness
from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import DatabaseError, models

from catalog.core.crypto import CannotOpen, KeyProblem, KeyRing, bind_context
from catalog.models.credentials.end_hooks import EndHook
from catalog.models.credentials.keys import Credential
from catalog.models.credentials.replacements import CredentialReplacement
from catalog.models.installation import (
    AUDIT_KEY_CONTEXT,
    FACTOR_PLACE,
    KEY_CHECK,
    KEY_CHECK_CONTEXT,
    SIGNING_KEY_CONTEXT,
    Installation,
    key_ring,
)

Rewrap = Callable[[bytes, bytes], bytes]


def verify_key_ring() -> None:
    """Raise KeyProblem unless the keys in the file can decrypt this database's secrets."""
    try:
        installation = Installation.objects.first()
    except DatabaseError:
        raise KeyProblem("The database isn't ready. Run: manage.py prepare") from None
    if installation is None:
        raise KeyProblem("This installation has no master key yet. Run: manage.py prepare")
    try:
        key_ring().open(bytes(installation.key_check), KEY_CHECK_CONTEXT)
    except KeyProblem as exc:
        raise KeyProblem(
            f"{exc} (No new key was created, because this database is encrypted with that one.)"
        ) from None
    except CannotOpen:
        raise KeyProblem(
            f"{settings.MASTER_KEY_FILE} is not the master key of this database."
            " Restore the right file. No new key was created."
        ) from None


def prepare_installation() -> Installation:
    """Create the master key and the installation's row on first use; later only verify them."""
    if not Installation.objects.exists():
        if Credential.objects.exists():
            raise KeyProblem("The database has encrypted credentials but no installation row.")
        ring = KeyRing.create(settings.MASTER_KEY_FILE)
        Installation.objects.get_or_create(
            pk=1,
            defaults={
                "code": randomness.token_hex(4),
                "key_check": ring.seal(KEY_CHECK, KEY_CHECK_CONTEXT),
                "hash_key": randomness.token_bytes(32),
            },
        )
    verify_key_ring()
    installation = Installation.objects.get()
    if not installation.audit_key or not installation.signing_key:
        installation.seal_audit_key()
        installation.seal_signing_key()
        installation.save(update_fields=["audit_key", "signing_key", "public_key"])
    return installation


# Every model with encrypted data; a rotation of the master key covers all of them.
SEALED: tuple[type[models.Model], ...] = (
    Credential,
    CredentialReplacement,
    EndHook,
    Authenticator,
)
_FACTOR_FIELDS = ("secret", "seed")


def rewrap_row(row: Any, rewrap: Rewrap) -> bool:
    """Re-encrypt the row's secrets with the current master key; return whether they changed.

    The caller has to save the row.
    """
    if isinstance(row, Authenticator):
        return _rewrap_factor(row, rewrap)
    before = bytes(row.sealed)
    row.sealed = rewrap(before, row.seal_context())
    return bool(row.sealed != before)


def sealed_field(row: Any) -> str:
    """Return the name of the column that holds the encrypted data."""
    return "data" if isinstance(row, Authenticator) else "sealed"


def rewrap_installation(row: Installation, rewrap: Rewrap) -> None:
    """Re-encrypt the installation's own secrets."""
    row.key_check = rewrap(bytes(row.key_check), KEY_CHECK_CONTEXT)
    row.audit_key = rewrap(bytes(row.audit_key), AUDIT_KEY_CONTEXT)
    if row.signing_key:
        row.signing_key = rewrap(bytes(row.signing_key), SIGNING_KEY_CONTEXT)


def _rewrap_factor(row: Authenticator, rewrap: Rewrap) -> bool:
    before = dict(row.data)
    for name in _FACTOR_FIELDS:
        if name in row.data:
            record = base64.b64decode(row.data[name])
            sealed = rewrap(record, bind_context(*FACTOR_PLACE))
            row.data[name] = base64.b64encode(sealed).decode()
    return bool(row.data != before)
