"""The cast, the clock, real sound, a running sandbox, and a shut door to the internet."""

import contextlib
import functools
import gc
import io
import ipaddress
import math
import shutil
import socket
import sqlite3
import struct
import wave
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest
from django.conf import settings as project_settings
from django.db import connection
from django.test import Client
from httpx._transports import default

from catalog import tasks
from catalog.jobs import previews, syntheses
from catalog.jobs.cleanups import run as cleanups
from catalog.jobs.credentials import check as credentials
from catalog.jobs.credentials import replacement
from catalog.jobs.syncs import run as syncs
from catalog.jobs.voices import settings as voice_settings
from catalog.jobs.withdrawals import run as withdrawals
from catalog.models import Membership, SyncRun, Team
from catalog.models.credentials.key_rotation import prepare_installation
from catalog.providers.types import AudioClip, RemoteVoice
from catalog.services import previews as preview_services
from catalog.views.sessions import presence
from tests import factories
from tests.migrated import make_shared_folder, migrated_database
from tests.raised_versions import VersionGuard
from tests.real_speech import caller, reader  # noqa: F401  (fixtures)
from tests.stubs import StubProvider
from tests.visitors import forget_caches, open_world

# How long an example takes says how busy the machine is, and nothing of what is tested.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    if folder := make_shared_folder():
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no core is idle while the last test of another runs.

    Tests that empty the database stay behind all others that use it.
    """

    def _place(item: pytest.Item) -> int:
        fixtures = getattr(item, "fixturenames", ())
        if item.get_closest_marker("servers") and "db" not in fixtures:
            return 0
        is_long = item.path.parent.name == "tests" and "transactional_db" not in fixtures
        return 1 if is_long else 2

    items.sort(key=_place)


def pytest_collection_finish() -> None:
    # Nothing of 9,000 collected tests is ever garbage, so no collection needs to look at them.
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Fill SQLite's test database from the one that was migrated; see tests/settings.py."""
    if connection.vendor == "sqlite":
        with (
            django_db_blocker.unblock(),
            contextlib.closing(sqlite3.connect(migrated_database())) as migrated,
        ):
            connection.ensure_connection()
            migrated.backup(connection.connection)


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = str(address[0])
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"A test tried to reach {host}.")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session", autouse=True)
def _certificates_read_once() -> Iterator[None]:
    # Every client of httpx reads those of the machine anew, for 20 ms; the sandbox needs none.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(default, "create_ssl_context", functools.cache(default.create_ssl_context))
        yield


@pytest.fixture(scope="session", autouse=True)
def _static_folder() -> None:
    # Static files are collected by the start command only, and WhiteNoise warns without them.
    Path(project_settings.STATIC_ROOT).mkdir(exist_ok=True)


@pytest.fixture(autouse=True)
def _own_media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.INDEX_DIR = tmp_path / "index"
    forget_caches()


