"""Mail that a page causes is sent behind its back: no page waits for the mail server."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from catalog.audit import current_request_number

logger = logging.getLogger(__name__)

# One at a time: however slow the server is, it holds no thread that answers requests.
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")


class BackgroundEmailBackend(EmailBackend):
    """Sends by SMTP: at once in a worker, in another thread where a person waits for a page."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> Any:
        """Send, or have it sent; what then goes wrong is in the log."""
        if not current_request_number():
            return super().send_messages(email_messages)
        _sender.submit(self._send_all, list(email_messages))
        return len(email_messages)

    def _send_all(self, messages: list[EmailMessage]) -> None:
        try:
            super().send_messages(messages)
        except Exception as exc:
            # Only its kind: the mail may hold a link that sets a password.
            logger.warning("A mail could not be sent: %s", type(exc).__name__)
