"""A Celery app whose only task records when it runs. The broker tests run it as a worker."""

import os
import time
from pathlib import Path

from celery import Celery

from catalog.core.transport import register_transport

register_transport()

# Modules that import this already have a current app.
app = Celery("recording", set_as_current=False)
app.conf.update(
    broker_url=os.environ.get("RECORDING_BROKER_URL", "memory://"),
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_default_queue="jobs",
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
)


def write_line(line: str) -> None:
    """Append a line atomically, since several processes write at once."""
    handle = os.open(os.environ["RECORDING_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


@app.task(name="recording.work")
def work(name: str, seconds: float = 0.0) -> None:
    """Record the start and the end of some work."""
    write_line(f"begin {name} {time.time()}")
    time.sleep(seconds)
    write_line(f"end {name} {time.time()}")


def lines_of(kind: str, record: Path) -> list[str]:
    """Return the names on the lines of one kind, in order."""
    if not record.exists():
        return []
    words = (line.split() for line in record.read_text().splitlines())
    return [word[1] for word in words if word[0] == kind]
