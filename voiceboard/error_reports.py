"""Report errors to Sentry: what is logged as an error, without any value."""

import logging
from typing import Any

import sentry_sdk
from celery import current_task
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.utils import BadDsn

# Listed one by one: whatever else an event may hold stays here.
_KEPT = (
    *("event_id", "timestamp", "platform", "level", "logger"),
    *("release", "environment", "server_name", "sdk"),
)
_KEPT_OF_FRAME = (
    *("filename", "abs_path", "module", "function", "lineno", "in_app"),
    *("pre_context", "context_line", "post_context"),
)


def start_sentry(dsn: str, **options: Any) -> None:
    """Send each error that is logged to Sentry, from this process and its forks."""
    try:
        sentry_sdk.init(
            dsn=dsn,
            # Only the log: others would record addresses, queries, and headers, which hold keys.
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[
                LoggingIntegration(level=None, event_level=logging.ERROR),
                DedupeIntegration(),
            ],
            include_local_variables=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_session_tracking=False,
            send_client_reports=False,
            propagate_traces=False,
            before_send=_strip,
            **options,
        )
    except BadDsn:
        raise ImproperlyConfigured("VOICEBOARD_SENTRY_DSN isn't a DSN of Sentry.") from None


def _strip(event: Any, hint: Any) -> Any:
    """Keep places in the code and the types of errors; a message or an argument may be a key."""
    kept: dict[str, Any] = {name: event[name] for name in _KEPT if name in event}
    errors = event.get("exception", {}).get("values", [])
    kept["exception"] = {"values": [_strip_error(error) for error in errors]}
    # The text before its arguments are put in.
    kept["logentry"] = {"message": event.get("logentry", {}).get("message", "")}
    match = getattr(getattr(hint.get("log_record"), "request", None), "resolver_match", None)
    kept["transaction"] = match.view_name if match else getattr(current_task, "name", "") or ""
    kept["tags"] = {"request": _find_request_number()}
    return kept


def _strip_error(error: dict[str, Any]) -> dict[str, Any]:
    frames = error.get("stacktrace", {}).get("frames", [])
    kept = [{name: frame[name] for name in _KEPT_OF_FRAME if name in frame} for frame in frames]
    return {
        "type": error.get("type"),
        "module": error.get("module"),
        "stacktrace": {"frames": kept},
    }


def _find_request_number() -> str:
    if not apps.ready:
        return ""
    from catalog.audit import current_request_number  # noqa: PLC0415  (needs loaded apps)

    return current_request_number()
