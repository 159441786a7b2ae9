"""Write a process's output to a log file, and show warnings and errors on the terminal."""

import contextlib
import logging
import logging.handlers
import os
import re
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from catalog.core.private_files import make_private_folder

LARGEST_BYTES = 5_000_000
KEPT_FILES = 3
LONGEST_LINE = 8_192

LEVEL = re.compile(r"\b(DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\b")
WORRYING_LEVELS = frozenset({"WARN", "WARNING", "ERROR", "CRITICAL", "FATAL"})
# A log level only follows a time and a name; further on it is an ordinary word.
LEVEL_WITHIN = 60


class PrivateLogFile(logging.handlers.RotatingFileHandler):
    """A size-limited log file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        make_private_folder(path.parent)
        super().__init__(path, maxBytes=LARGEST_BYTES, backupCount=KEPT_FILES, encoding="utf-8")

    def _open(self) -> TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.fchmod(handle, 0o600)
        return os.fdopen(handle, "a", encoding=self.encoding, errors="replace")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (logging's name)
        """Drop the line: the disk is full, but the process must continue."""

    def write_line(self, line: str) -> None:
        """Append a line."""
        self.emit(logging.LogRecord("", logging.INFO, "", 0, line, None, None))


class Worries:
    """Selects the output lines to show on the terminal: warnings and errors."""

    def __init__(self) -> None:
        self._is_worrying = False

    def include(self, line: str) -> bool:
        """Return whether to show the next line; one without a level belongs to the previous one."""
        if line.startswith("Traceback ("):
            self._is_worrying = True
        elif level := LEVEL.search(line[:LEVEL_WITHIN]):
            self._is_worrying = level[1] in WORRYING_LEVELS
        return self._is_worrying


def keep_output(output: IO[bytes], path: Path, show: Callable[[str], None]) -> None:
    """Copy a process's output to its log file until it ends, and show warnings and errors."""
    log, worries = PrivateLogFile(path), Worries()
    with output:
        while line := output.readline(LONGEST_LINE):
            text = line.decode("utf-8", "replace").rstrip()
            log.write_line(text)
            if worries.include(text):
                show(text)
    with contextlib.suppress(OSError):
        log.close()
