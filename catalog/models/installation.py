"""The installation's single row, and the master keys that encrypt all secrets."""

import base64
import functools
import secrets as randomness
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.views.decorators.debug import sensitive_variables

from catalog.core.crypto import KeyProblem, KeyRing, bind_context
from catalog.core.receipts import (
    find_public_key,
    make_signing_key,
    sign_receipt,
    write_public_key,
)

# A daily backup may take a while.
BACKUP_LASTS = timedelta(hours=26)
KEY_CHECK = b"voiceboard key check"
KEY_CHECK_CONTEXT = bind_context("catalog_installation", "key_check")
FACTOR_PLACE = ("mfa_authenticator", "secret")
AUDIT_KEY_CONTEXT = bind_context("catalog_installation", "audit_key")
SIGNING_KEY_CONTEXT = bind_context("catalog_installation", "signing_key")


class Installation(models.Model):
    """The single row that identifies this installation and its master key."""

    code = models.CharField(max_length=8)
    key_check = models.BinaryField()
    hash_key = models.BinaryField()
    # Encrypted: write access to the database alone is not enough to forge the log.
    audit_key = models.BinaryField(default=b"")
    # Ed25519, for receipts: the private key is encrypted, the public one is for everyone.
    signing_key = models.BinaryField(default=b"")
    public_key = models.BinaryField(default=b"")
    # Since when plays are recorded here.
    uses_since = models.DateTimeField(auto_now_add=True)
    # When a backup was last restored; links mailed before don't work anymore.
    restored_at = models.DateTimeField(null=True)
    # When the last backup was finished, and when the audit log was last found intact.
    backed_up_at = models.DateTimeField(null=True)
    audit_verified_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Installation {self.code}"

    @sensitive_variables()
    def seal_audit_key(self) -> None:
        """Create the audit log's key on first use; the caller saves the row."""
        if not self.audit_key:
            self.audit_key = key_ring().seal(randomness.token_bytes(32), AUDIT_KEY_CONTEXT)

    @sensitive_variables()
    def seal_signing_key(self) -> None:
        """Create the key that signs receipts on first use; the caller saves the row."""
        if not self.signing_key:
            private = make_signing_key()
            self.signing_key = key_ring().seal(private, SIGNING_KEY_CONTEXT)
            self.public_key = find_public_key(private)

    @property
    def public_key_file(self) -> str:
        """The public key that verifies our receipts, as a PEM file."""
        return write_public_key(bytes(self.public_key))

    @sensitive_variables()
    def sign(self, fields: dict[str, Any]) -> str:
        """Return a receipt with these fields, signed with this installation's key."""
        return sign_receipt(fields, key_ring().open(bytes(self.signing_key), SIGNING_KEY_CONTEXT))

    def open_audit_key(self) -> bytes:
        """Return the key that signs the entries of the audit log."""
        return _open_audit_key(bytes(self.audit_key))


@sensitive_variables()
def seal_text(plain: str, *place: str) -> str:
    """Return the text encrypted for a context, in Base64."""
    return base64.b64encode(sealing_ring().seal(plain.encode(), bind_context(*place))).decode()


@sensitive_variables()
def open_text(sealed: str, *place: str) -> str:
    """Return the text that ``seal_text`` encrypted for this context; raises CannotOpen."""
    return key_ring().open(base64.b64decode(sealed), bind_context(*place)).decode()


@functools.lru_cache(maxsize=4)
def _open_audit_key(sealed: bytes) -> bytes:
    return key_ring().open(sealed, AUDIT_KEY_CONTEXT)


def sealing_ring() -> KeyRing:
    """Return the keys for encrypting, and make a rotation wait until the caller has committed.

    Inside a transaction, this locks the installation's row first. Anyone who gets the lock after
    a rotation started reads its new keys; anyone before has committed when it scans for old ones.
    """
    if transaction.get_connection().in_atomic_block:
        Installation.objects.select_for_update(no_key=True).first()
    return key_ring()


def key_ring() -> KeyRing:
    """Return the master keys as they are in the file now, so every process notices a rotation."""
    path = Path(settings.MASTER_KEY_FILE)
    try:
        status = path.stat()
    except OSError:
        raise KeyProblem(
            f"The master key file {path} is missing. Restore it from your backup."
        ) from None
    return _load_ring(path, (status.st_ino, status.st_ctime_ns, status.st_size))


@functools.lru_cache(maxsize=1)
def _load_ring(path: Path, version: tuple[int, int, int]) -> KeyRing:
    return KeyRing.load(path)
