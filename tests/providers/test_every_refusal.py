"""How refusals of every provider are classified: by the adapter first, by the status last."""

import json

import httpx
import pytest

from catalog.providers import errors
from catalog.providers.base import Provider
from catalog.providers.error_classification import judge_refusal
from catalog.providers.responses import ErrorBody
from catalog.providers.types import PermissionState, ProviderInfo
from catalog.sandbox.faults import FaultKind
from tests.providers.conftest import KEY, FakeServer
from tests.providers.sandboxed import MARKER, clone_params
from tests.providers.verbs import SLUGS, each, each_cloning, each_with, run
from tests.providers.wire_formats import REFUSALS

HTML = {"content-type": "text/html"}
CLEAR = [
    (400, b'{"oops": true}', errors.RequestRejected),
    (401, b"Unauthorized", errors.CredentialRejected),
    (401, b"", errors.CredentialRejected),
    (402, b"", errors.OutOfCredit),
    (403, b"<html>Blocked by a firewall</html>", errors.RequestRejected),
    (404, b"<html>No such page</html>", errors.RequestRejected),
    (413, b"<html>Request Entity Too Large</html>", errors.RequestRejected),
    (415, b"Unsupported", errors.RequestRejected),
    (418, b"", errors.RequestRejected),
    (422, b"null", errors.RequestRejected),
]
UNCLEAR = [(200, b"<html>Hello</html>"), (200, b"fine"), (408, b"timeout"), (502, b"<html></html>")]
NOT_OF_THE_KEY = [
    "Your subscription has a failed payment.",
    "The text is longer than 300 characters.",
    "Unusual activity was detected.",
]


@each_cloning
@pytest.mark.parametrize(("status", "content", "kind"), CLEAR)
def test_a_clear_refusal_is_classified_by_its_status_even_for_a_clone(slug, status, content, kind):
    server = FakeServer(slug).will_send(status, content)

    with server.connect() as adapter, pytest.raises(errors.ProviderError) as caught:
        run(adapter, "clone")

    assert type(caught.value) is kind
    assert caught.value.status == status


@each_with("clone", "speak")
@pytest.mark.parametrize(("status", "content"), UNCLEAR)
def test_a_response_that_may_follow_a_completed_request_is_unknown(slug, verb, status, content):
    server = FakeServer(slug).will_send(status, content, HTML)

    with server.connect() as adapter, pytest.raises(errors.OutcomeUnknown):
        run(adapter, verb)


@each_cloning
@pytest.mark.parametrize("status", [408, 500])
def test_a_timeout_stays_unknown_even_with_the_provider_s_own_message(slug, status):
    server = FakeServer(slug).will_send(status, REFUSALS[slug]("Something took too long."))

    with server.connect() as adapter, pytest.raises(errors.OutcomeUnknown, match="too long"):
        run(adapter, "clone")


def test_a_413_says_that_the_file_is_too_large():
    server = FakeServer("elevenlabs").will_send(413, b"<html>nginx</html>")

    with server.connect() as adapter, pytest.raises(errors.RequestRejected, match="too large"):
        run(adapter, "clone")


@each_with("voices", "clone", "delete", "speak")
@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("words", NOT_OF_THE_KEY)
def test_a_refusal_that_is_not_about_the_key_does_not_reject_it(slug, verb, status, words):
    server = FakeServer(slug).will_send(status, REFUSALS[slug](words))

    with server.connect() as adapter, pytest.raises(errors.RequestRejected) as caught:
        run(adapter, verb)

    assert words.rstrip(".") in caught.value.message


@each
def test_check_reports_an_account_problem_without_rejecting_the_key(slug):
    refusal = REFUSALS[slug]("Your subscription has a failed payment.")
    server = FakeServer(slug)
    for _ in range(4):
        server.will_send(401, refusal)

    with server.connect() as adapter:
        found = adapter.check()

    assert "failed payment" in found.problem
    assert found.can_list is PermissionState.UNKNOWN


@pytest.mark.parametrize("slug", sorted(set(SLUGS) - {"elevenlabs"}))
def test_a_refusal_about_the_key_rejects_it(slug):
    server = FakeServer(slug).will_send(401, REFUSALS[slug]("Your API key has expired."))

    with server.connect() as adapter, pytest.raises(errors.CredentialRejected):
        run(adapter, "voices")


