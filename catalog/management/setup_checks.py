"""Checks of the settings and of files on this machine; none needs a running service."""

import os
import platform
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings
from django.core import checks

from catalog.core.disk_space import RESERVE_BYTES, find_free_bytes
from catalog.management.check_results import CheckResult, Level

_THIS_MACHINE = {"127.0.0.1", "localhost", "[::1]", "::1"}
_ROOMY = 1024**3
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_DEFAULT_PASSWORDS = {"", "admin", "changeme", "guest", "password", "postgres", "root", "secret",
                      "test", "voiceboard"}  # fmt: skip
# A proxy redirects to HTTPS. Preloading can hardly be undone, so it's nobody's default.
_NOT_OURS = {"security.W008", "security.W021"}
# Follow from the one setting that check_https reports.
_WITHOUT_TLS = {"security.W004", "security.W012", "security.W016"}
_IN_OUR_WORDS = {
    "security.W005": "HSTS leaves out subdomains. If none needs plain HTTP, set"
    " VOICEBOARD_HSTS_SUBDOMAINS=1.",
    "security.W009": "VOICEBOARD_SECRET_KEY is short or easy to guess. Remove the setting to have"
    " one generated, or use 64 random characters.",
}


def check_version(now: datetime) -> Iterator[CheckResult]:
    """Say what runs here."""
    versions = f"Python {platform.python_version()}, Django {django.get_version()}"
    yield CheckResult(Level.OK, "version", f"Voiceboard {settings.VERSION}, {versions}.")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words = "This runs as root. Use a separate user; see docs/operate/install.md."
        yield CheckResult(Level.WARNING, "version", words)


def check_https(now: datetime) -> Iterator[CheckResult]:
    """Check host names, and that passwords and cookies are encrypted on their way."""
    names = set(settings.ALLOWED_HOSTS) - _THIS_MACHINE
    if "*" in names:
        words = "VOICEBOARD_ALLOWED_HOSTS allows every name. List the names that people use."
        yield CheckResult(Level.PROBLEM, "hosts", words)
    if settings.IS_BEHIND_TLS:
        yield _judge_hosts(sorted(names))
    elif names:
        words = f"Pages at {', '.join(sorted(names))} aren't encrypted. See docs/operate/tls.md."
        yield CheckResult(Level.PROBLEM, "https", words)
    elif settings.BIND not in _THIS_MACHINE:
        words = "Other machines can reach Voiceboard without HTTPS. See docs/operate/tls.md."
        yield CheckResult(Level.WARNING, "https", words)
    else:
        words = "Only this machine can reach Voiceboard. For others, see docs/operate/tls.md."
        yield CheckResult(Level.OK, "https", words)


def _judge_hosts(names: list[str]) -> CheckResult:
    if names:
        return CheckResult(Level.OK, "https", f"Behind TLS as {', '.join(names)}.")
    words = "VOICEBOARD_ALLOWED_HOSTS names only this machine. Add the name that people use."
    return CheckResult(Level.PROBLEM, "hosts", words)


def check_framework(now: datetime) -> Iterator[CheckResult]:
    """Run Django's own checks for deployment."""
    ignored = _NOT_OURS | (set() if settings.IS_BEHIND_TLS else _WITHOUT_TLS)
    found = [
        each for each in checks.run_checks(include_deployment_checks=True) if each.id not in ignored
    ]
    for each in found:
        level = Level.PROBLEM if each.is_serious() else Level.WARNING
        level = Level.PROBLEM if each.id in {"security.W009", "security.W018"} else level
        words = _IN_OUR_WORDS.get(str(each.id), f"{each.msg} ({each.id})")
        yield CheckResult(level, "django", " ".join(words.split()))
    if not found:
        yield CheckResult(Level.OK, "django", "Its checks for deployment pass.")


def check_demo(now: datetime) -> Iterator[CheckResult]:
    """Check that the demo isn't what people get."""
    if not settings.DEMO:
        yield CheckResult(Level.OK, "demo", "Demo mode is off.")
        return
    is_reachable = bool(set(settings.ALLOWED_HOSTS) - _THIS_MACHINE)
    level = Level.PROBLEM if is_reachable else Level.WARNING
    words = "Demo mode is on: its people and keys are known. Set VOICEBOARD_DEMO=0 for real use."
    yield CheckResult(level, "demo", words)


