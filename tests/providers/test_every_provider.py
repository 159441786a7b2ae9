"""Rules for every adapter. A new one is tested as soon as it is in the folder."""

import inspect
import re

import httpx
import pytest

from catalog.providers import base, errors
from catalog.providers.idempotency_marker import SHORT_MARK_LENGTH
from catalog.providers.registry import UnknownProvider, all_infos, get_adapter
from catalog.providers.session import open_provider
from catalog.providers.types import ProviderInfo
from tests.providers.conftest import FIXTURES, KEY, FakeServer
from tests.providers.verbs import (
    ALL_INFOS,
    NOTHING_WAS_SENT,
    SLUGS,
    UNCLEAR,
    VERBS,
    each,
    each_cloning,
    each_with,
    has,
    run,
)

HTML = {"content-type": "text/html"}
UNCLEAR_ANSWERS = [
    (500, b"", {}),
    (500, b'{"detail": {"status": "x", "message": "y"}}', {}),
    (502, b"<html>Bad gateway</html>", HTML),
    (503, b"", {"retry-after": "5"}),
    (504, b"", {}),
    (200, b"<html>Welcome to the hotel</html>", HTML),
    (200, b'{"voice', {}),
    (200, b"", {}),
    (200, b"[]", {}),
    (200, b'"text"', {}),
    (200, b"[" * 100_000, {}),
    (204, b"", {}),
    (408, b"", {}),
]
UNCLEAR_FOR_A_CLONE = [
    *UNCLEAR_ANSWERS,
    (200, b"{}", {}),
    (302, b"", {"location": "https://elsewhere.example/"}),
    (307, b"", {"location": "https://elsewhere.example/"}),
]


@each_with(*VERBS)
@pytest.mark.parametrize("error", NOTHING_WAS_SENT)
def test_any_call_that_was_never_sent_can_be_retried(slug, verb, error):
    server = FakeServer(slug).will_fail(error)

    with server.connect() as adapter, pytest.raises(errors.TryLater) as caught:
        run(adapter, verb)

    assert caught.value.unreachable


@each
@pytest.mark.parametrize("error", UNCLEAR)
def test_an_interrupted_list_can_be_retried(slug, error):
    server = FakeServer(slug).will_fail(error)

    with server.connect() as adapter, pytest.raises(errors.TryLater) as caught:
        run(adapter, "voices")

    assert not caught.value.unreachable


@each_cloning
@pytest.mark.parametrize("error", UNCLEAR)
def test_an_interrupted_clone_is_unknown_and_not_failed(slug, error):
    server = FakeServer(slug).will_fail(error)

    with server.connect() as adapter, pytest.raises(errors.OutcomeUnknown):
        run(adapter, "clone")


@each
@pytest.mark.parametrize(("status", "content", "headers"), UNCLEAR_ANSWERS)
def test_an_unclear_response_to_a_list_raises_try_later(slug, status, content, headers):
    server = FakeServer(slug).will_send(status, content, headers)

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        run(adapter, "voices")


@each
def test_a_page_is_requested_again_if_the_caller_agrees_to_wait(slug):
    server = FakeServer(slug).will_answer("error_rate").will_fail(httpx.ConnectError)
    asked = []

    with server.connect() as adapter:
        adapter.wait = lambda failure: bool(asked.append(failure) or True)
        with pytest.raises(errors.TryLater, match="can't be reached"):
            list(adapter.voices())

    assert [failure.status for failure in asked] == [429]
    assert len(set(server.paths())) == 1


@each_cloning
def test_a_clone_is_never_retried_automatically(slug):
    server = FakeServer(slug).will_answer("error_rate")

    with server.connect() as adapter:
        adapter.wait = lambda failure: True
        with pytest.raises(errors.TryLater):
            run(adapter, "clone")

    assert len(server.requests) == 1


@each
def test_the_provider_s_message_about_a_server_error_is_passed_on(slug):
    server = FakeServer(slug).will_answer("error_server")

    with server.connect() as adapter, pytest.raises(errors.TryLater) as caught:
        list(adapter.voices())

    assert re.search(r"returned an error \(500\): \w.*\w\.$", caught.value.message)


@each_with("delete")
@pytest.mark.parametrize(
    ("status", "content", "headers"),
    [(200, b"<html>Welcome to the hotel</html>", HTML), (500, b"", {}), (502, b"", HTML)],
)
def test_a_proxy_s_response_to_a_delete_does_not_mean_the_voice_is_gone(
    slug, verb, status, content, headers
):
    server = FakeServer(slug).will_send(status, content, headers)

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        run(adapter, verb)


@each_cloning
@pytest.mark.parametrize(("status", "content", "headers"), UNCLEAR_FOR_A_CLONE)
def test_an_unclear_response_to_a_clone_is_unknown(slug, status, content, headers):
    server = FakeServer(slug).will_send(status, content, headers)

    with server.connect() as adapter, pytest.raises(errors.OutcomeUnknown):
        run(adapter, "clone")


@each_with("voices", "clone", "delete", "speak")
def test_a_429_says_when_to_retry_and_is_never_unknown(slug, verb):
    server = FakeServer(slug).will_send(429, b"slow down", {"retry-after": "17"})

    with server.connect() as adapter, pytest.raises(errors.TryLater) as caught:
        run(adapter, verb)

    assert caught.value.retry_after == 17
    assert not caught.value.unreachable


