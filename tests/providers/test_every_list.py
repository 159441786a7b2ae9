"""Lists at every provider: empty ones, failing ones, and odd but legal ones."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from catalog.providers import errors
from catalog.providers.base import Provider
from catalog.providers.types import VoiceState
from catalog.sandbox.faults import Fault, FaultKind
from tests.providers.conftest import FakeServer, load_fixture
from tests.providers.verbs import SLUGS, each
from tests.providers.wire_formats import LISTS, PROMISES

SECOND = [slug for slug in SLUGS if len(LISTS[slug].fixtures) > 1]
each_with_two = pytest.mark.parametrize("slug", SECOND)
TEXT = {"content-type": "text/plain"}


def wrap(slug: str, page: Any) -> Any:
    is_wrapped = LISTS[slug].is_wrapped
    return {"code": 0, "message": "success", "data": page} if is_wrapped else page


def page_of(slug: str, place: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a fixture's list with changes, as the last page."""
    fixture, _ = LISTS[slug].fixtures[place]
    body = load_fixture(slug, fixture)["body"]
    page = dict(body["data"] if LISTS[slug].is_wrapped else body)
    page |= {"nextPageToken": ""} if slug == "inworld" else {}
    page |= {"meta": {"total_pages": 1}} if "meta" in page else {}
    return page | changes


def serve(slug: str, *pages: Any) -> FakeServer:
    server = FakeServer(slug)
    for page in pages:
        server.will_send(200, wrap(slug, page))
    return server


def fill(server: FakeServer, slug: str) -> FakeServer:
    """Add responses for the lists after the first one."""
    for place in range(1, len(LISTS[slug].fixtures)):
        server.will_send(200, wrap(slug, page_of(slug, place)))
    return server


def ids_of(adapter: Provider) -> list[str]:
    return [voice.remote_id for voice in adapter.voices()]


def empty_pages(slug: str, place: int) -> Iterator[dict[str, Any]]:
    field = LISTS[slug].fixtures[place][1]
    envelope = LISTS[slug].envelope if place == 0 else {}
    yield {field: []}
    yield {field: None}
    yield {}
    yield {field: [], **envelope}
    yield {field: None, **envelope}
    yield envelope
    yield {field: None, **envelope, "requestId": "r-1", "took_ms": 4}


@each
def test_every_form_of_an_empty_list_is_read_as_empty(slug):
    for page in empty_pages(slug, 0):
        with fill(serve(slug, page), slug).connect() as adapter:
            assert all(not voice.is_owned for voice in adapter.voices()), page
            assert not adapter.gaps, page


@each_with_two
def test_an_empty_second_list_is_not_a_gap(slug):
    for page in empty_pages(slug, 1):
        with serve(slug, page_of(slug), page).connect() as adapter:
            assert ids_of(adapter), page
            assert not adapter.gaps, page


FAILURES = [
    {"error": {"message": "Down for maintenance", "type": "internal"}},
    {"error": "maintenance"},
    {"errors": [{"title": "Oops"}]},
    {"detail": "Something went wrong"},
    {"message": "Service unavailable"},
    {"status": "error"},
    {"status": 503},
    {"success": False},
    {"ok": False},
    {"code": 13, "message": "internal"},
    {"fault": {"faultstring": "Rate limit"}},
]
# They indicate neither a failure nor a list.
STRANGERS = [{"oops": True}, {"requestId": "r-1"}]


@each
@pytest.mark.parametrize("failure", FAILURES)
def test_an_error_inside_a_200_response_is_not_an_empty_list(slug, failure):
    for page in (failure, {**failure, LISTS[slug].fixtures[0][1]: None}):
        server = serve(slug, page)
        with server.connect() as adapter, pytest.raises(errors.ProviderError):
            ids_of(adapter)


@each
@pytest.mark.parametrize("page", STRANGERS)
def test_an_unrelated_response_is_not_an_empty_list(slug, page):
    with serve(slug, page).connect() as adapter, pytest.raises(errors.TryLater):
        ids_of(adapter)


@each
@pytest.mark.parametrize("has_name", [True, False])
def test_a_response_that_counts_voices_but_has_none_is_not_an_empty_list(slug, has_name):
    field = LISTS[slug].fixtures[0][1]
    page = {**PROMISES[slug], **({field: None} if has_name else {})}

    with serve(slug, page).connect() as adapter, pytest.raises(errors.TryLater):
        ids_of(adapter)


@each
def test_a_key_of_an_empty_account_works(sign_on, slug):
    with sign_on(slug, "empty") as adapter:
        assert adapter.check().can_list.value == "yes"
        assert not [voice for voice in adapter.voices() if voice.is_owned]


# The list of built-in voices

REFUSALS = [
    (404, b"404 page not found\n", TEXT),
    (400, b"Bad Request", TEXT),
    (400, b'{"error": {"message": "model is not supported", "type": "invalid"}}', {}),
    (403, b"Forbidden", TEXT),
    (429, b"", {}),
    (500, b"", {}),
    (503, b"<html>Service Unavailable</html>", {"content-type": "text/html"}),
    (200, b"<html>Welcome to the hotel</html>", {"content-type": "text/html"}),
    (200, b'{"voi', {}),
    (200, b'{"data": "none", "voices": {}}', {}),
]


