"""Emails reach a real mail server with TLS and authentication, as the settings' URL says."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from catalog.jobs.mail import send_mail
from catalog.models import Mail
from tests import factories
from tests.conftest import Clock
from tests.servers.mail import PASSWORD, USER, Mailbox, make_certificate, running_mail_server
from voiceboard import env

State = Mail.State
TLS = ["smtp+tls", "smtps"]
# aiosmtpd warns of its own use of an old attribute, and takes TLS from the start for none.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Session.login_data is deprecated"),
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def port() -> int:
    with socket.create_server(("localhost", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def point(
    settings: Any, certificate: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """Let the product use a mail server, as VOICEBOARD_MAIL_SERVER_FILE would."""

    def set_server(scheme: str, password: str = PASSWORD, at: int = port) -> None:
        secret = certificate.with_name("server")
        secret.write_text(f"{scheme}://{USER}:{quote(password, safe='')}@localhost:{at}\n")
        monkeypatch.setenv("VOICEBOARD_TEST_FILE", str(secret))
        for name, value in env.read_mail_server("VOICEBOARD_TEST").items():
            setattr(settings, name, value)

    settings.SENDS_MAIL, settings.EMAIL_TIMEOUT = True, 5
    # The client trusts what the operator's file of certificates holds.
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return set_server


@pytest.fixture(params=TLS)
def scheme(
    request: pytest.FixtureRequest, mailbox: Mailbox, certificate: Path, port: int, point: Any
) -> Iterator[str]:
    point(request.param)
    with running_mail_server(mailbox, certificate, port, scheme=request.param):
        yield request.param


@pytest.fixture
def row(cast: Any) -> Mail:
    return factories.make_mail(cast.mia)


def attempt(row: Mail, clock: Clock) -> str:
    """Let a worker try when the row is due, and return the state and why."""
    clock.now = max(clock.now, row.not_before or clock.now)
    send_mail(row.pk, clock)
    row.refresh_from_db()
    return f"{row.state}: {row.message}"


def test_an_email_arrives(scheme, mailbox, row, clock):
    assert attempt(row, clock) == "sent: "

    (taken,) = mailbox.taken
    assert (taken["To"], taken["From"]) == ("mia@example.com", "voiceboard@localhost")
    assert (taken["Subject"], taken["Message-ID"]) == (
        "Your password was changed",
        f"<{row.pk}@localhost>",
    )
    assert taken.get_payload().strip() == "Your password was changed."


def test_after_a_wrong_password_the_email_waits_until_it_is_right(
    scheme, point, mailbox, row, clock
):
    point(scheme, "wrong")
    assert attempt(row, clock).startswith("waiting: The mail server refused the sign-in: 535 ")
    assert mailbox.taken == []

    point(scheme)
    assert attempt(row, clock) == "sent: "


@pytest.mark.parametrize("scheme", ["smtp+tls"], indirect=True)
def test_a_server_that_demands_tls_takes_nothing_in_plain(scheme, point, mailbox, row, clock):
    point("smtp")

    assert attempt(row, clock).startswith("waiting: The mail server")

    assert mailbox.taken == []


def test_an_untrusted_certificate_is_refused(scheme, mailbox, row, clock, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")

    assert attempt(row, clock) == "waiting: The mail server's certificate isn't trusted."

    assert mailbox.taken == []


def test_a_4xx_is_retried_and_a_5xx_is_final(scheme, mailbox, row, cast, clock):
    mailbox.answers = ["451 4.7.1 Come back later", "550 5.1.1 <ana@example.com> is unknown"]
    other = factories.make_mail(cast.ana)

    assert attempt(row, clock).startswith("waiting: The mail server refused the recipient: 451 ")
    assert attempt(other, clock) == (
        "dropped: The mail server refused the recipient: 550 5.1.1 <…> is unknown"
    )
    assert attempt(row, clock) == "sent: "

    assert [taken["To"] for taken in mailbox.taken] == ["mia@example.com"]


@pytest.mark.parametrize("scheme", TLS)
def test_a_server_that_does_not_answer_is_left_after_the_timeout(
    scheme, point, settings, row, clock
):
    with socket.create_server(("localhost", 0)) as server:
        point(scheme, at=server.getsockname()[1])
        settings.EMAIL_TIMEOUT = 0.2

        assert attempt(row, clock) == "waiting: The mail server didn't answer in time."


def test_emails_of_an_outage_arrive_when_the_server_is_back(
    point, mailbox, certificate, port, row, clock
):
    point("smtp+tls")
    for _ in range(4):
        assert attempt(row, clock) == "waiting: The mail server refused the connection."

    with running_mail_server(mailbox, certificate, port, scheme="smtp+tls"):
        assert attempt(row, clock) == "sent: "

    assert len(mailbox.taken) == 1
