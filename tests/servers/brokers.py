"""Redis and RabbitMQ servers for the tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kombu import Connection

from tests.servers.binaries import (
    HOST,
    Engine,
    find_program,
    free_port,
    running,
    running_engine,
)
from tests.servers.processes import in_time


class Redis(Engine):
    """A Redis that keeps its messages in memory, so a kill loses them."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        options = ["--bind", HOST, "--port", str(port), "--save", "", "--appendonly", "no"]
        super().__init__([find_program("redis-server"), *options], folder, port)
        self.address = f"redis://{HOST}:{port}/0"


@contextmanager
def running_redis(folder: Path) -> Iterator[Redis]:
    """Run Redis on a free port."""
    with running_engine(Redis(folder)) as server:
        yield server


@contextmanager
def running_rabbitmq(folder: Path) -> Iterator[str]:
    """Run RabbitMQ with its own node, ports, and files, and yield its broker address."""
    server = find_program("rabbitmq-server", "usr/lib/rabbitmq/bin")
    epmd = find_program("epmd")
    port, distribution_port, names_port = free_port(), free_port(), free_port()
    configuration = folder / "rabbitmq.conf"
    configuration.write_text(
        f"listeners.tcp.1 = {HOST}:{port}\n"
        # Its default refuses messages on machines with little space left.
        "disk_free_limit.absolute = 10MB\n"
    )
    environment = {
        **os.environ,
        # Erlang keeps its cookie there.
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"voiceboard-{port}@localhost",
        "RABBITMQ_CONFIG_FILE": str(configuration),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_DIST_PORT": str(distribution_port),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "ERL_EPMD_PORT": str(names_port),
        "ERL_EPMD_ADDRESS": HOST,
    }
    # Erlang would start its name server itself, but leave it running.
    names = [epmd, "-port", str(names_port), "-address", HOST]
    address = f"amqp://guest:guest@{HOST}:{port}//"
    with running(names, folder), running([server], folder, env=environment):
        assert in_time(lambda: _answers(address)), "RabbitMQ did not start."
        yield address


def _answers(address: str) -> bool:
    try:
        with Connection(address, connect_timeout=2) as connection:
            connection.connect()
    except OSError:
        return False
    return True
