"""Recognize API keys in text, and extract a key from what a user pasted."""

import base64
import binascii
import functools
import re
import unicodedata
from itertools import pairwise

from catalog.providers.registry import all_infos

KEY = re.compile(r"[\x21-\x7e]{8,512}")

# Keys of services without an adapter here, which users may paste by mistake.
_OTHER_KEYS = (
    r"sk-(?:proj-|ant-|or-|svcacct-)?[0-9A-Za-z_-]{20,}",  # OpenAI and compatible services
    r"hf_[0-9A-Za-z]{20,}",  # Hugging Face
    r"AIza[0-9A-Za-z_-]{30,}",  # Google
    r"A[KS]IA[0-9A-Z]{16}",  # AWS
    r"gh[pousr]_[0-9A-Za-z]{30,}|github_pat_[0-9A-Za-z_]{30,}",
    r"xox[abeoprs]-[0-9A-Za-z-]{20,}",  # Slack
    r"[rs]k_(?:live|test|car)_[0-9A-Za-z_]{16,}",  # Stripe, Cartesia
    r"gsk_[0-9A-Za-z]{20,}|r8_[0-9A-Za-z]{20,}",  # Groq, Replicate
    r"eyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.",  # a JWT
    r"vb_[0-9A-Za-z]{46}",  # Voiceboard's own API tokens
    r"-----BEGIN [A-Z ]*PRIVATE KEY",
)
# A value that the text itself labels as a secret; it needs a letter and a digit.
_SAID_TO_BE_ONE = re.compile(
    r"(?:(?:\b|_)(?:api[-_ ]?(?:key|token|secret)|apikey|subscription-key|secret[-_ ]?key"
    r"|(?:access|auth)[-_ ]?token|authorization|bearer)|[A-Z0-9]_(?:KEY|TOKEN|SECRET))"
    r"[\"'\s:=]+(?:is\s+)?(?:(?:bearer|basic|token)\s+)?[\"']?"
    r"(?!https?:)(?=[^\s\"']*\d)(?=[^\s\"']*[A-Za-z])[0-9A-Za-z+/_.=:~-]{16,}",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://\S+")
_WORD = re.compile(r"[0-9A-Za-z+/_-]{24,}={0,2}")
_SECRETLY_LONG = 32
# In random text, about 60% of neighboring characters differ in kind (uppercase, lowercase, digit),
# in a CamelCase name like TakeTwo48kHz 40%; and digits occur in many places, not in one or two.
_MANY_CHANGES, _FEWER_CHANGES, _DIGITS_IN_PLACES = 0.5, 0.4, 3

_MASKED = re.compile(r"[…⋯•●∙·]|\.{3}|\*{3}")
_QUOTES = "\"'`“”„‘’‚«»"
_LEADS = (
    re.compile(r"(?:-H|--header)[\s=]+"),
    re.compile(r"(?:export\s+|set\s+|setx\s+|\$env:|const\s+|let\s+|var\s+)", re.IGNORECASE),
    # NAME=, but not the end of a Base64 key.
    re.compile(r"[A-Za-z_][\w.-]*[\"']?\s*=\s*(?=[^=\s])"),
    # A header or a JSON field; keys themselves may contain a colon.
    re.compile(r"[A-Za-z_][\w.-]*[\"']?\s*:\s+"),
    re.compile(r"[\w.-]*(?:key|token|secret|authorization)[\"']?\s*:\s*", re.IGNORECASE),
    re.compile(r"(?:bearer|basic|token)\s+", re.IGNORECASE),
)


class NoKey(ValueError):
    """The pasted text isn't a key; the message says why without repeating it."""


def read_key(pasted: str) -> str:
    """Return the key in a pasted text; raises NoKey.

    Strips quotes, a leading variable or header name, and invisible characters, because people copy
    keys from shells, .env files, JSON, and web pages.
    """
    if _MASKED.search(pasted):
        raise NoKey("This key is shortened. Copy the full key from the provider.")
    text = show_hidden(pasted)
    before = None
    while text != before:
        before = text
        text = text.strip().strip("{}\\,;").strip().strip(_QUOTES).strip()
        for lead in _LEADS:
            text = lead.sub("", text, count=1) if lead.match(text) else text
    if KEY.fullmatch(text):
        return text
    if re.search(r"\s", text):
        raise NoKey("This key contains a space or a line break. Copy only the key.")
    raise NoKey("This doesn't look like a key. Keys have 8 to 512 characters and no spaces.")


def holds_key(text: str) -> bool:
    """Return whether the text contains something that looks like an API key."""
    shown = show_hidden(text)
    if known_keys().search(shown) or _SAID_TO_BE_ONE.search(shown):
        return True
    return any(map(_is_secret, _WORD.findall(_ADDRESS.sub(" ", shown))))


def list_words(text: str) -> set[str]:
    """Return the words of a text that are long enough to be a key."""
    shown = show_hidden(text)
    rough = shown.split()
    fine = re.split(rf"[\s{_QUOTES},;<>()\[\]{{}}]+", shown)
    words = {*rough, *fine}
    words |= {part for word in words for part in re.split("[=:.]", word)}
    return {word.strip(".") for word in words if 16 <= len(word) <= 512}


def show_hidden(text: str) -> str:
    """Return the text without invisible characters, with letters, digits, and spaces normalized."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(mark for mark in plain if unicodedata.category(mark) != "Cf")


@functools.cache
def known_keys() -> re.Pattern[str]:
    """Return a pattern for the key formats of all providers."""
    declared = [info.key_pattern for info in all_infos() if info.key_pattern]
    return re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join([*declared, *_OTHER_KEYS])})")


def _is_secret(word: str) -> bool:
    # Check each part of a path separately; a key may contain one slash.
    parts = word.split("/") if word.count("/") > 1 else [word]
    return _is_name_and_password(word) or any(map(_is_random, parts))


def _is_name_and_password(word: str) -> bool:
    """Return whether it is a Basic credential: name and password with a colon, in Base64."""
    padded = word.rstrip("=") + "=" * (-len(word.rstrip("=")) % 4)
    try:
        decoded = base64.b64decode(padded, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return False
    name, colon, password = decoded.partition(":")
    return bool(colon) and decoded.isprintable() and min(len(name), len(password)) >= 8


def _is_random(word: str) -> bool:
    """Return whether it looks random, unlike long names, or hashes, which have no uppercase."""
    letters = [mark for mark in word if mark.isalnum()]
    kinds = [(mark.isupper(), mark.isdigit()) for mark in letters]
    is_long = len(word) >= _SECRETLY_LONG and len(letters) >= 0.85 * len(word)
    if not is_long or len(set(kinds)) < 3:
        return False
    changes = sum(one != other for one, other in pairwise(kinds)) / len(letters)
    is_mixed = len(re.findall(r"[0-9]+", "".join(letters))) >= _DIGITS_IN_PLACES
    return changes >= (_FEWER_CHANGES if is_mixed else _MANY_CHANGES)