@each_with("voices", "check", "delete", "voice")
def test_a_redirect_is_an_error_and_is_not_followed(slug, verb):
    server = FakeServer(slug).will_send(302, b"", {"location": "https://elsewhere.example/"})

    with server.connect() as adapter, pytest.raises(errors.RequestRejected):
        run(adapter, verb)

    assert len(server.requests) == 1


@each_with("delete")
@pytest.mark.parametrize("content", [b"<html>No such page</html>", b"", b"{}", b"null"])
def test_a_404_without_the_provider_s_error_does_not_mean_a_missing_voice(slug, verb, content):
    server = FakeServer(slug).will_send(404, content)

    with server.connect() as adapter, pytest.raises(errors.RequestRejected) as caught:
        run(adapter, verb)

    assert not isinstance(caught.value, errors.NotFound)


@each
@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a_compressed_response_is_rejected(slug, encoding):
    packed = httpx.MockTransport(
        lambda request: httpx.Response(
            200, stream=httpx.ByteStream(b"\x1f\x8b"), headers={"content-encoding": encoding}
        )
    )
    adapter = get_adapter(slug)({"api_key": KEY}, transport=packed)

    with adapter, pytest.raises(errors.TryLater, match="encoding"):
        run(adapter, "voices")


@each
def test_a_response_that_is_too_large_is_cut_off(slug):
    server = FakeServer(slug).will_send(200, b" " * (8 * 1024 * 1024 + 1))

    with server.connect() as adapter, pytest.raises(errors.TryLater, match="too large"):
        run(adapter, "voices")


@each
def test_a_wrong_key_raises_credential_rejected(slug):
    server = FakeServer(slug).will_answer("error_wrong_key")

    with server.connect() as adapter, pytest.raises(errors.CredentialRejected) as caught:
        run(adapter, "check")

    assert not isinstance(caught.value, errors.PermissionMissing)
    assert "rejected this key" in caught.value.message


each_of_all = pytest.mark.parametrize("info", ALL_INFOS, ids=lambda info: info.slug)


@each_of_all
def test_provider_info_is_valid(info: ProviderInfo):
    assert re.fullmatch(r"[a-z][a-z0-9]{1,30}", info.slug)
    assert info.label.strip() == info.label != ""
    assert re.fullmatch(r"[A-Z][A-Za-z]", info.initials)
    assert info.hue in range(0, 360, 5)
    assert info.base_url.startswith("https://") or info.is_built_in
    assert info.sample_formats <= {"wav", "mp3", "flac", "ogg", "m4a", "webm"}
    assert bool(info.sample_formats) == info.can_clone
    assert 0 <= info.min_sample_seconds <= (info.max_sample_seconds or 3600)
    assert info.max_name_length >= 20
    assert info.delete_note or not info.can_delete
    assert info.marker_length == 0 or info.marker_length >= SHORT_MARK_LENGTH
    # Counted from the start of a call, so it must exceed the timeout of the call.
    is_called = info.can_clone and not info.is_built_in
    assert info.settle_seconds >= (base._TIME_TO_CREATE + 120 if is_called else 0)


@each_of_all
def test_settings_can_be_rendered_and_accept_their_defaults(info: ProviderInfo):
    for settings in (info.voice_settings, info.speech_settings):
        assert len({field.name for field in settings}) == len(settings)
        for field in settings:
            assert field.label
            assert field.takes(field.default), field.name
            assert field.is_switch == (field.minimum is None)


@each_of_all
def test_provider_info_matches_what_the_adapter_implements(info: ProviderInfo):
    adapter = get_adapter(info.slug)

    assert has(adapter, "check")
    assert has(adapter, "voices") or has(adapter, "listing")
    assert has(adapter, "voice") == has(adapter, "clone") == adapter.info.can_clone
    assert has(adapter, "find_marked") == bool(adapter.info.marker_length)
    assert has(adapter, "find_by_progress") == adapter.info.finds_by_progress
    assert has(adapter, "rename") == adapter.info.can_rename
    assert has(adapter, "relabel") == bool(adapter.info.kept_labels)
    assert has(adapter, "delete") == adapter.info.can_delete
    assert has(adapter, "edit_settings") == bool(adapter.info.voice_settings)
    assert has(adapter, "settings") == has(adapter, "edit_settings")
    assert has(adapter, "default_settings") == has(adapter, "edit_settings")
    assert has(adapter, "preview") == adapter.info.can_preview
    assert has(adapter, "slots") == adapter.info.has_slots
    assert has(adapter, "speak") == adapter.info.can_speak
    assert adapter.info.can_speak == bool(adapter.info.max_speech_characters)


@each_with(*sorted(set(VERBS) - {"is_ready", "find_marked"}))
def test_every_call_names_its_documentation_page(slug, verb):
    method = getattr(get_adapter(slug), verb)
    assert "https://" in (inspect.getdoc(method) or "")


@each
@pytest.mark.parametrize("fixture", ["error_wrong_key"])
def test_every_provider_has_recorded_responses(slug, fixture):
    assert (FIXTURES / slug / f"{fixture}.json").is_file()
    assert len(list((FIXTURES / slug).glob("*.json"))) >= 3


def test_an_unknown_provider_raises_unknown_provider():
    with pytest.raises(UnknownProvider):
        open_provider("hokuspokus", {"api_key": KEY})


def test_providers_are_sorted_by_name():
    labels = [info.label.lower() for info in all_infos()]

    assert labels == sorted(labels)
    assert len(set(SLUGS)) == len(SLUGS) >= 1
