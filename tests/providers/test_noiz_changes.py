"""Cloning, finding, and deleting voices at Noiz, and its errors."""

from typing import Any

import pytest

from catalog.providers import errors
from catalog.providers.adapters import noiz
from catalog.providers.idempotency_marker import add_short_marker, has_short_marker
from catalog.providers.types import CloneParams, CloneResult, SampleFile
from tests.providers.conftest import load_fixture, read_form

SLUG = "noiz"
MARKER = "vb1:5eb0a7c1:0f8fad5bd9cb469fa16570867728950e"
SAMPLE = SampleFile("anna.wav", "audio/wav", b"RIFF....WAVE")
PARAMS = CloneParams("Anna", (SAMPLE,), MARKER)
ANNA = "a1b2c3d4"


def voice_with(**changes: Any) -> dict[str, Any]:
    return {**load_fixture(SLUG, "voice")["body"]["data"], **changes}


def page_of(*voices: Any) -> dict[str, Any]:
    return {"code": 0, "data": {"total_count": len(voices), "voices": list(voices)}}


def form_values(server) -> dict[str, str]:
    parts = read_form(server.requests[0])
    return {part.name: part.content.decode() for part in parts if part.filename is None}


def test_clone_sends_the_documented_form(server):
    server.will_answer("clone")
    params = CloneParams(
        "Anna ☕", (SAMPLE,), MARKER, "Not sent.", remove_background_noise=True, language="zh-CN"
    )

    with server.connect() as adapter:
        result = adapter.clone(params)

    assert result == CloneResult(ANNA)
    assert server.paths() == ["POST /v1/voices"]
    assert form_values(server) == {
        "display_name": add_short_marker("Anna ☕", MARKER, 100),
        "denoise": "true",
        "language": "zh",
    }
    [file] = [part for part in read_form(server.requests[0]) if part.filename]
    assert (file.name, file.filename, file.content_type) == ("file", "anna.wav", "audio/wav")
    assert file.content == SAMPLE.content


def test_an_unset_language_is_not_sent(server):
    server.will_answer("clone")

    with server.connect() as adapter:
        adapter.clone(PARAMS)

    assert set(form_values(server)) == {"display_name", "denoise"}
    assert form_values(server)["denoise"] == "false"


def test_a_long_name_is_cut_to_fit_the_marker(server):
    server.will_answer("clone")

    with server.connect() as adapter:
        adapter.clone(CloneParams("Anna \ud83d of the north " * 20, (SAMPLE,), MARKER))

    name = form_values(server)["display_name"]
    assert len(name) <= 100
    assert has_short_marker(name, MARKER)


def test_the_longest_name_allowed_in_the_form_is_not_cut(server):
    server.will_answer("clone")
    name = "x" * noiz.Adapter.info.max_name_length

    with server.connect() as adapter:
        adapter.clone(CloneParams(name, (SAMPLE,), MARKER))

    assert form_values(server)["display_name"].startswith(f"{name} ·")


def test_clone_from_a_url_sends_no_recording(server):
    server.will_answer("clone")

    with server.connect() as adapter:
        result = adapter.clone_from_url(PARAMS, "https://cdn.example/anna.mp3")

    assert result == CloneResult(ANNA)
    assert server.requests[0].headers["content-type"].startswith("multipart/form-data")
    assert form_values(server) == {
        "voice_url": "https://cdn.example/anna.mp3",
        "display_name": add_short_marker("Anna", MARKER, 100),
        "denoise": "false",
    }


@pytest.mark.parametrize("data", [None, {}, [], {"voice_id": ""}, {"voice_id": 7}, {"id": "v"}])
def test_a_clone_without_a_usable_id_is_unknown(server, data):
    server.will_send(200, {"code": 0, "message": "success", "data": data})

    with server.connect() as adapter, pytest.raises(errors.OutcomeUnknown):
        adapter.clone(PARAMS)


