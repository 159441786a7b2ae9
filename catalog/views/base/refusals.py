"""A line in the log for each request that a security control refused."""

import logging

from django.http import HttpRequest

logger = logging.getLogger("catalog.security")


def log_refusal(request: HttpRequest, reason: str) -> None:
    """Log who was refused what, by IDs and names of ours: nothing in it can be chosen by them."""
    from catalog.audit import current_origin  # noqa: PLC0415  (logging loads this before models)

    found = getattr(request, "resolver_match", None)
    user = getattr(getattr(request, "user", None), "pk", None)
    origin = current_origin()
    logger.info(
        "Refused (%s): %s %s, user %s, address %s, request %s",
        reason,
        request.method if request.method in {"GET", "HEAD", "POST"} else "other method",
        found.view_name if found else "unknown page",
        user or "none",
        origin.address or "unknown",
        origin.request_number or "none",
    )
