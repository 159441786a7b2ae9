"""The product's Celery app and queues, with tasks that only record that they ran.

Runs as a worker instead of ``voiceboard``, with the same queues and concurrency.
"""

import time

from tests.servers.recording_app import write_line
from voiceboard.celery import QUEUES, app

app.loader.import_default_modules()

SECONDS = {"listen_to": 1.0, "embed_previews": 1.0}


def _stand_in(task: str) -> None:
    def work(**_: object) -> None:
        write_line(f"begin {task} {time.time()}")
        time.sleep(SECONDS.get(task, 0.01))
        write_line(f"end {task} {time.time()}")

    name = f"catalog.{task}"
    app.tasks.pop(name, None)
    app.task(name=name)(work)


for tasks in QUEUES.values():
    for each in tasks:
        _stand_in(each)