def check_passwords(now: datetime) -> Iterator[CheckResult]:
    """Look for default passwords of the database and the broker, and an open metrics port."""
    database = settings.DATABASES["default"]
    broker = urlsplit(settings.CELERY_BROKER_URL)
    password = unquote(broker.password or "")
    is_open = bool(broker.hostname) and not password and broker.hostname not in _THIS_MACHINE
    weak = []
    if database.get("HOST") and _is_weak(database.get("USER"), database.get("PASSWORD")):
        weak.append("DATABASE_URL")
    if password and broker.hostname not in _THIS_MACHINE and _is_weak(broker.username, password):
        weak.append("CELERY_BROKER_URL")
    for name in weak:
        words = f"{name} has no password or a well-known one. Set a random one."
        yield CheckResult(Level.PROBLEM, "passwords", words)
    if is_open:
        words = "The broker has no password. Make sure that only Voiceboard can reach it."
        yield CheckResult(Level.WARNING, "passwords", words)
    if settings.METRICS_BIND and not settings.METRICS_TOKEN:
        level = Level.OK if settings.METRICS_BIND[0] in _THIS_MACHINE else Level.WARNING
        words = "Metrics can be read without a token. To require one, set VOICEBOARD_METRICS_TOKEN."
        yield CheckResult(level, "metrics", words)
    if not weak and not is_open:
        yield CheckResult(Level.OK, "passwords", "No well-known password is used for a service.")


def _is_weak(user: str | None, password: str | None) -> bool:
    word = (password or "").casefold()
    return word in _DEFAULT_PASSWORDS or word == (user or "").casefold()


def check_file_modes(now: datetime) -> Iterator[CheckResult]:
    """Check that only Voiceboard's user can read secrets and the database."""
    found = [path for path in _list_private() if path.exists() and path.stat().st_mode & _OTHERS]
    for path in found:
        mode = "700" if path.is_dir() else "600"
        words = f"Other users of this machine can read {path}. Run: chmod {mode} {path}"
        yield CheckResult(Level.PROBLEM, "file modes", words)
    given = [path for path in _list_given() if path.exists() and path.stat().st_mode & stat.S_IROTH]
    for path in given:
        words = f"Every user of this machine can read {path}, which holds a secret."
        yield CheckResult(Level.WARNING, "file modes", words)
    if not found and not given:
        yield CheckResult(
            Level.OK, "file modes", "Only this user can read secrets and the database."
        )


def _list_private() -> Iterator[Path]:
    yield Path(settings.DATA_DIR)
    yield Path(settings.MASTER_KEY_FILE)
    folder = Path(settings.SECRETS_DIR)
    if folder.is_dir():
        yield folder
        yield from sorted(folder.iterdir())
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        yield from (Path(f"{database['NAME']}{ending}") for ending in ("", "-wal", "-shm"))


def _list_given() -> Iterator[Path]:
    """Yield the files that variables such as DATABASE_URL_FILE name, except a container's."""
    for name, place in sorted(os.environ.items()):
        is_ours = name.startswith(("VOICEBOARD_", "DATABASE_URL", "CELERY_BROKER_URL"))
        if is_ours and name.endswith("_FILE") and not place.startswith("/run/secrets/"):
            yield Path(place.strip())


def check_disk(now: datetime) -> Iterator[CheckResult]:
    """Check free space for data and media."""
    free = find_free_bytes()
    words = f"{free // 1024**2:,} MB are free."
    if free <= RESERVE_BYTES:
        yield CheckResult(Level.PROBLEM, "disk", f"{words} Uploads are refused. Free up space.")
    elif free < _ROOMY:
        yield CheckResult(Level.WARNING, "disk", f"{words} Free up space soon.")
    else:
        yield CheckResult(Level.OK, "disk", words)


def check_folders(now: datetime) -> Iterator[CheckResult]:
    """Check that the search index can be written, and that static files were collected."""
    folder = Path(settings.INDEX_DIR)
    probe = folder / ".probe"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.write_bytes(b"probe")
        probe.unlink()
        yield CheckResult(Level.OK, "index", "The search index can be written.")
    except OSError as exc:
        words = f"{folder} can't be written: {exc.strerror}. Voiceboard's user must own it."
        yield CheckResult(Level.PROBLEM, "index", words)
    if not (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file():
        words = "Scripts and styles are missing. Run: manage.py collectstatic --noinput"
        yield CheckResult(Level.PROBLEM, "static files", words)
