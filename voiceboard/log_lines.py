"""Log lines as JSON objects, for systems that collect logs."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from celery import current_task
from django.apps import apps
from django.conf import settings

# How many errors that led to each other are listed.
MOST_CAUSES = 8


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON; of an error only its type and places in the code.

    Values in a traceback, and the message of an error, may contain a key.
    """

    def __init__(self, process: str = "") -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. The level comes first, where log_files.py looks for it."""
        exception = record.exc_info[1] if record.exc_info else None
        fields = {
            "level": record.levelname,
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "logger": record.name,
            "message": record.getMessage(),
            "process": self._process,
            "host": settings.HOST_NAME,
            **_describe_origin(),
            "exception": type(exception).__name__ if exception else "",
            "places": list(_find_places(exception)),
        }
        known = {name: value for name, value in fields.items() if value}
        return json.dumps(known, ensure_ascii=False, default=str)


def _describe_origin() -> dict[str, str]:
    """Return the request and the task that this thread works on."""
    if not apps.ready:
        return {}
    from catalog.audit import current_request_number  # noqa: PLC0415  (needs loaded apps)

    task = current_task
    if not task:
        return {"request": current_request_number()}
    request = getattr(task.request, "request_number", None) or current_request_number()
    return {"task": task.name, "task_id": task.request.id or "", "request": request}


def _find_places(exception: BaseException | None) -> Iterator[str]:
    """Return each call on the way to the error, then to the error that caused it."""
    for _ in range(MOST_CAUSES):
        if exception is None:
            return
        trace = exception.__traceback__
        while trace:
            code = trace.tb_frame.f_code
            yield f"{code.co_filename}:{trace.tb_lineno} in {code.co_name}"
            trace = trace.tb_next
        hidden = None if exception.__suppress_context__ else exception.__context__
        exception = exception.__cause__ or hidden
        if exception is not None:
            yield f"because of {type(exception).__name__}"


def name_process(config: dict[str, Any], name: str) -> None:
    """Write a process's name into each line that this logging configuration produces."""
    line = config["formatters"]["line"]
    if "format" in line:
        line["format"] = line["format"].replace("{levelname}", f"{{levelname}} {name}:")
    else:
        line["process"] = name
