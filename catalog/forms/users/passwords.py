"""What a new password must not be: one that has leaked, or little more than a well-known word."""

import hashlib
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from catalog.providers.registry import all_infos

# The first bytes of SHA-256 digests, sorted; scripts/leaked_passwords.py made the file.
_LEAKED = Path(__file__).with_name("leaked_passwords.bin")
_DIGEST_BYTES = 5
# What people try first, here and everywhere.
_OBVIOUS_WORDS = ("voiceboard", "password", "passphrase", "welcome", "letmein", "changeme",
                  "qwerty", "secret", "admin", "login")  # fmt: skip
_SHORTEST_WORD = 4
_LEAST_LEFT = 8


class GuessablePasswordValidator:
    """Rejects leaked passwords, and those that are hardly more than words tried here first.

    Nothing leaves this machine, and case makes no difference.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError if the password is easy to guess."""
        if is_leaked(password):
            raise ValidationError(
                "This password has appeared in a data leak. Choose another one.",
                code="password_leaked",
            )
        if is_obvious(password):
            raise ValidationError(
                "This password is easy to guess. Add a few more words.", code="password_obvious"
            )

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return "Your password can't be one that is known from a leak or easy to guess."


def is_leaked(password: str) -> bool:
    """Return whether the password is on the list, read by binary search."""
    wanted = hashlib.sha256(password.casefold().encode()).digest()[:_DIGEST_BYTES]
    with _LEAKED.open("rb") as file:
        low, high = 0, _LEAKED.stat().st_size // _DIGEST_BYTES
        while low < high:
            middle = (low + high) // 2
            file.seek(middle * _DIGEST_BYTES)
            found = file.read(_DIGEST_BYTES)
            if found == wanted:
                return True
            low, high = (middle + 1, high) if found < wanted else (low, middle)
    return False


def is_obvious(password: str) -> bool:
    """Return whether few letters are left without the words that an attacker would try here."""
    folded = password.casefold()
    left = folded
    for word in list_obvious_words():
        left = left.replace(word, "")
    return left != folded and len(re.sub(r"[\W\d_]", "", left)) < _LEAST_LEFT


def list_obvious_words() -> list[str]:
    """Return words of this product, its hosts, and its company, the longest first."""
    said = [*settings.PASSWORD_WORDS, settings.OIDC_LABEL, *settings.ALLOWED_HOSTS]
    said += [word for info in all_infos() for word in (info.slug, info.label)]
    words = {part for each in said for part in re.split(r"[\W_]+", each.casefold())}
    found = {word for word in words if len(word) >= _SHORTEST_WORD and not word.isdigit()}
    return sorted(found | set(_OBVIOUS_WORDS), key=lambda word: (-len(word), word))
