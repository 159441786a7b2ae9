"""The installation's one row, and the master keys that everything sealed lives under."""

import base64
import functools
import secrets as randomness
from pathlib import Path

from django.conf import settings
from django.db import models, transaction
from django.views.decorators.debug import sensitive_variables

from catalog.core.crypto import KeyProblem, KeyRing, bind_context

KEY_CHECK = b"voiceboard key check"
KEY_CHECK_CONTEXT = bind_context("catalog_installation", "key_check")
FACTOR_PLACE = ("mfa_authenticator", "secret")
AUDIT_KEY_CONTEXT = bind_context("catalog_installation", "audit_key")


class Installation(models.Model):
    """The one row that says which installation this is and which master key it lives under."""

    code = models.CharField(max_length=8)
    key_check = models.BinaryField()
    hash_key = models.BinaryField()
    # Sealed: who can write to the database alone cannot forge the log's chain.
    audit_key = models.BinaryField(default=b"")
    # From when on it is known whether a voice was played here.
    uses_since = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Installation {self.code}"

    @sensitive_variables()
    def seal_audit_key(self) -> None:
        """Give the log its own key on first use; the row still has to be saved."""
        if not self.audit_key:
            self.audit_key = key_ring().seal(randomness.token_bytes(32), AUDIT_KEY_CONTEXT)

    def open_audit_key(self) -> bytes:
        """Return the key that the log's entries are signed with."""
        return _open_audit_key(bytes(self.audit_key))


@sensitive_variables()
def seal_text(plain: str, *place: str) -> str:
    """Seal a text for a place, as another text."""
    return base64.b64encode(sealing_ring().seal(plain.encode(), bind_context(*place))).decode()


@sensitive_variables()
def open_text(sealed: str, *place: str) -> str:
    """Open what seal_text made for this place; raises CannotOpen."""
    return key_ring().open(base64.b64decode(sealed), bind_context(*place)).decode()


@functools.lru_cache(maxsize=4)
def _open_audit_key(sealed: bytes) -> bytes:
    return key_ring().open(sealed, AUDIT_KEY_CONTEXT)


def sealing_ring() -> KeyRing:
    """Return the keys for somebody who seals, and keep a rotation waiting until that is written.

    Inside a transaction the row of the installation is locked first: who comes after a rotation
    began reads its new keys, and who came before is done when it starts to look for old records.
    """
    if transaction.get_connection().in_atomic_block:
        Installation.objects.select_for_update().first()
    return key_ring()


def key_ring() -> KeyRing:
    """Return the master keys as the file holds them now: a rotation shows in every process."""
    path = Path(settings.MASTER_KEY_FILE)
    try:
        status = path.stat()
    except OSError:
        raise KeyProblem(
            f"The master key file {path} is missing; restore it from your backup."
        ) from None
    return _load_ring(path, (status.st_ino, status.st_ctime_ns, status.st_size))


@functools.lru_cache(maxsize=1)
def _load_ring(path: Path, version: tuple[int, int, int]) -> KeyRing:
    return KeyRing.load(path)
