"""Emails are rows: written with the change, sent by a worker, retried, and erased."""

import smtplib
import ssl
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from catalog.jobs.mail import drop_mail, forget_old_mail, send_mail, write_mail, write_reset_link
from catalog.models import Mail
from catalog.queries.mail import look_at_mail
from catalog.services.users.sign_in import note_account
from tests import factories
from tests.conftest import Clock

State, Kind = Mail.State, Mail.Kind
SITE = "https://voices.example.com/"
TAKEN_ONCE = smtplib.SMTPRecipientsRefused({"mia@example.com": (451, b"4.7.1 Greylisted")})
UNKNOWN = smtplib.SMTPRecipientsRefused(
    {"mia@example.com": (550, b"5.1.1 <mia@example.com> is unknown")}
)
SPELLED = smtplib.SMTPRecipientsRefused(
    {"mia@example.com": (550, b"5.1.1 <Mia@Example.COM>: no user mia here")}
)
SPAM = smtplib.SMTPDataError(554, b"5.7.1 Looks like spam")
NO_TLS = smtplib.SMTPSenderRefused(530, b"5.7.0 STARTTLS first", "voiceboard@localhost")
NO_RELAY = smtplib.SMTPRecipientsRefused({"mia@example.com": (530, b"5.7.0 Sign in first")})
WRONG = smtplib.SMTPAuthenticationError(535, b"5.7.8 Sign-in of mailer failed")
AGES = timedelta(hours=25)


