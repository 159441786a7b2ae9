"""Addresses from providers never lead to private networks."""

from collections.abc import Iterable

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.providers import errors
from catalog.providers.connections import Deadline
from catalog.providers.public_fetch import ForbiddenAddress, check_url, fetch_public
from catalog.providers.registry import get_adapter
from tests.providers.conftest import KEY
from tests.providers.hostile import HOSTILE
from tests.providers.sockets import dripping, listening, saying

GOOD = [
    "https://storage.googleapis.com/eleven-public-prod/premade/voices/9BW/405766b8.mp3",
    "https://example.com:443/a.mp3?x=1#y",
    "https://EXAMPLE.com./a",
    "https://müller.example.com/ä b".replace(" ", "%20"),
    "https://8.8.8.8/a.mp3",
    "https://[2606:4700:4700::1111]/a.mp3",
]
PUBLIC = "93.184.216.34"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n"
MOVED = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
SOUND = OK + b"Content-Length: 9\r\n\r\nID3 sound"


def never(host: str) -> Iterable[str]:
    raise AssertionError(f"{host} was looked up")


@pytest.fixture
def dialed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the addresses that were dialed. None of them answers."""
    hosts: list[str] = []

    def connect_tcp(self: object, host: str, *rest: object, **more: object) -> None:
        hosts.append(host)
        raise httpcore.ConnectError("refused")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect_tcp)
    return hosts


# Addresses


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_before_any_lookup(url, dialed):
    with pytest.raises(ForbiddenAddress):
        fetch_public(url, resolve=never)

    assert dialed == []


@pytest.mark.parametrize("url", GOOD)
def test_a_public_address_is_accepted(url):
    assert check_url(url).scheme == "https"


@given(st.text(st.characters(codec=None), max_size=60))
def test_any_text_is_either_refused_or_a_public_https_address(text):
    for url in (text, f"https://{text}", f"https://xn--{text}/"):
        try:
            address = check_url(url)
        except ForbiddenAddress:
            continue
        assert address.scheme == "https"
        assert not address.userinfo
        assert address.port is None


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["fe80::1%eth0"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        ["2002:a00:1::"],
        ["100.64.0.1"],
        ["0.1.2.3"],
        [PUBLIC, "192.168.0.1"],
        ["192.168.0.1", PUBLIC],
        ["not an address"],
    ],
)
def test_a_host_that_resolves_to_any_private_address_is_refused(found, dialed):
    with pytest.raises(ForbiddenAddress):
        fetch_public("https://example.com/a.mp3", resolve=lambda host: found)

    assert dialed == []


def test_a_host_without_an_address_is_rejected(dialed):
    with pytest.raises(errors.RequestRejected):
        fetch_public("https://example.com/a.mp3", resolve=lambda host: [])

    assert dialed == []


def test_the_connection_uses_the_addresses_that_were_checked(dialed):
    answers = iter([[PUBLIC, "2606:4700:4700::1111"], ["127.0.0.1"]])

    with pytest.raises(errors.RequestRejected):
        fetch_public("https://example.com/a.mp3", resolve=lambda host: next(answers))

    assert dialed == [PUBLIC, "2606:4700:4700::1111"]
    assert next(answers) == ["127.0.0.1"]


# The operator's trusted server


def test_audio_is_fetched_from_the_operator_s_trusted_origin():
    with listening(saying(SOUND)) as origin:
        clip = fetch_public(f"{origin}/a.mp3", trusted_url=f"{origin}/elevenlabs")

    assert (clip.content, clip.content_type) == (b"ID3 sound", "audio/mpeg")


@pytest.mark.parametrize("trusted", ["", "http://127.0.0.1:1/x", "https://127.0.0.1", "nonsense"])
def test_another_origin_is_not_trusted(trusted):
    asked: list[bytes] = []
    with (
        listening(lambda connection, request: asked.append(request)) as origin,
        pytest.raises(ForbiddenAddress),
    ):
        fetch_public(f"{origin}/a.mp3", trusted_url=trusted)

    assert asked == []


def test_an_address_with_a_login_is_not_trusted():
    with listening(saying(SOUND)) as origin, pytest.raises(ForbiddenAddress):
        fetch_public(origin.replace("//", "//user@"), trusted_url=origin)


def test_the_key_is_not_sent_to_preview_addresses():
    asked: list[bytes] = []

    def answer(connection, request):
        asked.append(request)
        connection.sendall(SOUND)

    with listening(answer) as origin:
        adapter = get_adapter("elevenlabs")({"api_key": KEY}, base_url=origin)
        with adapter:
            adapter.preview("v1", f"{origin}/a.mp3")

    assert len(asked) == 1
    assert KEY.encode() not in asked[0]
    assert b"xi-api-key" not in asked[0].lower()


def test_redirects_within_the_origin_are_followed():
    def answer(connection, request):
        moved = b"HTTP/1.1 302 Found\r\nLocation: /b.mp3\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(SOUND if b"GET /b.mp3" in request else moved)

    with listening(answer) as origin:
        assert fetch_public(f"{origin}/a.mp3", trusted_url=origin).content == b"ID3 sound"


def test_at_most_three_redirects_are_followed():
    asked: list[bytes] = []

    def answer(connection, request):
        asked.append(request)
        connection.sendall(MOVED + b"Location: /again\r\n\r\n")

    with listening(answer) as origin, pytest.raises(ForbiddenAddress, match="too many times"):
        fetch_public(f"{origin}/a.mp3", trusted_url=origin)

    assert len(asked) == 4


# Hostile servers


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{other}/secret",
        "http://localhost:{other}/secret",
        "https://127.0.0.1:{other}/secret",
        "https://169.254.169.254/latest/meta-data/",
        "http://example.com/a.mp3",
        "file:///etc/passwd",
        "//10.0.0.1/a.mp3",
        "https://[::1]/",
        "https://user@example.com/",
        "https://inside.example.com/a.mp3",
    ],
)
def test_a_redirect_target_is_checked_like_the_first_address(target):
    secret: list[bytes] = []
    with listening(lambda connection, request: secret.append(request)) as other:
        location = target.replace("{other}", other.rpartition(":")[2])
        moved = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        with listening(saying(moved.encode())) as origin, pytest.raises(ForbiddenAddress):
            fetch_public(f"{origin}/a.mp3", trusted_url=origin, resolve=lambda host: ["10.0.0.1"])

    assert secret == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (MOVED + b"\r\n", errors.RequestRejected),
        (MOVED + b"Location: https://[/\r\n\r\n", errors.RequestRejected),
        (MOVED + b"Location: data:audio/mpeg;base64,AAAA\r\n\r\n", errors.RequestRejected),
        (b"HTTP/1.1 300 Many\r\nContent-Length: 0\r\n\r\n", errors.RequestRejected),
        (b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n", errors.NotFound),
        (b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", errors.NotFound),
        (b"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", errors.TryLater),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", errors.RequestRejected),
        (b"HTTP/1.1 206 Part\r\nContent-Type: audio/mpeg\r\n\r\nID3", errors.RequestRejected),
        (OK + b"Content-Length: 0\r\n\r\n", errors.RequestRejected),
        (OK + b"Content-Length: 101\r\n\r\n" + b"x" * 101, errors.RequestRejected),
        (OK + b"Content-Length: 9999999999999999999999\r\n\r\n", errors.RequestRejected),
        (OK + b"Content-Length: 50\r\n\r\ncut", errors.RequestRejected),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n65\r\n" + b"x" * 101, errors.RequestRejected),
        (OK + b"\r\n" + b"x" * 101, errors.RequestRejected),
        (OK + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b", errors.RequestRejected),
        (OK + b"Content-Encoding: br\r\n\r\n\x1f\x8b", errors.RequestRejected),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>", errors.RequestRejected),
        (b"HTTP/1.1 200 OK\r\nContent-Type: audio/\r\n\r\nID3", errors.RequestRejected),
        (b"HTTP/1.1 200 OK\r\n\r\nID3", errors.RequestRejected),
        (b"SSH-2.0-OpenSSH\r\n", errors.RequestRejected),
        (b"", errors.RequestRejected),
    ],
)
def test_an_invalid_response_is_rejected(answer, kind):
    with listening(saying(answer)) as origin, pytest.raises(kind):
        fetch_public(f"{origin}/a.mp3", trusted_url=origin, max_bytes=100)


@pytest.mark.parametrize(
    ("start", "drop", "end"),
    [
        (b"", b"", SOUND),
        (OK + b"X-Slow: ", b" ", b"\r\n\r\nsound"),
        (OK + b"Content-Length: 65\r\n\r\n", b" ", b"sound"),
    ],
    ids=["silence", "headers", "body"],
)
def test_a_slow_response_is_cut_off_at_the_deadline(start, drop, end):
    with (
        listening(dripping(start, drop, 60, end)) as origin,
        pytest.raises(errors.NotYet),
    ):
        fetch_public(f"{origin}/a.mp3", trusted_url=origin, seconds=0.2)


def test_slow_redirects_share_the_deadline_of_the_waiting_person():
    asked: list[bytes] = []
    deadline = Deadline()
    deadline.limit(0.3)

    def answer(connection, request):
        asked.append(request)
        dripping(MOVED, b"X-Slow: 1\r\n", 10, b"Location: /again\r\n\r\n")(connection, request)

    with listening(answer) as origin, pytest.raises(errors.NotYet):
        fetch_public(f"{origin}/a.mp3", trusted_url=origin, deadline=deadline)

    assert len(asked) < 4


@pytest.mark.parametrize("slug", ["elevenlabs", "noiz"])
def test_the_adapter_s_deadline_applies_to_preview_downloads(slug):
    with listening(dripping(b"", b"", 20, SOUND)) as origin:
        adapter = get_adapter(slug)({"api_key": KEY}, base_url=origin)
        adapter.answer_within(0.2)
        with adapter, pytest.raises(errors.NotYet):
            adapter.preview("v1", f"{origin}/a.mp3")
