"""Wake sleeping workers through a named pipe."""

import logging
import os
import stat
from pathlib import Path

logger = logging.getLogger(__name__)

HAS_PIPES = hasattr(os, "mkfifo")


class Bell:
    """A named pipe: whoever publishes rings, one of those who listen wakes up.

    Nothing depends on a ring being heard; workers look at the queue now and then anyway.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ear: int | None = None
        self._is_open = False

    def ring(self) -> None:
        """Wake one listener; do nothing when there is none."""
        if not HAS_PIPES:
            return
        try:
            pipe = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:  # nobody listens
            return
        try:
            if stat.S_ISFIFO(os.fstat(pipe).st_mode):
                os.write(pipe, b"\0")
        except OSError:  # full of rings that nobody has heard yet
            return
        finally:
            os.close(pipe)

    def listen(self) -> int | None:
        """Return what to wait on until it can be read, or ``None`` where this cannot work."""
        if not self._is_open:
            self._ear = self._open() if HAS_PIPES else None
            self._is_open = True
        return self._ear

    def _open(self) -> int | None:
        try:
            if not self.path.exists():
                os.mkfifo(self.path, 0o600)
        except FileExistsError:  # another worker was quicker
            pass
        except OSError as exc:  # some network and container file systems have no pipes
            logger.warning("No named pipe at %s: %s", self.path, exc)
            return None
        # Open for writing too: a pipe whose last writer has gone would look readable for ever.
        ear = os.open(self.path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        if stat.S_ISFIFO(os.fstat(ear).st_mode):
            os.fchmod(ear, 0o600)
            return ear
        os.close(ear)
        logger.warning("%s is not a named pipe, so messages start later", self.path)
        return None

    def hear(self) -> None:
        """Take one ring, so that those meant for other listeners still wake them."""
        if self._ear is not None:
            try:
                os.read(self._ear, 1)
            except BlockingIOError:  # another listener took it
                return

    def close(self) -> None:
        """Stop listening."""
        if self._ear is not None:
            os.close(self._ear)
        self._ear = None
        self._is_open = False
