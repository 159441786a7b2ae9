"""Which web addresses secrets may be sent to."""

from urllib.parse import urlsplit

_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}


def is_private_route(url: str) -> bool:
    """Return whether the connection is encrypted, or stays on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if parts.scheme == "http":
        return host in _THIS_MACHINE
    return parts.scheme == "https" and bool(host)
