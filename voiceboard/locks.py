"""Find out whether a port is free, or explain why it isn't."""

import socket

from catalog.core.process_lock import CannotStart

HOST = "127.0.0.1"


def check_port(port: int, variable: str) -> None:
    """Raise ``CannotStart`` if a port is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            raise CannotStart(
                f"Port {port} can't be used: {exc.strerror}. Free the port, or choose"
                f" another port with {variable}, for example {variable}={port + 1}."
            ) from exc
