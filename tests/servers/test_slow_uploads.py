"""Pages don't wait for people whose uploads arrive slowly."""

import socket

import httpx

from tests.servers.binaries import HOST, free_port
from tests.servers.hosts import is_ready
from tests.servers.installation import prepared
from tests.servers.processes import in_time

UPLOADERS = 12
# The rest of it never comes.
START = (
    "POST /account/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n"
    "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
)


def test_pages_are_shown_while_a_dozen_uploads_arrive(folder):
    port = free_port()
    settings = {"VOICEBOARD_PORT": str(port), "VOICEBOARD_DEMO": "0", "VOICEBOARD_LOCAL": "0"}
    with prepared(folder, None, **settings) as installation:
        installation.manage("collectstatic", "--noinput", "-v0")
        installation.start(["voiceboard.prefork", "web"])
        with httpx.Client(base_url=installation.address, timeout=20) as browser:
            assert in_time(lambda: is_ready(browser))
        uploads = [socket.create_connection((HOST, port)) for _ in range(UPLOADERS)]
        for upload in uploads:
            upload.sendall(START.encode())

        # Each is a connection of its own, which may go to either web process.
        pages = [httpx.get(f"{installation.address}/account/login/", timeout=20) for _ in range(6)]

        for upload in uploads:
            upload.close()
    assert [page.status_code for page in pages] == [200] * 6
