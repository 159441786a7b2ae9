"""Send emails: a row is written with the change it reports, and a worker hands it to the server.

The row is the job: the sweep finds it within seconds, so nobody waits for the mail server. What
the server can't take now is retried for a day.
"""

import contextlib
import logging
import re
import smtplib
import ssl
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import urljoin, urlsplit

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import F, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from catalog.jobs.base.leases import Clock, Lease, LeaseLost, RowId, claim_work, keep_alive
from catalog.models import Mail, User
from catalog.models.base.leases import due_work
from catalog.models.users import ResetTokens

logger = logging.getLogger(__name__)

State = Mail.State

_LIVES = timedelta(days=1)
_KEPT = timedelta(days=7)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=15), timedelta(minutes=15)
_ERASED = {"subject": "", "text": "", "site": ""}
_REPLACED = "A newer link was requested."
# Refusals of the connection, the sender, or the password. An operator can fix what causes these.
_CONFIGURATION_CODES = {530, 534, 535, 538}


class _NotSent(Exception):
    """The server didn't take the email; ``is_final`` if it never will."""

    def __init__(self, words: str, *, is_final: bool = False, is_server: bool = True) -> None:
        super().__init__(words)
        # Whether other emails would fail as well.
        self.words, self.is_final, self.is_server = words, is_final, is_server


def write_mail(
    user: User,
    kind: Mail.Kind,
    *,
    subject: str,
    text: str,
    now: datetime,
    site: str = "",
) -> None:
    """Store an email to the person, in the caller's transaction; the sweep has it sent.

    Without a mail server, this does nothing.
    """
    if not settings.SENDS_MAIL:
        return
    Mail.objects.create(
        user=user,
        kind=kind,
        address=user.email,
        subject=" ".join(subject.split())[:200],
        text=text,
        site=site,
        created_at=now,
        expires_at=now + _LIVES,
    )


def write_reset_link(user: User, *, site: str, now: datetime) -> None:
    """Store an email that will hold a link with which the person sets a new password."""
    drop_reset_links(user, _REPLACED, now)
    subject = render_to_string("account/email/password_reset_key_subject.txt")
    write_mail(user, Mail.Kind.RESET, subject=subject, text="", site=site, now=now)


def drop_reset_links(user: User, reason: str, now: datetime) -> None:
    """Don't send links to set a password that are still to be sent to this person."""
    drop_mail(Mail.objects.filter(user=user, kind=Mail.Kind.RESET), reason, now)


def drop_mail(rows: "QuerySet[Mail]", reason: str, now: datetime) -> int:
    """Drop the unsent emails in these rows; return how many.

    A worker may be sending one of them right now. The raised fence keeps it from writing more.
    """
    ended = {"state": State.DROPPED, "ended_at": now, "message": reason, "lease_until": None}
    return rows.filter(state__in=Mail.ACTIVE_STATES).update(
        fence=F("fence") + 1, **ended, **_ERASED
    )


def forget_old_mail(now: datetime) -> int:
    """Delete the rows of emails that ended a week ago; return how many."""
    return Mail.objects.filter(ended_at__lt=now - _KEPT).delete()[0]


def send_mail(mail_id: RowId, clock: Clock) -> None:
    """Hand the email to the mail server; safe to call any number of times.

    An email is sent at least once: if the worker dies between the server's OK and our commit,
    it is sent again. Both have the same Message-ID, so many mailboxes show only one.
    """
    lease = claim_work(Mail, mail_id, states=Mail.ACTIVE_STATES, running=State.SENDING, clock=clock)
    if lease is None:
        return
    with keep_alive(lease):
        try:
            _Delivery(lease, clock).go_on()
        except LeaseLost:
            logger.info("Email %s was dropped or taken over by another worker", mail_id)


class _Delivery:
    """One worker's attempt to send one email."""

    def __init__(self, lease: Lease, clock: Clock) -> None:
        self.lease, self.clock = lease, clock
        self.mail = Mail.objects.select_related("user").get(pk=lease.pk)

    def go_on(self) -> None:
        if reason := self._find_end():
            self._end(State.DROPPED, reason)
            return
        try:
            _hand_over(_compose(self.mail))
        except _NotSent as exc:
            if exc.is_final:
                self._end(State.DROPPED, exc.words)
            else:
                self._wait(exc)
        else:
            self._end(State.SENT, "")
            # The server works again, so what waited for it is due.
            waiting = Mail.objects.filter(state=State.WAITING, waits_for_answer=True)
            waiting.update(not_before=None, woken_at=None, waits_for_answer=False)

    def _find_end(self) -> str:
        """Return why there is no use in sending the email, "" if there is."""
        mail = self.mail
        if self.clock() >= mail.expires_at:
            return f"Not sent within a day. {mail.message}".strip()
        if mail.kind != Mail.Kind.RESET:
            return ""
        if not mail.user.is_active:
            return "The account was deactivated."
        if mail.address != mail.user.email:
            return "The account has another email address now."
        return ""

    def _end(self, state: Mail.State, message: str) -> None:
        if state == State.DROPPED:
            logger.warning("Email %s (%s) was dropped: %s", self.mail.pk, self.mail.kind, message)
        ended: dict[str, Any] = {"state": state, "message": message, "ended_at": self.clock()}
        self.lease.write(lease_until=None, **ended, **_ERASED)

    def _wait(self, problem: _NotSent) -> None:
        """Schedule the next attempt, and have other emails wait for it if the server is down."""
        failures, now = self.mail.failure_count, self.clock()
        wait = min(_FIRST_WAIT * 2 ** min(failures, 10), _LONGEST_WAIT, self.mail.expires_at - now)
        logger.warning("Email %s is retried in %s: %s", self.mail.pk, wait, problem.words)
        self.lease.release(
            after=wait,
            state=State.WAITING,
            message=problem.words,
            failure_count=failures + 1,
            attempt_count=self.mail.attempt_count + 1,
            waits_for_answer=problem.is_server,
        )
        if problem.is_server:
            others = Mail.objects.filter(due_work(now), state=State.WAITING)
            others.update(not_before=now + wait, message=problem.words, waits_for_answer=True)


