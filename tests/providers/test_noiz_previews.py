"""Previews of Noiz voices, wherever they are stored."""

from typing import Any

import pytest

from catalog.providers import errors
from catalog.providers.adapters import noiz
from catalog.providers.types import AudioClip
from tests.providers.conftest import load_fixture

SLUG = "noiz"
ANNA = "a1b2c3d4"


def voice_with(**changes: Any) -> dict[str, Any]:
    return {**load_fixture(SLUG, "voice")["body"]["data"], **changes}


class Fetched:
    """Replaces downloads: some addresses return audio, the others fail."""

    def __init__(self, *playable: str) -> None:
        self.playable = playable
        self.tried: list[str] = []

    def __call__(self, url: str, **more: object) -> AudioClip:
        self.tried.append(url)
        if url not in self.playable:
            raise errors.RequestRejected(f"No sound at {url}.")
        return AudioClip(url.encode())


@pytest.fixture
def addresses(monkeypatch):
    def use(*playable: str) -> Fetched:
        fetched = Fetched(*playable)
        monkeypatch.setattr(noiz, "fetch_public", fetched)
        return fetched

    return use


def test_preview_of_a_working_listed_address_sends_no_other_request(server, addresses):
    addresses("https://a.example/1")

    with server.connect() as adapter:
        assert adapter.preview(ANNA, "https://a.example/1").content == b"https://a.example/1"


def test_preview_falls_back_to_the_voice_s_other_address(server, addresses):
    fetched = addresses("https://a.example/sample")
    url, sample = "https://a.example/url", "https://a.example/sample"
    server.will_send(200, {"code": 0, "data": voice_with(url=url, sample=sample)})

    with server.connect() as adapter:
        assert adapter.preview(ANNA, url).content == sample.encode()

    assert fetched.tried == [url, sample]


def test_preview_fetches_a_fresh_address_if_the_listed_one_expired(server, addresses):
    fetched = addresses("https://a.example/fresh")
    fresh = voice_with(url="https://a.example/fresh", sample=None)
    server.will_send(200, {"code": 0, "data": fresh})

    with server.connect() as adapter:
        adapter.preview(ANNA, "https://a.example/expired")

    assert fetched.tried == ["https://a.example/expired", "https://a.example/fresh"]


def test_preview_reports_why_no_address_works(server, addresses):
    addresses()
    server.will_send(200, {"code": 0, "data": voice_with(url="https://a.example/1", sample="")})

    with server.connect() as adapter, pytest.raises(errors.RequestRejected, match=r"a\.example/1"):
        adapter.preview(ANNA)


@pytest.mark.parametrize("sample", [None, "", "voices/a.wav", "ftp://a.example/1", 7])
def test_a_voice_without_an_address_has_no_preview(server, sample):
    server.will_send(200, {"code": 0, "data": voice_with(url="", sample=sample)})

    with server.connect() as adapter, pytest.raises(errors.NotFound):
        adapter.preview(ANNA)


def test_an_internal_address_is_not_fetched(server):
    inside = voice_with(url="https://127.0.0.1/secret", sample="https://10.0.0.1/secret")
    server.will_send(200, {"code": 0, "data": inside})

    with server.connect() as adapter, pytest.raises(errors.RequestRejected, match="public"):
        adapter.preview(ANNA)