@pytest.fixture(autouse=True)
def _with_server(settings: Any) -> None:
    settings.SENDS_MAIL = True
    settings.EMAIL_HOST_USER = "mailer"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What happens at each attempt: an error, or a call before the server takes the email."""
    events: list[Any] = []
    deliver = EmailMessage.send

    def send(message: EmailMessage, **values: Any) -> int:
        event = events.pop(0) if events else None
        if isinstance(event, Exception):
            raise event
        if event:
            event()
        return deliver(message, **values)

    monkeypatch.setattr(EmailMessage, "send", send)
    return events


def attempt(row: Mail, clock: Clock) -> Mail:
    send_mail(row.pk, clock)
    row.refresh_from_db()
    return row


def test_an_email_is_sent_once_and_then_erased(cast, clock):
    row = factories.make_mail(cast.mia)

    for _ in range(2):
        attempt(row, clock)

    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([cast.mia.email], "Your password was changed")
    assert (row.state, row.ended_at, row.text, row.subject) == (State.SENT, clock.now, "", "")


def test_a_worker_that_died_after_sending_leads_to_one_more_with_the_same_message_id(cast, clock):
    row = factories.make_mail(cast.mia)
    Mail.objects.update(state=State.SENDING, lease_until=clock.now + timedelta(seconds=20))

    assert attempt(row, clock).state == State.SENDING
    clock.move(seconds=21)
    assert attempt(row, clock).state == State.SENT

    assert mail.outbox[0].extra_headers["Message-ID"] == f"<{row.pk}@localhost>"


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (TAKEN_ONCE, "The mail server refused the recipient: 451 4.7.1 Greylisted"),
        (NO_RELAY, "The mail server refused the recipient: 530 5.7.0 Sign in first"),
        (NO_TLS, "The mail server refused the connection or the sender: 530 5.7.0 STARTTLS first"),
        (WRONG, "The mail server refused the sign-in: 535 5.7.8 Sign-in of … failed"),
        (ConnectionRefusedError(111, "x"), "The mail server refused the connection."),
        (TimeoutError("timed out"), "The mail server didn't answer in time."),
        (ssl.SSLCertVerificationError(1, "x"), "The mail server's certificate isn't trusted."),
        (smtplib.SMTPServerDisconnected("x"), "The mail server closed the connection."),
        (OSError("no route"), "The mail server can't be reached (OSError)."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_may_pass_is_retried(cast, clock, server, problem, words):
    row = factories.make_mail(cast.mia)
    server.append(problem)

    assert attempt(row, clock).state == State.WAITING
    assert (row.message, row.failure_count) == (words, 1)
    assert attempt(row, clock).state == State.WAITING

    clock.move(seconds=16)
    assert attempt(row, clock).state == State.SENT
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (UNKNOWN, "The mail server refused the recipient: 550 5.1.1 <…> is unknown"),
        (SPELLED, "The mail server refused the recipient: 550 5.1.1 <…>: no user … here"),
        (SPAM, "The mail server refused the email: 554 5.7.1 Looks like spam"),
        (ValueError("x"), "The address or the subject can't be written in an email."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_the_server_refuses_for_good_is_dropped(cast, clock, server, problem, words):
    row = factories.make_mail(cast.mia)
    server.append(problem)

    assert attempt(row, clock).state == State.DROPPED

    assert (row.message, row.text, row.ended_at) == (words, "", clock.now)


def test_an_email_is_given_up_after_a_day_of_longer_and_longer_waits(cast, clock, server):
    row = factories.make_mail(cast.mia)
    server += [ConnectionRefusedError() for _ in range(500)]
    waits = []

    while attempt(row, clock).state == State.WAITING:
        waits.append(row.not_before - clock.now)
        clock.now = row.not_before

    assert waits[:3] == [timedelta(seconds=15), timedelta(seconds=30), timedelta(minutes=1)]
    assert max(waits) == timedelta(minutes=15)
    assert (row.state, row.ended_at - row.created_at) == (State.DROPPED, timedelta(days=1))
    assert row.message == "Not sent within a day. The mail server refused the connection."
    assert (90 < len(waits) < 120, mail.outbox) == (True, [])


def test_while_the_server_is_down_other_emails_wait_and_then_follow_at_once(cast, clock, server):
    first, second = factories.make_mail(cast.mia), factories.make_mail(cast.ana)
    server += [ConnectionRefusedError(), ConnectionRefusedError()]

    attempt(first, clock)
    assert attempt(second, clock).attempt_count == 0
    clock.move(seconds=15)
    attempt(first, clock)
    third = factories.make_mail(cast.sam)
    assert attempt(third, clock).state == State.SENT

    assert attempt(first, clock).state == attempt(second, clock).state == State.SENT


def test_one_refused_recipient_holds_no_other_email_up(cast, clock, server):
    first, second = factories.make_mail(cast.mia), factories.make_mail(cast.ana)
    server.append(TAKEN_ONCE)

    attempt(first, clock)

    assert attempt(second, clock).state == State.SENT
    assert attempt(first, clock).state == State.WAITING


def test_a_reset_link_is_made_when_the_email_is_sent(cast, clock, client, caplog):
    write_reset_link(cast.mia, site=SITE, now=clock.now)
    row = Mail.objects.get()
    stored = str(Mail.objects.values().get())

    assert attempt(row, clock).state == State.SENT

    (sent,) = mail.outbox
    link = next(line for line in sent.body.splitlines() if line.startswith(SITE))
    assert "/account/password/reset/key/" in link
    kept = stored + str(Mail.objects.values().get()) + repr(vars(row)) + caplog.text
    assert "password/reset/key" not in kept
    answer = client.get(link.removeprefix(SITE.rstrip("/")), follow=True)
    assert "Set a new password" in answer.content.decode()


def test_only_the_last_reset_link_that_someone_asked_for_is_sent(cast, clock):
    for _ in range(3):
        write_reset_link(cast.mia, site=SITE, now=clock.now)

    for row in Mail.objects.all():
        attempt(row, clock)

    assert len(mail.outbox) == 1
    assert {row.message for row in Mail.objects.filter(state=State.DROPPED)} == {
        "A newer link was requested."
    }


def change_password(cast):
    note_account(cast.mia, action="password changed", now=factories.NOW)


def deactivate(cast):
    cast.mia.is_active = False
    cast.mia.save()


def change_address(cast):
    cast.mia.email = "maria@example.com"
    cast.mia.save()


@pytest.mark.parametrize("change", [change_password, deactivate, change_address])
def test_a_reset_link_that_is_out_of_place_is_not_sent(cast, clock, change):
    write_reset_link(cast.mia, site=SITE, now=clock.now)
    row = Mail.objects.get()

    change(cast)

    assert attempt(row, clock).state == State.DROPPED
    assert mail.outbox == []


def test_an_email_that_is_dropped_while_it_is_sent_stays_dropped(cast, clock, server):
    row = factories.make_mail(cast.mia)

    server.append(lambda: drop_mail(Mail.objects.all(), "A backup was restored.", clock.now))

    assert attempt(row, clock).state == State.DROPPED
    assert row.message == "A backup was restored."


def test_without_a_mail_server_nothing_is_written(cast, settings):
    settings.SENDS_MAIL = False

    write_mail(cast.mia, Kind.SECURITY, subject="A", text="B", now=factories.NOW)
    write_reset_link(cast.mia, site=SITE, now=factories.NOW)

    assert not Mail.objects.exists()
    assert look_at_mail(factories.NOW) is None


def test_a_worker_without_a_mail_server_leaves_the_email_for_others(cast, clock, settings):
    row = factories.make_mail(cast.mia)
    settings.SENDS_MAIL = False
    assert attempt(row, clock).state == State.WAITING
    assert (row.message, mail.outbox) == ("This worker's settings name no mail server.", [])

    settings.SENDS_MAIL = True
    clock.move(seconds=15)
    assert attempt(row, clock).state == State.SENT


def test_a_subject_is_one_line(cast, clock):
    write_mail(cast.mia, Kind.REPORT, subject="Team\r\nBcc: x@y.z", text="", now=clock.now)

    assert attempt(Mail.objects.get(), clock).state == State.SENT
    assert mail.outbox[0].subject == "Team Bcc: x@y.z"


def test_a_recipient_who_is_put_off_is_no_problem_of_the_server(cast, clock, server):
    server.append(TAKEN_ONCE)
    attempt(factories.make_mail(cast.mia), clock)

    assert (look_at_mail(clock.now).waiting_count, look_at_mail(clock.now).problem) == (1, "")


def test_the_rows_of_finished_emails_go_after_a_week(cast, clock):
    attempt(factories.make_mail(cast.mia), clock)
    waiting = factories.make_mail(cast.ana)

    assert forget_old_mail(clock.now + timedelta(days=6)) == 0
    assert forget_old_mail(clock.now + timedelta(days=8)) == 1
    assert list(Mail.objects.all()) == [waiting]


def test_the_report_counts_the_last_day_and_names_the_problem(cast, clock, server):
    for problem in (None, UNKNOWN, ConnectionRefusedError()):
        server += [problem] if problem else []
        attempt(factories.make_mail(cast.mia, created_at=clock.now), clock)

    report = look_at_mail(clock.now)
    later = look_at_mail(clock.now + AGES)

    assert (report.sent_count, report.dropped_count, report.waiting_count) == (1, 1, 1)
    assert (report.oldest_at, len(report.dropped)) == (clock.now, 1)
    assert report.problem == "The mail server refused the connection."
    assert (later.sent_count, later.dropped_count, later.waiting_count) == (0, 0, 1)
