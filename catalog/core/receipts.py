"""Receipts: signed files that anyone can verify with our public key alone.

A receipt is canonical JSON: keys sorted, no spaces, UTF-8, and a line break at the end. The field
``signature`` signs the canonical JSON of all other fields with Ed25519. docs/users/consent.md
documents the fields and has a script that verifies a receipt without Voiceboard.
"""

import base64
import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)
from django.views.decorators.debug import sensitive_variables

FORMAT = "voiceboard-receipt-1"


class ReceiptUnreadable(Exception):
    """This isn't a receipt; the message says why."""


class ReceiptInvalid(Exception):
    """The receipt, or a file that it names, isn't what was signed; the message says which."""


@sensitive_variables()
def make_signing_key() -> bytes:
    """Return a new private key."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


@sensitive_variables("private")
def find_public_key(private: bytes) -> bytes:
    """Return the public key that belongs to a private one."""
    public = Ed25519PrivateKey.from_private_bytes(private).public_key()
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def name_public_key(public: bytes) -> str:
    """Return the id of a public key: the start of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def write_public_key(public: bytes) -> str:
    """Return the key as a PEM file."""
    pem = Ed25519PublicKey.from_public_bytes(public).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode()


def read_public_key(pem: bytes) -> bytes:
    """Return the key in a PEM file; raises ReceiptUnreadable."""
    try:
        key = load_pem_public_key(pem)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise ReceiptUnreadable("The file with the public key isn't an Ed25519 key in PEM format.")
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def write_canonical(fields: dict[str, Any]) -> bytes:
    """Return the only bytes that stand for these fields."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


@sensitive_variables("private")
def sign_receipt(fields: dict[str, Any], private: bytes) -> str:
    """Return the signed receipt; it names its format and the key."""
    public = find_public_key(private)
    signed = {
        **fields,
        "format": FORMAT,
        "key": base64.b64encode(public).decode(),
        "key_id": name_public_key(public),
    }
    signature = Ed25519PrivateKey.from_private_bytes(private).sign(write_canonical(signed))
    whole = {**signed, "signature": base64.b64encode(signature).decode()}
    return write_canonical(whole).decode() + "\n"


def verify_receipt(content: bytes, public: bytes | None = None) -> dict[str, Any]:
    """Return the fields of a receipt whose every byte is as it was signed.

    Without ``public``, the key is the one that the receipt names: then it is intact, but the caller
    must check whose key that is. Raises ReceiptUnreadable or ReceiptInvalid.
    """
    fields = _read_fields(content)
    key = public or _decode(fields.get("key"))
    signature = _decode(fields.get("signature"))
    if write_canonical(fields) + b"\n" != content:
        raise ReceiptInvalid("The receipt was changed: it isn't written as it was signed.")
    if signature is None:
        raise ReceiptInvalid("The receipt was changed: its signature is wrong.")
    if key is None or fields.get("key") != base64.b64encode(key).decode():
        raise ReceiptInvalid("The receipt was signed with another key.")
    signed = {name: value for name, value in fields.items() if name != "signature"}
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, write_canonical(signed))
    except (InvalidSignature, ValueError):
        raise ReceiptInvalid("The receipt was changed: its signature is wrong.") from None
    return fields


def _read_fields(content: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        raise ReceiptUnreadable("This isn't a receipt: it isn't JSON.") from None
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise ReceiptUnreadable("This isn't a receipt of Voiceboard.")
    return fields


def _decode(word: Any) -> bytes | None:
    try:
        content = base64.b64decode(word, validate=True)
    except (ValueError, TypeError):
        return None
    # The last character has spare bits, so several words would stand for the same bytes.
    return content if base64.b64encode(content).decode() == word else None
