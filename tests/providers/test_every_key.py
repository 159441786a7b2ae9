"""No adapter reveals its key."""

import io
import logging
import traceback

import httpx
import pytest

from catalog.providers import errors
from catalog.providers.session import open_provider
from tests.providers.conftest import KEY, FakeServer, error_fixtures, load_fixture
from tests.providers.verbs import NOTHING_WAS_SENT, SLUGS, UNCLEAR, each, run

ERRORS = [(slug, fixture) for slug in SLUGS for fixture in error_fixtures(slug)]


@pytest.mark.parametrize(("slug", "fixture"), ERRORS)
@pytest.mark.parametrize("verb", ["voices", "clone", "speak"])
def test_no_error_shows_the_key_even_if_the_provider_repeats_it(slug, fixture, verb, caplog):
    caplog.set_level(logging.DEBUG)
    answer = load_fixture(slug, fixture)
    echoed = {"x-echo": KEY, **answer.get("headers", {})}
    server = FakeServer(slug).will_send(
        answer["status"], _with_key_in_every_text(answer["body"]), echoed
    )

    with server.connect() as adapter, pytest.raises(errors.ProviderError) as caught:
        run(adapter, verb)

    shown = _all_that_could_be_shown(caught.value) + repr(adapter) + caplog.text
    assert KEY[:8] not in shown
    assert KEY[:8].upper() not in shown


@each
@pytest.mark.parametrize("error", [*NOTHING_WAS_SENT, *UNCLEAR])
def test_network_errors_do_not_reference_the_request_with_the_key(slug, error, caplog):
    caplog.set_level(logging.DEBUG)
    server = FakeServer(slug).will_fail(error)

    with server.connect() as adapter, pytest.raises(errors.ProviderError) as caught:
        run(adapter, "voices")

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert KEY not in _all_that_could_be_shown(caught.value) + caplog.text


@each
def test_the_key_is_sent_in_a_header_and_never_in_the_url(slug):
    server = FakeServer(slug).will_fail(httpx.ReadError)

    with server.connect() as adapter, pytest.raises(errors.ProviderError):
        run(adapter, "voices")

    request = server.requests[0]
    assert KEY in " ".join(request.headers.values())
    assert KEY not in str(request.url)


@each
@pytest.mark.parametrize(
    "key", ["", " ", "a b", "line\nbreak", "line\r\nX-Evil: 1", "schlüssel", "\x00", "x" * 513]
)
def test_an_impossible_key_is_rejected_before_anything_is_sent(slug, key):
    with pytest.raises(errors.CredentialRejected) as caught:
        open_provider(slug, {"api_key": key})

    assert not key.strip() or key not in str(caught.value)


@each
def test_a_missing_key_is_rejected(slug):
    with pytest.raises(errors.CredentialRejected):
        open_provider(slug, {})


def _with_key_in_every_text(body: object) -> object:
    if isinstance(body, dict):
        return {name: _with_key_in_every_text(value) for name, value in body.items()}
    if isinstance(body, list):
        return [_with_key_in_every_text(value) for value in body]
    if isinstance(body, str):
        return f"{body} {KEY} {KEY.upper()} {KEY * 100}"
    return body


def _all_that_could_be_shown(error: BaseException) -> str:
    report = io.StringIO()
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = [frame for frame in whole.stack if "catalog" in frame.filename]
    for frame in ours:
        report.write(str(frame.locals))
    return f"{error} {error!r} {error.args} {vars(error)} {report.getvalue()}"
