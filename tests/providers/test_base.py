"""The provider base class, with a made-up provider and real sockets."""

import socket

import pytest

from catalog.providers import base, errors
from catalog.providers.base import Provider
from catalog.providers.types import ProviderInfo
from tests.providers.conftest import KEY
from tests.providers.sockets import dripping, listening, saying
from tests.providers.verbs import VERBS, run


class Adapter(Provider):
    """A provider that supports nothing."""

    info = ProviderInfo(
        slug="chorus",
        label="Chorus",
        initials="CH",
        hue=0,
        base_url="https://api.chorus.example/v1/",
    )

    def auth_headers(self) -> dict[str, str]:
        return {"X-Chorus-Key": self._secrets["api_key"]}


# The server closes each connection. Unless it says so, the next request may use a closed one.
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


def connect(base_url: str) -> Provider:
    return Adapter({"api_key": KEY}, base_url=base_url)


@pytest.mark.parametrize("verb", VERBS)
def test_a_call_that_the_provider_does_not_offer_raises_unsupported(verb):
    with connect("") as chorus, pytest.raises(errors.Unsupported, match="Chorus can't"):
        run(chorus, verb)


def test_a_request_is_sent_below_the_base_url_with_the_key_and_no_compression():
    asked: list[bytes] = []

    def answer(connection: socket.socket, request: bytes) -> None:
        asked.append(request)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}')

    with listening(answer) as url, connect(f"{url}/v1") as chorus:
        body = chorus.request_json("GET", "voices", params={"cursor": "a b"})

    assert body == {"ok": True}
    head = asked[0].decode().lower()
    assert head.startswith("get /v1/voices?cursor=a+b http/1.1\r\n")
    assert f"x-chorus-key: {KEY}" in head
    assert "accept-encoding: identity" in head
    assert "user-agent: voiceboard" in head


def test_proxies_from_the_environment_are_ignored(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    with listening(saying(OK + b"Content-Length: 2\r\n\r\n{}")) as url, connect(url) as chorus:
        assert chorus.request_json("GET", "voices") == {}


def test_a_refused_connection_means_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    with (
        connect(url) as chorus,
        pytest.raises(errors.TryLater, match="can't be reached") as caught,
    ):
        chorus.request("POST", "voices", json={})

    assert caught.value.unreachable


def test_an_unknown_host_name_means_unreachable():
    with connect("http://nobody.invalid") as chorus, pytest.raises(errors.TryLater) as caught:
        chorus.request("GET", "voices")

    assert caught.value.unreachable


@pytest.mark.parametrize(
    ("method", "kind"), [("GET", errors.TryLater), ("POST", errors.OutcomeUnknown)]
)
@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        b"not HTTP at all\r\n\r\n",
    ],
)
def test_a_broken_response_is_try_later_for_get_and_unknown_for_post(method, kind, sent):
    with listening(saying(sent)) as url, connect(url) as chorus, pytest.raises(kind):
        chorus.request(method, "voices")


# Each of these responses would be valid if the client waited long enough.
@pytest.mark.parametrize(
    ("start", "drop", "end"),
    [
        (b"", b"", OK + b"Content-Length: 2\r\n\r\n{}"),
        (OK + b"Content-Length: 2\r\nX-Slow: ", b" ", b"\r\n\r\n{}"),
        (OK + b"Content-Length: 62\r\n\r\n", b" ", b"{}"),
    ],
    ids=["silence", "headers", "body"],
)
@pytest.mark.parametrize(
    ("method", "kind"), [("GET", errors.TryLater), ("POST", errors.OutcomeUnknown)]
)
def test_a_slow_response_is_cut_off_at_the_deadline(monkeypatch, start, drop, end, method, kind):
    monkeypatch.setattr(base, "_TIME_TO_ASK", 0.2)
    monkeypatch.setattr(base, "_TIME_TO_CREATE", 0.2)

    server = listening(dripping(start, drop, 60, end))
    with server as url, connect(url) as chorus, pytest.raises(kind):
        chorus.request(method, "voices")


def test_all_calls_for_a_waiting_person_share_one_deadline():
    answers = [b"{}", b""]

    def answer(connection: socket.socket, request: bytes) -> None:
        drops = 0 if answers.pop(0) else 20
        dripping(OK + b"Content-Length: 2\r\n\r\n", b"", drops, b"{}")(connection, request)

    with listening(answer) as url, connect(url) as chorus:
        chorus.answer_within(0.2)
        chorus.request("GET", "voices")
        with pytest.raises(errors.NotYet, match="Chorus is taking too long to respond"):
            chorus.request("GET", "voices")
        with pytest.raises(errors.NotYet):
            chorus.request("GET", "voices")
    assert answers == []


def test_a_closed_provider_refuses_requests():
    with connect("http://127.0.0.1:9") as chorus:
        pass

    with pytest.raises(RuntimeError):
        chorus.request("GET", "voices")


def test_the_repr_of_a_provider_does_not_show_its_key():
    assert repr(connect("")) == "<Chorus adapter>"
