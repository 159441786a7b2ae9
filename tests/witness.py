"""Keeps everything that leaves Voiceboard, to be searched afterwards."""

import io
import logging
from typing import Any

from celery import current_app

from voiceboard.log_lines import JsonFormatter


class Witness:
    """Keeps everything that left Voiceboard: answers, messages, log lines, mails."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.messages: list[Any] = []
        self.waiting: list[tuple[str, dict[str, Any]]] = []
        self.log = io.StringIO()

    def keep(self, response: Any) -> Any:
        content = b"".join(response.streaming_content) if response.streaming else response.content
        self.answers.append(repr(response.headers).encode() + content + repr(response).encode())
        return response

    def on_publish(self, sender: str, headers: Any, body: Any, **rest: Any) -> None:
        self.messages.append((sender, headers, body, rest.get("properties")))
        self.waiting.append((sender, body[1]))

    def work(self) -> None:
        """Do in this process what a worker would do, until nothing is left."""
        while self.waiting:
            name, values = self.waiting.pop(0)
            current_app.tasks[name](**values)


class Everything(logging.Handler):
    """Writes whole records, text, arguments and traceback, and as JSON."""

    def __init__(self, target: io.StringIO) -> None:
        super().__init__(logging.DEBUG)
        self.target = target
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
        self.json = JsonFormatter()

    def emit(self, record: logging.LogRecord) -> None:
        self.target.write(f"{self.format(record)} {record.__dict__!r}\n")
        self.target.write(f"{self.json.format(record)}\n")
