"""Send heartbeats from every Celery worker, in a thread next to its work."""

import threading
from typing import Any

from celery.signals import worker_ready, worker_shutting_down

_stop = threading.Event()


@worker_ready.connect
def start_beating(sender: Any, **_: Any) -> None:
    """Start once the worker accepts tasks; one that dies earlier never counts as alive."""
    queues = sorted(sender.task_consumer.queues, key=lambda queue: queue.name)
    names = ",".join(queue.name for queue in queues)
    arguments = (sender.hostname, names)
    threading.Thread(target=_beat, args=arguments, daemon=True, name="beat").start()


@worker_shutting_down.connect
def stop_beating(**_: Any) -> None:
    """Remove the heartbeat instead of letting it expire."""
    _stop.set()


def _beat(name: str, queues: str) -> None:
    from catalog.jobs.health.heartbeats import BEAT_SECONDS, end_beat, hang_up  # noqa: PLC0415
    from catalog.schedule import say_alive  # noqa: PLC0415  (needs loaded apps)

    while True:
        say_alive(name, queues)
        hang_up()
        if _stop.wait(BEAT_SECONDS):
            end_beat(name)
            hang_up()
            return
