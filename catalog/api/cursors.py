"""Cursors: where the next page of a list starts, signed so that they can't be made up."""

import base64
import binascii
import hashlib
import hmac
from typing import Any

import msgspec
from django.conf import settings

from catalog.views.base.problems import RequestRefused

_MAC = 16


class _Cursor(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    of: str  # a hash of the list: its address, its filters, and whose it is
    after: int | str
    version: int


def fingerprint_list(*parts: Any) -> str:
    """Return a short hash of what makes a list the same one."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def write_cursor(of: str, after: int | str, version: int = 0) -> str:
    """Return a cursor that continues the list after this place."""
    packed = msgspec.json.encode(_Cursor(of, after, version))
    return base64.urlsafe_b64encode(packed + _sign(packed)).decode().rstrip("=")


def read_cursor(text: str, of: str) -> tuple[int | str, int]:
    """Return the place and the version in a cursor of this list; raises RequestRefused."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        packed, mac = raw[:-_MAC], raw[-_MAC:]
        if not hmac.compare_digest(mac, _sign(packed)):
            raise RequestRefused("bad-cursor")
        cursor = msgspec.json.decode(packed, type=_Cursor)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise RequestRefused("bad-cursor") from None
    if cursor.of != of:
        raise RequestRefused("cursor-other-list")
    return cursor.after, cursor.version


def _sign(packed: bytes) -> bytes:
    key = f"{settings.SECRET_KEY}|cursor".encode()
    return hmac.digest(key, packed, "sha256")[:_MAC]