@each_with_two
@pytest.mark.parametrize(("status", "content", "headers"), REFUSALS)
def test_own_voices_are_listed_and_a_gap_reported_if_the_second_list_fails(
    slug, status, content, headers
):
    server = serve(slug, page_of(slug)).will_send(status, content, headers)

    with server.connect() as adapter:
        found = list(adapter.voices())

    assert found
    assert all(voice.is_owned for voice in found)
    [gap] = adapter.gaps.values()
    assert gap.message.startswith(f"{adapter.info.label}'s built-in voices couldn't be fetched. ")
    assert not gap.is_owned


@each_with_two
@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.ConnectError, httpx.ReadError])
def test_a_network_error_in_the_second_list_is_reported_as_a_gap(slug, error):
    with serve(slug, page_of(slug)).will_fail(error).connect() as adapter:
        assert ids_of(adapter)
        assert len(adapter.gaps) == 1


@each_with_two
def test_a_key_that_the_second_list_rejects_is_rejected(slug):
    server = serve(slug, page_of(slug)).will_answer("error_wrong_key")

    with server.connect() as adapter, pytest.raises(errors.CredentialRejected) as caught:
        ids_of(adapter)

    assert not isinstance(caught.value, errors.PermissionMissing)
    assert not adapter.gaps


@each_with_two
def test_the_next_complete_list_clears_the_gap(slug):
    server = serve(slug, page_of(slug)).will_send(503, b"")
    server.will_send(200, wrap(slug, page_of(slug)))
    with fill(server, slug).connect() as adapter:
        first, second = ids_of(adapter), ids_of(adapter)

    assert set(first) < set(second)
    assert not adapter.gaps


@pytest.mark.parametrize(("slug", "lists_before"), [("stepfun", 1), ("telnyx", 0)])
def test_a_voice_is_not_reported_as_missing_if_its_list_fails(slug, lists_before):
    server = serve(slug, *[page_of(slug)] * lists_before).will_send(503, b"")

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.voice("Telnyx.Natural.astra")


@pytest.mark.parametrize("slug", [slug for slug in SECOND if LISTS[slug].second_path])
@pytest.mark.parametrize("status", [400, 404, 503])
def test_a_plain_text_error_in_the_sandbox_s_second_list_is_a_gap(sandbox, sign_on, slug, status):
    path = LISTS[slug].second_path
    sandbox.faults.add(Fault(FaultKind.TEXT_BEFORE, provider=slug, path=path, status=status))
    with sign_on(slug) as adapter:
        found = list(adapter.voices())

    assert found
    assert all(voice.is_owned for voice in found)
    assert len(adapter.gaps) == 1


def test_a_built_in_stepfun_voice_can_speak_while_their_list_fails(sandbox, sign_on):
    with sign_on("stepfun") as adapter:
        voice = next(each for each in adapter.voices() if not each.is_owned)
        path = LISTS["stepfun"].second_path
        sandbox.faults.add(Fault(FaultKind.TEXT_BEFORE, provider="stepfun", path=path))
        assert adapter._speaking_model(voice.remote_id) == "step-tts-2"


# Odd but legal


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to every field of every nested object."""
    steps = value.items() if isinstance(value, dict) else ()
    for step, inside in steps:
        yield (*way, step)
        yield from places(inside, (*way, step))


def changed(value: Any, way: tuple[Any, ...], change: Callable[[dict[str, Any], Any], None]) -> Any:
    """Return a copy with one field changed."""
    copy = json.loads(json.dumps(value))
    place = copy
    for step in way[:-1]:
        place = place[step]
    change(place, way[-1])
    return copy


def _be_null(place: dict[str, Any], name: Any) -> None:
    place[name] = None


def _be_absent(place: dict[str, Any], name: Any) -> None:
    del place[name]


def _be_empty(place: dict[str, Any], name: Any) -> None:
    place[name] = ""


def _be_a_text(place: dict[str, Any], name: Any) -> None:
    place[name] = str(place[name])


def _be_unknown(place: dict[str, Any], name: Any) -> None:
    place[name] = "something_new"


def _have_company(place: dict[str, Any], name: Any) -> None:
    place["x_added_later"] = {"deep": [1, None, "two"]}


CHANGES = [_be_null, _be_absent, _be_empty, _be_a_text, _be_unknown, _have_company]
IDS = {"id", "voice_id", "voiceId"}
each_change = pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)


@each
@each_change
def test_a_voice_with_an_unusual_field_is_listed_like_the_others(slug, change):
    usual = [page_of(slug, place) for place in range(len(LISTS[slug].fixtures))]
    with serve(slug, *usual).connect() as adapter:
        count = len(ids_of(adapter))
    for place, (_, field) in enumerate(LISTS[slug].fixtures):
        first, *others = usual[place][field]
        for way in places(first):
            if way[-1] in IDS:
                continue
            pages = list(usual)
            pages[place] = {**usual[place], field: [changed(first, way, change), *others]}
            with serve(slug, *pages).connect() as adapter:
                found = list(adapter.voices())
            # A built-in Telnyx voice may then have another name, but none is lost.
            assert len(found) == count, way
            assert all(voice.name and isinstance(voice.state, VoiceState) for voice in found), way
            assert not adapter.gaps, way


@each
@each_change
def test_an_unusual_envelope_gives_voices_or_try_later(slug, change):
    for way in places({name: value for name, value in page_of(slug).items() if name != "voices"}):
        page = changed(page_of(slug), way, change)
        server = FakeServer(slug)
        for _ in range(3):
            server.will_send(200, wrap(slug, page))
        with server.connect() as adapter, contextlib.suppress(errors.TryLater):
            assert all(voice.name for voice in adapter.voices())
