"""Typed readers for environment variables and for secret files in the data directory."""

import contextlib
import importlib.util
import os
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from catalog.core.private_files import make_private_folder
from catalog.core.web_addresses import is_private_route

# The roles in a team (models/teams/teams.py), which can't be imported yet.
_ROLES = ("viewer", "member", "cloner", "admin")


def read_text(name: str, default: str = "") -> str:
    """Return the variable without surrounding whitespace, or the default if unset or empty."""
    return os.environ.get(name, "").strip() or default


def read_secret(name: str, default: str = "") -> str:
    """Return the variable, or the contents of the file that ``<name>_FILE`` names.

    Raises ImproperlyConfigured if both are set, or if the file can't be read.
    """
    text, place = read_text(name), read_text(f"{name}_FILE")
    if not place:
        return text or default
    if text:
        raise ImproperlyConfigured(f"Set either {name} or {name}_FILE, not both.")
    try:
        return Path(place).read_text(encoding="utf-8").strip() or default
    except (OSError, UnicodeDecodeError) as exc:
        words = f"{name}_FILE can't be read: {type(exc).__name__}."
        raise ImproperlyConfigured(words) from None


def read_bucket(name: str) -> str:
    """Return the URL of a bucket, s3://bucket/prefix?endpoint=https://host&region=name."""
    url = read_text(name)
    parts = urlsplit(url)
    if url and (parts.scheme != "s3" or not parts.hostname or parts.username):
        raise ImproperlyConfigured(f"{name} must look like s3://bucket/folder?region=eu-central-1.")
    return url


def read_flag(name: str, default: bool) -> bool:
    """Return a boolean; raises ImproperlyConfigured for unknown words."""
    word = read_text(name).lower()
    if not word:
        return default
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {word!r}.")


def read_choice(name: str, *choices: str) -> str:
    """Return one of the choices, the first if unset; raises ImproperlyConfigured for others."""
    word = read_text(name, choices[0]).lower()
    if word not in choices:
        raise ImproperlyConfigured(f"{name} must be {' or '.join(choices)}, not {word!r}.")
    return word


def read_number(name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
    """Return an integer within its limits; raises ImproperlyConfigured otherwise."""
    word = read_text(name)
    if not word:
        return default
    if not word.isascii() or not word.isdigit() or not least <= int(word) <= most:
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}.")
    return int(word)


def read_list(name: str, default: list[str]) -> list[str]:
    """Return the variable's comma-separated words."""
    words = [word.strip() for word in read_text(name).split(",") if word.strip()]
    return words or default


def read_address(name: str) -> tuple[str, int] | None:
    """Return host and port of an address to listen on, None if unset."""
    word = read_text(name)
    if not word:
        return None
    host, _, port = word.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) <= 65535:
        raise ImproperlyConfigured(f"{name} must look like 127.0.0.1:9100.")
    return host.strip("[]"), int(port)


def require_extra(extra: str, package: str, name: str) -> None:
    """Raise ImproperlyConfigured unless the package that a variable needs is installed."""
    if importlib.util.find_spec(package) is None:
        command = f".venv/bin/pip install '.[{extra}]'"
        raise ImproperlyConfigured(f"{name} needs the extra {extra!r}. Run: {command}")


def read_issuer(name: str) -> str:
    """Return the address of an OpenID Provider, "" if unset; http is allowed on this machine."""
    url = read_text(name)
    if not url:
        return ""
    if not is_private_route(url) or "?" in url or "#" in url or urlsplit(url).username:
        raise ImproperlyConfigured(f"{name} must look like https://login.example.com.")
    return url


def read_site(name: str, hosts: list[str], *, is_behind_tls: bool, port: int) -> str:
    """Return the address at which people open Voiceboard, with a slash at its end, "" if unknown.

    If it's unset, it follows from the only host name, or this machine's address without TLS.
    """
    url = read_text(name)
    if url and (not is_private_route(url) or "?" in url or "#" in url or urlsplit(url).username):
        raise ImproperlyConfigured(f"{name} must look like https://voices.example.com.")
    if url:
        return url.rstrip("/") + "/"
    if not is_behind_tls:
        return f"http://{hosts[0]}:{port}/" if is_private_route(f"http://{hosts[0]}") else ""
    is_one = len(hosts) == 1 and hosts[0][:1] not in {".", "*"}
    return f"https://{hosts[0]}/" if is_one else ""


def read_contact(name: str) -> str:
    """Return a contact as a URI, "" if unset; an email address becomes mailto:."""
    word = read_text(name)
    if not word:
        return ""
    contact = word if ":" in word else f"mailto:{word}"
    if not re.fullmatch(r"mailto:[^@\s]+@[^@\s]+|https://[^\s/]\S*", contact):
        raise ImproperlyConfigured(f"{name} must be an email address or https://... .")
    return contact


def read_roles(name: str) -> list[tuple[str, str, str]]:
    """Return (group, team, role) for each part of ``group=Team:role, ...``."""
    found = []
    for part in read_list(name, []):
        place, _, role = part.rpartition(":")
        group, _, team = place.rpartition("=")
        group, team, role = group.strip(), team.strip(), role.strip().lower()
        if not group or not team:
            raise ImproperlyConfigured(f"{name} must look like group=Team:role, not {part!r}.")
        if role not in _ROLES:
            words = f"{name}: {role!r} in {part!r} isn't a role. Use {', '.join(_ROLES)}."
            raise ImproperlyConfigured(words)
        found.append((group, team, role))
    return found


def require_other(name: str, is_met: object, **values: object) -> None:
    """Raise ImproperlyConfigured if one of these variables is set, and what it needs isn't."""
    for each, value in values.items():
        if value and not is_met:
            raise ImproperlyConfigured(f"{each} needs {name}.")


def require_all_or_none(**values: str) -> None:
    """Raise ImproperlyConfigured if some of these variables are set and others aren't."""
    missing = [name for name, value in values.items() if not value]
    if missing and len(missing) < len(values):
        raise ImproperlyConfigured(f"Also set {', '.join(missing)}.")


def read_mail_server(name: str) -> dict[str, Any]:
    """Return Django's email settings from smtp://user:password@host:port, {} if unset.

    smtps:// uses TLS from the start, smtp+tls:// uses STARTTLS.
    """
    word = read_secret(name)
    if not word:
        return {}
    parts = urlsplit(word)
    if parts.scheme not in {"smtp", "smtps", "smtp+tls"} or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must look like smtp+tls://user:password@host:587.")
    ports = {"smtp": 25, "smtps": 465, "smtp+tls": 587}
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or ports[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
    }


def keep_secret(path: Path, length: int = 48) -> str:
    """Return the secret in the file, created on first use and readable by its owner only.

    Processes that start at the same time agree on one secret, because only the first link succeeds.
    """
    if not path.exists():
        make_private_folder(path.parent)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(length))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    if path.stat().st_mode & 0o077:
        raise ImproperlyConfigured(f"{path} can be read by other users. Run: chmod 600 {path}")
    return path.read_text().strip()
