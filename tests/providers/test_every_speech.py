"""Speech at every provider. It costs credit, so no request is repeated."""

from dataclasses import replace

import pytest

from catalog.providers import errors
from catalog.providers.registry import get_adapter
from catalog.providers.types import SettingField, SpeechParams
from tests.providers.conftest import FakeServer
from tests.providers.verbs import INFOS, UNCLEAR, VERBS, each_speaking, run

SPEAKING = [info for info in INFOS if info.can_speak]
[PARAMS] = VERBS["speak"]
MP3 = {"content-type": "audio/mpeg"}
UNCLEAR_ANSWERS = [
    (500, b"", {}),
    (502, b"<html>Bad gateway</html>", {"content-type": "text/html"}),
    (503, b"", {"retry-after": "5"}),
    (200, b"<html>Welcome to the hotel</html>", {"content-type": "text/html"}),
    (200, b"", MP3),
    (200, b"{}", {"content-type": "application/json"}),
    (200, b"[]", {"content-type": "application/json"}),
    (204, b"", {}),
    (302, b"", {"location": "https://elsewhere.example/"}),
    (408, b"", {}),
]
settings_of_all = pytest.mark.parametrize(
    ("slug", "field"),
    [(info.slug, field) for info in SPEAKING for field in info.speech_settings],
    ids=lambda value: value if isinstance(value, str) else value.name,
)


@each_speaking
@pytest.mark.parametrize("error", UNCLEAR)
def test_interrupted_speech_may_have_been_charged(slug, error):
    server = FakeServer(slug).will_fail(error)

    with server.connect() as adapter, pytest.raises(errors.OutcomeUnknown):
        run(adapter, "speak")


@each_speaking
@pytest.mark.parametrize(("status", "content", "headers"), UNCLEAR_ANSWERS)
def test_a_response_without_audio_is_unknown_and_not_retried(slug, status, content, headers):
    server = FakeServer(slug).will_send(status, content, headers)

    with server.connect() as adapter, pytest.raises(errors.OutcomeUnknown):
        run(adapter, "speak")

    assert len(server.requests) == 1


@each_speaking
@pytest.mark.parametrize("text", ["", " \n", "x" * 20_001])
def test_an_empty_or_too_long_text_is_not_sent(slug, text):
    server = FakeServer(slug)

    with server.connect() as adapter, pytest.raises(errors.RequestRejected):
        adapter.speak(replace(PARAMS, text=text))

    assert server.requests == []


@each_speaking
def test_the_error_for_a_long_text_names_the_limit(slug):
    most = get_adapter(slug).info.max_speech_characters

    with FakeServer(slug).connect() as adapter, pytest.raises(errors.RequestRejected) as caught:
        adapter.speak(replace(PARAMS, text="x" * (most + 1)))

    assert f"{most:,}" in caught.value.message


@settings_of_all
def test_a_setting_out_of_range_is_not_sent(slug: str, field: SettingField):
    wrong = [1, 0.5] if field.is_switch else [field.maximum + 1, field.minimum - 1, True]

    with FakeServer(slug).connect() as adapter:
        for value in wrong:
            with pytest.raises(errors.RequestRejected):
                adapter.speak(replace(PARAMS, settings={field.name: value}))


@each_speaking
def test_an_unknown_setting_is_not_sent(slug):
    with FakeServer(slug).connect() as adapter, pytest.raises(errors.RequestRejected):
        adapter.speak(replace(PARAMS, settings={"loudspeaker": 1}))


@each_speaking
def test_a_lone_surrogate_in_a_text_is_sent(slug):
    server = FakeServer(slug).will_send(500)

    with server.connect() as adapter, pytest.raises(errors.OutcomeUnknown):
        adapter.speak(SpeechParams(PARAMS.remote_id, "Hello \ud83d"))

    assert len(server.requests) == 1


def test_a_telnyx_clone_without_a_speech_id_is_rejected_without_a_charge():
    server = FakeServer("telnyx").will_send(200, {"data": {"id": "c1", "name": "Ada"}})

    with server.connect() as adapter, pytest.raises(errors.RequestRejected, match="speech ID"):
        adapter.speak(replace(PARAMS, remote_id="c1"))

    assert [request.method for request in server.requests] == ["GET"]


@pytest.mark.parametrize("info", SPEAKING, ids=lambda info: info.slug)
def test_speech_settings_and_limits_are_valid(info):
    names = [field.name for field in info.speech_settings]

    assert len(set(names)) == len(names)
    assert info.speech_price_note or info.speaks_free
    assert 100 <= info.max_speech_characters <= 20_000
    for field in info.speech_settings:
        assert field.label
        assert field.is_switch or field.minimum <= field.default <= field.maximum
