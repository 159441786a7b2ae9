"""A slow or unreachable mail server doesn't delay pages."""

import socket
import threading

import pytest
from django.core import mail
from django.core.mail import send_mail

from catalog.audit import Origin, acting_from
from catalog.views.base import mail as mail_views


@pytest.fixture
def backend(settings):
    settings.EMAIL_BACKEND = "catalog.views.base.mail.BackgroundEmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", 10
    settings.SENDS_MAIL = True
    return settings


def wait_for_sender() -> None:
    mail_views._sender.submit(lambda: None).result(timeout=30)


def test_a_page_does_not_wait_for_a_slow_mail_server(backend, cast, client, caplog):
    is_over, asked = threading.Event(), threading.Event()

    with socket.create_server(("127.0.0.1", 0)) as server:
        backend.EMAIL_PORT = server.getsockname()[1]

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                asked.set()
                is_over.wait(30)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            answer = client.post("/account/password/reset/", {"email": cast.mia.email})
            assert answer.status_code == 302
            assert asked.wait(30)
        finally:
            is_over.set()
            thread.join()
        wait_for_sender()

    assert "Could not send an email: SMTPServerDisconnected" in caplog.text
    assert "password/reset/key" not in caplog.text


def test_outside_of_a_request_mail_is_sent_directly_and_errors_are_raised(backend):
    with socket.create_server(("127.0.0.1", 0)) as server:
        backend.EMAIL_PORT = server.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        send_mail("Report", "Words.", None, ["ana@example.com"])


def test_mail_from_a_page_to_an_unreachable_server_is_only_logged(backend, caplog):
    with socket.create_server(("127.0.0.1", 0)) as server:
        backend.EMAIL_PORT = server.getsockname()[1]

    with acting_from(Origin("1", "")):
        assert send_mail("Notification", "Words.", None, ["ana@example.com"]) == 1
    wait_for_sender()

    assert "Could not send an email: ConnectionRefusedError" in caplog.text
    assert mail.outbox == []