@pytest.fixture(autouse=True)
def _versions_are_raised(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which the product changes what a list shows and raises no version."""
    if "db" in request.fixturenames:
        request.getfixturevalue("db")
    if not connection.in_atomic_block:
        yield
        return
    guard = VersionGuard()
    with connection.execute_wrapper(guard):
        yield
    assert not guard.forgotten()


@pytest.fixture
def installation(db: None) -> Any:
    return prepare_installation()


@pytest.fixture
def cast(installation: Any) -> SimpleNamespace:
    """Ana runs team Aurora, Mia is a member of it, Sam is alone in Borealis."""
    aurora, borealis = Team.objects.create(name="Aurora"), Team.objects.create(name="Borealis")
    ana = factories.make_user("Ana", aurora, Membership.Role.ADMIN)
    mia = factories.make_user("Mia", aurora)
    sam = factories.make_user("Sam", borealis, Membership.Role.ADMIN)
    account = factories.make_account(aurora, last_owner=ana)
    other = factories.make_account(borealis, last_owner=sam, is_shared=False)
    return SimpleNamespace(
        aurora=aurora,
        borealis=borealis,
        ana=ana,
        mia=mia,
        sam=sam,
        account=account,
        other_account=other,
        credential=factories.make_credential(ana, account),
        other_credential=factories.make_credential(sam, other, "sandbox-elevenlabs-full-2"),
    )


@pytest.fixture
def sign_in(cast: SimpleNamespace) -> Callable[[Any], Client]:
    """Return a browser without script in which the person is signed in."""

    def _sign_in(user: Any) -> Client:
        client = Client()
        client.force_login(user, backend=project_settings.AUTHENTICATION_BACKENDS[0])
        return client

    return _sign_in


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **amount: float) -> datetime:
        self.now += timedelta(**amount)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(factories.NOW)


@functools.cache
def make_wav(seconds: float = 3.0, *, hertz: float = 180.0, rate: int = 16_000) -> bytes:
    """Return a WAV of a voice-like buzz: a tone with overtones that swells like syllables."""
    count = int(seconds * rate)
    values = []
    for place in range(count):
        moment = place / rate
        level = 0.3 + 0.3 * abs(math.sin(2 * math.pi * 2 * moment))
        tone = sum(math.sin(2 * math.pi * hertz * part * moment) / part for part in (1, 2, 3, 5))
        values.append(int(12_000 * level * tone / 2))
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(struct.pack(f"<{count}h", *values))
    return file.getvalue()


@pytest.fixture(scope="session")
def wav() -> bytes:
    return make_wav()


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[Any]:
    """One sandbox for the run; ``sandbox`` resets it for each test."""
    from catalog.sandbox import running_sandbox  # noqa: PLC0415  (only who uses it pays for it)

    with running_sandbox(voices=60, port=0) as running:
        yield running


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch, wav: bytes) -> StubProvider:
    """Put a provider in memory in the place of every real one."""
    provider = StubProvider()
    provider.sound = AudioClip(wav, "audio/wav")
    for module in (
        cleanups,
        credentials,
        previews,
        replacement,
        syntheses,
        syncs,
        voice_settings,
        preview_services,
        withdrawals,
    ):
        monkeypatch.setattr(module, "open_provider", provider.open)
    return provider


@pytest.fixture(autouse=True)
def _emptied_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the log be emptied between tests, as nothing else may do it: around its refusals."""
    kind = type(connection.ops)
    flush = kind.execute_sql_flush

    def flush_without_triggers(self: Any, statements: list[str]) -> None:
        with self.connection.cursor() as cursor:
            if self.connection.vendor == "sqlite":
                cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                triggers = cursor.fetchall()
                drop = [f"DROP TRIGGER {name}" for name, _ in triggers]
                restore = [sql for _, sql in triggers]
            else:
                words = "ALTER TABLE catalog_auditentry {} TRIGGER USER"
                drop, restore = [words.format("DISABLE")], [words.format("ENABLE")]
            for statement in drop:
                cursor.execute(statement)
            flush(self, statements)
            for statement in restore:
                cursor.execute(statement)

    monkeypatch.setattr(kind, "execute_sql_flush", flush_without_triggers)


@pytest.fixture
def world(
    cast: SimpleNamespace,
    sign_in: Callable[[Any], Client],
    wav: bytes,
    stub: StubProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> SimpleNamespace:
    """Return two teams with everything that there is, and a browser of each person."""
    # Every five minutes of use a session is written; how long a test takes must not matter.
    signed_in_at = presence._now()
    monkeypatch.setattr(presence, "_now", lambda: signed_in_at)
    return open_world(cast, sign_in, wav)


@pytest.fixture
def sync(cast: SimpleNamespace, stub: StubProvider, clock: Clock) -> Callable[..., SyncRun | None]:
    """Let some time pass, fetch the account's voices, and return the run."""

    def _sync(*remotes: RemoteVoice) -> SyncRun | None:
        stub.listed = list(remotes)
        clock.move(minutes=15)
        run = syncs.sync_account(cast.account.pk, clock)
        cast.account.refresh_from_db()
        return run

    return _sync


@pytest.fixture
def file_database(transactional_db: None, tmp_path: Path) -> Iterator[Path | None]:
    """Move the test into a database of its own that threads can share: a file, if it is SQLite."""
    if connection.vendor != "sqlite":
        yield None
        return
    connection.ensure_connection()
    memory, name = connection.connection, connection.settings_dict["NAME"]
    path = tmp_path / "voiceboard.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as copy:
        memory.backup(copy)
    connection.connection = None
    connection.settings_dict["NAME"] = str(path)
    yield path
    connection.close()
    connection.settings_dict["NAME"] = name
    connection.connection = memory


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Note which tasks were woken, and with which id, in the place of a broker."""
    woken: list[tuple[str, Any]] = []
    monkeypatch.setattr(
        tasks, "_wake", lambda task, **ids: woken.append((task.name, *ids.values()))
    )
    return woken