def test_find_marked_searches_all_own_voices_and_returns_the_oldest_first(server):
    ours = add_short_marker("Anna", MARKER, 100)
    server.will_send(
        200,
        page_of(
            voice_with(voice_id="younger", display_name=ours, create_time=1762000300),
            voice_with(voice_id="undated", display_name=ours, create_time=None),
            voice_with(voice_id="other", display_name=add_short_marker("Anna", f"{MARKER}0", 100)),
            voice_with(voice_id="unmarked", display_name="Anna"),
            voice_with(voice_id="deleted", display_name=ours, delete_time=1762000400),
            voice_with(voice_id="older", display_name=ours, create_time=1762000100),
        ),
    )

    with server.connect() as adapter:
        found = adapter.find_marked(MARKER)

    assert [voice.remote_id for voice in found] == ["older", "younger", "undated"]
    assert {voice.name for voice in found} == {"Anna"}
    assert dict(server.requests[0].url.params) == {
        "voice_type": "custom",
        "skip": "0",
        "limit": "100",
    }


def test_find_marked_raises_if_a_page_fails(server):
    page = page_of(voice_with())
    page["data"]["total_count"] = 5
    server.will_send(200, page).will_answer("error_server")

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.find_marked(MARKER)


def test_delete_sends_one_request(server):
    server.will_answer("deleted")

    with server.connect() as adapter:
        adapter.delete("abc123def456")

    assert server.paths() == ["DELETE /v1/voices/abc123def456"]


def test_deleting_a_missing_voice_raises_not_found(server):
    server.will_answer("error_voice_gone")

    with server.connect() as adapter, pytest.raises(errors.NotFound):
        adapter.delete(ANNA)


def test_renaming_is_unsupported(server):
    with server.connect() as adapter, pytest.raises(errors.Unsupported):
        adapter.rename(ANNA, "Annette")


@pytest.mark.parametrize(
    ("fixture", "kind", "words"),
    [
        ("error_wrong_key", errors.CredentialRejected, "API Key missing or invalid"),
        ("error_forbidden", errors.PermissionMissing, "may not create voices"),
        ("error_credit", errors.OutOfCredit, "out of credit: Payment required"),
        ("error_voice_gone", errors.NotFound, "Voice not found"),
        ("error_sample", errors.RequestRejected, "no speech was found"),
        (
            "error_inside_success",
            errors.RequestRejected,
            "rejected the request: Only WAV, MP3 and M4A",
        ),
        ("error_credit_inside_success", errors.OutOfCredit, "Payment required"),
        ("error_rate", errors.TryLater, "slow down"),
        ("error_rate_inside_success", errors.TryLater, "slow down"),
        ("error_server", errors.OutcomeUnknown, "500"),
        ("error_server_inside_success", errors.OutcomeUnknown, "returned an error"),
    ],
)
def test_each_documented_error_of_a_clone_is_classified(server, fixture, kind, words):
    server.will_answer(fixture)

    with server.connect() as adapter, pytest.raises(errors.ProviderError) as caught:
        adapter.clone(PARAMS)

    assert type(caught.value) is kind
    assert words in caught.value.message


def test_an_error_keeps_its_code(server):
    server.will_answer("error_inside_success")

    with server.connect() as adapter, pytest.raises(errors.RequestRejected) as caught:
        adapter.voice(ANNA)

    assert (caught.value.code, caught.value.status) == ("1001", 200)


@pytest.mark.parametrize(
    ("code", "message"),
    [("fine", "?"), ([], "?"), ({}, "?"), (500, "?"), (503, "?"), (7, ""), (7, None)],
)
def test_a_code_that_is_no_clear_refusal_raises_try_later(server, code, message):
    server.will_send(200, {"code": code, "message": message, "data": voice_with()})

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.voice(ANNA)


@pytest.mark.parametrize("code", [{}, {"code": "0"}, {"code": 200}, {"code": "200"}])
def test_a_response_without_a_code_or_with_a_success_code_is_accepted(server, code):
    server.will_send(200, {**code, "data": voice_with()})

    with server.connect() as adapter:
        assert adapter.voice(ANNA).name == "Anna"


@pytest.mark.parametrize("body", [{"message": "Not Found"}, {"detail": "Not Found"}, [], {}])
def test_a_404_without_the_provider_s_error_does_not_mean_a_missing_voice(server, body):
    server.will_send(404, body)

    with server.connect() as adapter, pytest.raises(errors.RequestRejected) as caught:
        adapter.voice(ANNA)

    assert not isinstance(caught.value, errors.NotFound)


@pytest.mark.parametrize("code", ["401", 401])
def test_a_code_written_as_text_means_the_same(server, code):
    server.will_send(200, {"code": code, "message": "Invalid API key"})

    with server.connect() as adapter, pytest.raises(errors.CredentialRejected):
        adapter.voice(ANNA)