@each_with("voices", "clone", "speak")
@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Your account has run out of credits.", errors.OutOfCredit),
        ("You exceeded your current quota, please check your plan.", errors.OutOfCredit),
        ("All voice slots are in use: limit of 10 voices reached.", errors.LimitReached),
        ("Too many requests, please slow down.", errors.TryLater),
        ("Concurrent limit of your plan: 5.", errors.TryLater),
        ("Hold on.", errors.TryLater),
    ],
)
def test_a_429_is_try_later_only_if_waiting_would_help(slug, verb, words, kind):
    server = FakeServer(slug).will_send(429, REFUSALS[slug](words))

    with server.connect() as adapter, pytest.raises(errors.ProviderError) as caught:
        run(adapter, verb)

    assert type(caught.value) is kind


@each
def test_a_plain_text_429_about_credit_is_out_of_credit(slug):
    server = FakeServer(slug).will_send(429, b"Insufficient credits", {"retry-after": "3"})

    with server.connect() as adapter, pytest.raises(errors.OutOfCredit):
        run(adapter, "voices")


@each_with("voices", "clone", "speak")
@pytest.mark.parametrize("words", ["The sample has no speech.", "The account has no credits left."])
def test_an_error_inside_a_200_response_is_a_refusal(slug, verb, words):
    server = FakeServer(slug).will_send(200, REFUSALS[slug](words))

    with server.connect() as adapter, pytest.raises(errors.RequestRejected) as caught:
        run(adapter, verb)

    assert words.rstrip(".") in caught.value.message
    assert isinstance(caught.value, errors.OutOfCredit) == ("credits" in words)


@each_cloning
def test_a_server_error_inside_a_200_response_leaves_a_clone_unknown(slug):
    server = FakeServer(slug).will_send(200, REFUSALS[slug]("Internal error."))
    if slug in {"noiz", "inworld"}:
        code = {"noiz": 503, "inworld": 13}[slug]
        server = FakeServer(slug).will_send(200, {"code": code, "message": "Internal error."})

    with server.connect() as adapter, pytest.raises(errors.OutcomeUnknown):
        run(adapter, "clone")


@each
def test_a_key_repeated_in_a_200_response_is_not_passed_on(slug):
    server = FakeServer(slug).will_send(200, REFUSALS[slug](f"{'x' * 490} {KEY} is wrong"))

    with server.connect() as adapter, pytest.raises(errors.ProviderError) as caught:
        run(adapter, "voices")

    assert KEY[:8] not in caught.value.message


class Adapter(Provider):
    """A provider that gives the reason for a refusal in a header."""

    info = ProviderInfo("chorus", "Chorus", "CH", 0, "https://chorus.example", "https://docs")

    def auth_headers(self):
        return {}

    def read_refusal(self, status, body, headers):
        if headers.get("x-reason") == "empty":
            words = body if isinstance(body, str) else json.dumps(body)
            return ErrorBody(errors.OutOfCredit, words, "empty")
        return None


@pytest.mark.parametrize(("content", "words"), [(b"no coins", "no coins"), (b'{"a": 1}', '"a": 1')])
@pytest.mark.parametrize("status", [200, 401, 429])
def test_the_adapter_reads_headers_and_body_before_the_general_rules(status, content, words):
    if status == 200 and words == "no coins":
        content, words = b'{"b": 2}', '"b": 2'
    answer = httpx.Response(status, content=content, headers={"x-reason": "empty"})
    transport = httpx.MockTransport(lambda request: answer)

    with (
        Adapter({"api_key": KEY}, transport=transport) as chorus,
        pytest.raises(errors.OutOfCredit, match=words),
    ):
        chorus.request_json("POST", "things")


@pytest.mark.parametrize("message", ["Monthly quota used up", "配额已用完", "余额不足"])
def test_used_up_credit_is_recognized_in_several_wordings(message):
    assert judge_refusal(429, message) is errors.OutOfCredit


def test_a_plain_text_refusal_of_a_clone_in_the_sandbox_makes_no_voice(connect, spoil):
    spoil(FaultKind.REFUSE, method="POST", path="/v1/voices/add", status=413, text="<h1>413</h1>")

    with connect() as adapter:
        with pytest.raises(errors.RequestRejected):
            adapter.clone(clone_params())

        assert adapter.find_marked(MARKER) == []
