"""Pages are compressed with the best encoding that the browser accepts."""

import gzip

import brotli
import pytest

from tests import factories


@pytest.fixture
def browser(cast, sign_in):
    factories.make_voice(cast.account, "Ada")
    return sign_in(cast.mia)


@pytest.mark.parametrize(
    ("accepted", "encoding", "unpack"),
    [
        ("gzip, deflate, br", "br", brotli.decompress),
        ("br;q=0.5", "br", brotli.decompress),
        ("gzip, br;q=0", "gzip", gzip.decompress),
        ("gzip, br;q=0.0, zstd", "gzip", gzip.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("identity", None, bytes),
        ("", None, bytes),
    ],
)
def test_a_page_is_compressed_with_an_encoding_that_the_browser_accepts(
    browser, accepted, encoding, unpack
):
    answer = browser.get("/voices/", headers={"Accept-Encoding": accepted})

    assert answer.headers.get("Content-Encoding") == encoding
    assert "Star Ada" in unpack(answer.content).decode()
    assert int(answer.headers.get("Content-Length", len(answer.content))) == len(answer.content)
    assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize("accepted", ["br", "gzip"])
def test_an_unchanged_compressed_page_gets_304(browser, accepted):
    headers = {"Accept-Encoding": accepted}
    etag = browser.get("/voices/", headers=headers).headers["ETag"]

    again = browser.get("/voices/", headers={**headers, "If-None-Match": etag})

    assert etag.startswith('W/"')
    assert (again.status_code, again.content) == (304, b"")


def test_tiny_responses_and_exports_are_not_compressed(browser):
    for path in ("/healthz", "/voices/export.json"):
        answer = browser.get(path, headers={"Accept-Encoding": "br"})
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers
