"""Encrypt secrets for this installation, bound to one row and owner.

A record is ``VB1 | key id (8) | nonce (12) | wrapped data key (48) | nonce (12) | ciphertext``,
with AES-256-GCM twice: a new data key encrypts the secret, and a master key of the ring encrypts
the data key. Key rotation therefore only rewraps 48 bytes and never touches the secret. The
associated data binds both to their place: a record moved to another row, owner, or provider can't
be decrypted.
"""

import base64
import contextlib
import hashlib
import json
import os
import secrets
import stat
from pathlib import Path
from typing import NoReturn, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.views.decorators.debug import sensitive_variables

from catalog.core.private_files import make_private_folder

_MAGIC = b"VB1"
_KEY_ID, _NONCE, _WRAPPED, _TAG = 8, 12, 48, 16
_HEAD = len(_MAGIC) + _KEY_ID + _NONCE + _WRAPPED


class KeyProblem(Exception):
    """The key ring can't be used; the message names the file and the fix."""


class CannotOpen(Exception):
    """A record can't be decrypted: tampered with, moved, or encrypted with another key."""


def bind_context(*parts: object) -> bytes:
    """Encode the record's context unambiguously, so "a", "bc" differs from "ab", "c"."""
    packed = b""
    for part in parts:
        data = str(part).encode()
        packed += len(data).to_bytes(4, "big") + data
    return packed


def hash_token(token: str) -> str:
    """Return the hash stored for a one-time link; the link can't be recovered from it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _open_unlinked(path: str, flags: int) -> int:
    # A symlink could lead to a file that someone else can change.
    return os.open(path, flags | os.O_NOFOLLOW)


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"voiceboard master key id" + key).digest()[:_KEY_ID]


class KeyRing:
    """The master keys: the first one encrypts, all of them decrypt."""

    def __init__(self, keys: list[bytes]) -> None:
        self._keys = {_key_id(key): key for key in keys}
        self._primary = _key_id(keys[0])

    def __repr__(self) -> str:
        return f"KeyRing({len(self._keys)} keys)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Master keys can't be pickled.")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the key ring file; raises KeyProblem unless it is private and complete."""
        try:
            with open(path, "rb", opener=_open_unlinked) as file:
                _demand_ours(path, os.fstat(file.fileno()))
                return cls(_parse_keys(file.read(65536), path))
        except FileNotFoundError:
            words = f"The master key file {path} is missing. Restore it from your backup."
            raise KeyProblem(words) from None
        except OSError as exc:
            raise KeyProblem(f"{path} can't be read: {exc.strerror}.") from None

    @classmethod
    def create(cls, path: Path) -> Self:
        """Create a ring with one new key; if several processes do so, all use the first one's."""
        make_private_folder(path.parent)
        draft = _write_draft(path, [base64.b64encode(secrets.token_bytes(32)).decode()])
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
        _flush_folder(path)
        return cls.load(path)

    @classmethod
    def add_primary(cls, path: Path) -> Self:
        """Add a new first key to the file: it encrypts from now on, the others still decrypt."""
        words = _read_words(path)
        _replace_file(path, [base64.b64encode(secrets.token_bytes(32)).decode(), *words])
        return cls.load(path)

    @classmethod
    def keep_primary(cls, path: Path) -> Self:
        """Keep only the first key in the file; records under other keys become unreadable."""
        _replace_file(path, _read_words(path)[:1])
        return cls.load(path)

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def key_ids(self) -> list[str]:
        """The IDs of the keys, which reveal nothing about them; that of the first key is first."""
        return [each.hex() for each in self._keys]

    @sensitive_variables()
    def rewrap(self, record: bytes, context: bytes) -> bytes:
        """Rewrap a record with the first key; the encrypted secret stays unchanged."""
        if record[len(_MAGIC) : len(_MAGIC) + _KEY_ID] == self._primary:
            return record
        data_key, outer = self._unwrap(record, context), secrets.token_bytes(_NONCE)
        wrapped = AESGCM(self._keys[self._primary]).encrypt(outer, data_key, b"key|" + context)
        return _MAGIC + self._primary + outer + wrapped + record[_HEAD:]

    @sensitive_variables()
    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt the secret for this context."""
        data_key = AESGCM.generate_key(256)
        outer, inner = secrets.token_bytes(_NONCE), secrets.token_bytes(_NONCE)
        wrapped = AESGCM(self._keys[self._primary]).encrypt(outer, data_key, b"key|" + context)
        sealed = AESGCM(data_key).encrypt(inner, plain, b"data|" + context)
        return _MAGIC + self._primary + outer + wrapped + inner + sealed

    @sensitive_variables()
    def open(self, record: bytes, context: bytes) -> bytes:
        """Return the secret; raises CannotOpen if it can't be authenticated."""
        data_key = self._unwrap(record, context)
        inner, sealed = record[_HEAD : _HEAD + _NONCE], record[_HEAD + _NONCE :]
        try:
            return AESGCM(data_key).decrypt(inner, sealed, b"data|" + context)
        except InvalidTag:
            raise CannotOpen("This record was changed or moved.") from None

    def knows(self, record: bytes) -> bool:
        """Return whether the record was encrypted with a key of this ring."""
        return record[len(_MAGIC) : len(_MAGIC) + _KEY_ID] in self._keys

    @sensitive_variables()
    def _unwrap(self, record: bytes, context: bytes) -> bytes:
        if record[: len(_MAGIC)] != _MAGIC or len(record) < _HEAD + _NONCE + _TAG:
            raise CannotOpen("This isn't an encrypted record.")
        if not self.knows(record):
            raise CannotOpen("This record was encrypted with a key that isn't in the key ring.")
        start = len(_MAGIC) + _KEY_ID
        key = self._keys[record[len(_MAGIC) : start]]
        outer, wrapped = record[start : start + _NONCE], record[start + _NONCE : _HEAD]
        try:
            return AESGCM(key).decrypt(outer, wrapped, b"key|" + context)
        except InvalidTag:
            raise CannotOpen("This record was changed or moved.") from None


@sensitive_variables()
def _write_draft(path: Path, words: list[str]) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({"version": 1, "keys": words}, file)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _flush_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


@sensitive_variables()
def _read_words(path: Path) -> list[str]:
    KeyRing.load(path)
    words: list[str] = json.loads(path.read_bytes())["keys"]
    return words


@sensitive_variables()
def _replace_file(path: Path, words: list[str]) -> None:
    # Concurrent readers see either the complete old or the complete new file.
    try:
        draft = _write_draft(path, words)
        draft.replace(path)
        _flush_folder(path)
    except OSError as exc:
        raise KeyProblem(f"{path} can't be replaced: {exc.strerror}.") from None


def _demand_ours(path: Path, status: os.stat_result) -> None:
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise KeyProblem(f"{path} can be read by other users. Run: chmod 600 {path}")
    if status.st_uid != os.geteuid():
        raise KeyProblem(f"{path} belongs to another user.")


@sensitive_variables()
def _parse_keys(content: bytes, path: Path) -> list[bytes]:
    damaged = KeyProblem(f"The master key file {path} is damaged. Restore it from your backup.")
    try:
        keys = [base64.b64decode(word, validate=True) for word in json.loads(content)["keys"]]
    except (ValueError, KeyError, TypeError):
        raise damaged from None
    if not keys or any(len(key) != 32 or len(set(key)) < 8 for key in keys):
        raise damaged
    return keys
