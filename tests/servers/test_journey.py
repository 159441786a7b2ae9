from collections.abc import Iterator

import pytest

from catalog.sandbox import Sandbox, running_sandbox
from tests.e2e.sandbox import SandboxControl
from tests.servers.installation import kill_process_group, prepared
from tests.servers.processes import in_time

pytestmark = pytest.mark.servers

ADD_VOICE = {"method": "POST", "path": "/v1/voices/add"}
ANAS_ACCOUNT = "full"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(voices=3, port=0) as running:
        yield running


def test_migrations_apply_to_postgresql_and_a_second_run_changes_nothing(
    postgres, migrated, sandbox, folder
):
    addresses = {"DATABASE_URL": postgres.make_database(migrated)}
    with prepared(folder, sandbox, **addresses) as installation:
        installation.manage("prepare")

        installation.manage("migrate", "--check")
        installation.manage("makemigrations", "--check", "--dry-run")


@pytest.mark.parametrize("broker", ["embedded", "redis", "rabbitmq"], indirect=True)
def test_clone_becomes_ready_on_postgresql(broker, postgres, migrated, sandbox, folder):
    addresses = {"DATABASE_URL": postgres.make_database(migrated), "CELERY_BROKER_URL": broker}
    with prepared(folder, sandbox, **addresses) as installation:
        installation.start_worker()
        installation.start_schedule()

        job = installation.do("clone", "Our Ada")["job"]
        outcome = installation.do("outcome", job)

    assert outcome["state"] == "ready"
    assert outcome["voice"] == "Our Ada"
    assert SandboxControl(sandbox.address).voices_called("Our Ada", ANAS_ACCOUNT) == 1


@pytest.mark.parametrize("broker", ["embedded"], indirect=True)
def test_killing_the_worker_during_a_clone_makes_one_voice(broker, sandbox, folder):
    control = SandboxControl(sandbox.address)
    with prepared(folder, sandbox, CELERY_BROKER_URL=broker) as installation:
        worker = installation.start_worker()
        installation.start_schedule()
        # The voice is made, but the worker is still waiting for the answer.
        control.spoil("slow_after", seconds=30, **ADD_VOICE)

        job = installation.do("clone", "Our Ada")["job"]
        assert in_time(lambda: control.voices_called("Our Ada", ANAS_ACCOUNT) == 1)
        kill_process_group(worker)
        installation.start_worker()
        outcome = installation.do("outcome", job)

    assert outcome["state"] == "ready"
    assert control.voices_called("Our Ada", ANAS_ACCOUNT) == 1
    assert control.changes(ANAS_ACCOUNT) == (1, 0)
