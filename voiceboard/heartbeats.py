"""Send heartbeats from workers and web servers, in a thread next to their work."""

import contextlib
import threading
from multiprocessing.util import Finalize
from typing import Any

from celery.signals import worker_ready, worker_shutting_down

_stop = threading.Event()
STOP_SECONDS = 2.0


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


def beat_from_web() -> Finalize:
    """Send heartbeats of this host's web server; call the result to stop, as the exit does.

    Its processes share one heartbeat. They don't end by way of ``atexit``.
    """
    from django.conf import settings  # noqa: PLC0415  (settings import this module)

    arguments = (f"web@{settings.HOST_NAME}", "")
    thread = threading.Thread(target=_beat, args=arguments, daemon=True, name="beat")
    thread.start()

    def stop() -> None:
        _stop.set()
        thread.join(STOP_SECONDS)

    return Finalize(None, stop, exitpriority=1)


def _beat(name: str, queues: str) -> None:
    from django.db import DatabaseError  # noqa: PLC0415  (needs settings, as do those below)

    from catalog.jobs.health.heartbeats import BEAT_SECONDS, end_beat, hang_up  # noqa: PLC0415
    from catalog.schedule import say_alive  # noqa: PLC0415  (needs loaded apps)

    while True:
        with contextlib.suppress(DatabaseError):  # the next one may succeed
            say_alive(name, queues)
        hang_up()
        if _stop.wait(BEAT_SECONDS):
            end_beat(name)
            hang_up()
            return
