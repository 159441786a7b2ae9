"""Send email in the background, so a page never waits for the mail server."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from catalog.audit import current_request_number

logger = logging.getLogger(__name__)

# One at a time: a slow mail server must not take up threads that answer requests.
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")


class BackgroundEmailBackend(EmailBackend):
    """Sends by SMTP: in a background thread during a web request, directly in a worker."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> Any:
        """Send the messages, or queue them; errors in the background are logged."""
        if not current_request_number():
            return super().send_messages(email_messages)
        _sender.submit(self._send_all, list(email_messages))
        return len(email_messages)

    def _send_all(self, messages: list[EmailMessage]) -> None:
        try:
            super().send_messages(messages)
        except Exception as exc:
            # Log only the type: the message may contain a link that sets a password.
            logger.warning("Could not send an email: %s", type(exc).__name__)
