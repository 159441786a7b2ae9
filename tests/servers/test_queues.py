"""Clones run while other work is queued, with the product's workers and each broker."""

import pytest

from tests.servers.installation import Installation, prepared
from tests.servers.processes import in_time
from tests.servers.recording_app import lines_of
from voiceboard.prefork import WORKERS

CLONES, ANALYSES = 30, 200


def worker_commands() -> list[list[str]]:
    """Return the command of each worker that the product starts, without the speech engine's."""
    named = {name: options for name, options in WORKERS.items() if name != "speech"}
    return [
        [
            *("celery", "-A", "tests.servers.queued_app", "worker", "--hostname", f"{name}@%h"),
            *("--queues", options["queues"], "--concurrency", str(options.get("concurrency", 2))),
        ]
        for name, options in named.items()
    ]


def send(installation: Installation) -> None:
    installation.python(
        "from tests.servers.queued_app import app\n"
        f"for _ in range({ANALYSES}):\n"
        "    app.tasks['catalog.listen_to'].delay(work_id='report:1')\n"
        "    app.tasks['catalog.embed_previews'].delay()\n"
        f"for _ in range({CLONES}):\n"
        "    app.tasks['catalog.run_clone'].delay(job_id='1')\n"
        "    app.tasks['catalog.run_speech'].delay(speech_id='1')\n"
    )


@pytest.mark.parametrize(
    "broker",
    [
        "embedded",
        pytest.param("redis", marks=pytest.mark.servers),
        pytest.param("rabbitmq", marks=pytest.mark.servers),
    ],
    indirect=True,
)
def test_clones_and_syntheses_finish_before_queued_analysis(broker, folder, tmp_path):
    record = tmp_path / "record"
    settings = {
        "CELERY_BROKER_URL": broker,
        "RECORDING_FILE": str(record),
        "VOICEBOARD_DEMO": "0",
        "VOICEBOARD_LOCAL": "0",
    }
    with prepared(folder, None, **settings) as installation:
        send(installation)
        for command in worker_commands():
            installation.start(command)

        for task in ("run_clone", "run_speech"):
            assert in_time(lambda task=task: lines_of("end", record).count(task) == CLONES)
        for task in ("listen_to", "embed_previews"):
            assert in_time(lambda task=task: task in lines_of("begin", record))
            assert lines_of("end", record).count(task) < ANALYSES // 2