def _compose(mail: Mail) -> EmailMessage:
    text = _write_reset(mail) if mail.kind == Mail.Kind.RESET else mail.text
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {"Message-ID": f"<{mail.pk}@{domain}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(mail.subject, text, None, [mail.address], headers=headers)


def _write_reset(mail: Mail) -> str:
    key = ResetTokens().make_token(mail.user)
    names = {"uidb36": user_pk_to_url_str(mail.user), "key": key}
    url = urljoin(mail.site, reverse("account_reset_password_from_key", kwargs=names))
    context = {"password_reset_url": url, "current_site": {"domain": urlsplit(mail.site).netloc}}
    return render_to_string("account/email/password_reset_key_message.txt", context)


def _hand_over(message: EmailMessage) -> None:
    """Send the message; raises _NotSent, whose words hold neither the address nor the text."""
    if not settings.SENDS_MAIL:
        # Django would pretend to send it.
        raise _NotSent("This worker's settings name no mail server.")
    message.connection = get_connection()
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as exc:
        code, said = next(iter(exc.recipients.values()))
        raise _judge("The mail server refused the recipient", code, said, message) from None
    except smtplib.SMTPDataError as exc:
        words = "The mail server refused the email"
        raise _judge(words, exc.smtp_code, exc.smtp_error, message) from None
    except smtplib.SMTPAuthenticationError as exc:
        words = "The mail server refused the sign-in"
        raise _NotSent(_quote(words, exc.smtp_code, exc.smtp_error, message)) from None
    except smtplib.SMTPResponseException as exc:
        words = "The mail server refused the connection or the sender"
        raise _NotSent(_quote(words, exc.smtp_code, exc.smtp_error, message)) from None
    except (smtplib.SMTPException, OSError) as exc:
        raise _NotSent(_explain(exc)) from None
    except ValueError:
        words = "The address or the subject can't be written in an email."
        raise _NotSent(words, is_final=True, is_server=False) from None
    finally:
        # Django leaves a connection open that failed before the email.
        with contextlib.suppress(OSError):
            message.connection.close()


def _judge(words: str, code: int, said: bytes | str, message: EmailMessage) -> _NotSent:
    """Return the problem of one email: a 5xx is final, unless it is about our configuration."""
    is_ours = code in _CONFIGURATION_CODES
    is_final = 500 <= code < 600 and not is_ours
    return _NotSent(_quote(words, code, said, message), is_final=is_final, is_server=is_ours)


def _quote(words: str, code: int, said: bytes | str, message: EmailMessage) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    # The Health page shows this to everyone: no address, and no user name of the server.
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    private = [*message.to, settings.EMAIL_HOST_USER, sender]
    # Servers also answer with the first part of an address, and in their own spelling.
    private += [each.partition("@")[0] for each in private]
    for each in filter(None, private):
        text = re.sub(rf"(?<!\w){re.escape(each)}(?!\w)", "…", text, flags=re.IGNORECASE)
    return f"{words}: {code} {' '.join(text.split())[:200]}"


_EXPLAINED: tuple[tuple[type[Exception], str], ...] = (
    (ssl.SSLCertVerificationError, "The mail server's certificate isn't trusted."),
    (TimeoutError, "The mail server didn't answer in time."),
    (ConnectionRefusedError, "The mail server refused the connection."),
    (smtplib.SMTPServerDisconnected, "The mail server closed the connection."),
    (smtplib.SMTPNotSupportedError, "The mail server doesn't offer what the settings ask for."),
)


def _explain(problem: Exception) -> str:
    # smtplib says of a timeout that the connection was closed.
    if isinstance(problem.__context__, TimeoutError):
        problem = problem.__context__
    words = (words for kind, words in _EXPLAINED if isinstance(problem, kind))
    return next(words, f"The mail server can't be reached ({type(problem).__name__}).")
