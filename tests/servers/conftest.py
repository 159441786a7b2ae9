"""Real servers, started once for the run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.core.transport import queue_url
from tests.servers.brokers import Redis, running_rabbitmq, running_redis
from tests.servers.databases import PostgreSQL, running_postgres
from tests.servers.installation import Installation
from tests.servers.swift import Swift, running_swift


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated(postgres: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database that has all tables, to be copied."""
    address = postgres.make_database()
    folder = tmp_path_factory.mktemp("migrated") / "var"
    Installation(folder, None, DATABASE_URL=address, VOICEBOARD_DEMO="0").manage("migrate")
    return address.rpartition("/")[2]


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def redis(redis_server: Redis) -> str:
    """The address of Redis as a broker."""
    return redis_server.address


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_rabbitmq(tmp_path_factory.mktemp("rabbitmq")) as address:
        yield address


@pytest.fixture(scope="session")
def swift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swift]:
    with running_swift(tmp_path_factory.mktemp("swift")) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data directory of the product under test."""
    return tmp_path / "var"


@pytest.fixture
def broker(request: pytest.FixtureRequest, folder: Path) -> str:
    """The address of the broker that the parameter names."""
    if request.param == "embedded":
        return queue_url(folder / "queue")
    return request.getfixturevalue(request.param)
