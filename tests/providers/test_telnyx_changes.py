"""Cloning, changing, deleting, and previewing voices at Telnyx."""

import json
from typing import Any

import httpx
import pytest

from catalog.providers import errors
from catalog.providers.adapters.telnyx import Adapter
from catalog.providers.types import CloneParams, CloneResult, SampleFile
from tests.providers.conftest import KEY, load_fixture, read_form

SLUG = "telnyx"
MARKER = "vb1:5eb0a7c1:0f8fad5bd9cb469fa16570867728950e"
SAMPLE = SampleFile('an"na\r\n.wav', "audio/wav", b"RIFF....WAVE")
ANNA = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
BO = "6b1d2c60-98f4-4c6e-8f9a-0a1b2c3d4e5f"
BUILT_IN = "Telnyx.NaturalHD.astra"
PARAMS = CloneParams("Anna", (SAMPLE,), MARKER, language="en-GB", gender="female")


def clone_with(**changes: Any) -> dict[str, Any]:
    return {**load_fixture(SLUG, "clone")["body"]["data"], **changes}


def test_clone_sends_the_documented_form(server):
    server.will_answer("made")
    params = CloneParams(
        "Anna",
        (SAMPLE,),
        MARKER,
        "Warm narrator",
        language="en-GB",
        gender="female",
        transcript="The quick brown fox.",
    )

    with server.connect() as adapter:
        result = adapter.clone(params)

    assert result == CloneResult(ANNA)
    assert server.paths() == ["POST /v2/voice_clones/from_upload"]
    parts = read_form(server.requests[0])
    values = {part.name: part.content.decode() for part in parts if part.filename is None}
    assert values.pop("label").replace("\r\n", "\n") == f"Warm narrator\n\n{MARKER}"
    assert values == {
        "name": "Anna",
        "language": "en",
        "gender": "female",
        "provider": "telnyx",
        "model_id": "Qwen3TTS",
        "ref_text": "The quick brown fox.",
    }
    [file] = [part for part in parts if part.filename is not None]
    assert (file.name, file.content_type) == ("audio_file", "audio/wav")
    assert file.content == SAMPLE.content


def test_unset_fields_are_not_sent_and_telnyx_s_error_is_passed_on(server):
    server.will_answer("error_fields")

    with server.connect() as adapter, pytest.raises(errors.RequestRejected) as caught:
        adapter.clone(CloneParams("Anna", (SAMPLE,), MARKER))

    names = {part.name for part in read_form(server.requests[0])}
    assert names == {"name", "provider", "model_id", "label", "audio_file"}
    assert "audio_file is required; name: can't be blank" in caught.value.message


def test_a_long_description_is_cut_to_fit_the_marker(server):
    server.will_answer("made")

    with server.connect() as adapter:
        adapter.clone(CloneParams("Anna \ud83d", (SAMPLE,), MARKER, "word " * 200))

    values = {part.name: part.content.decode() for part in read_form(server.requests[0])}
    label = values["label"].replace("\r\n", "\n")
    assert label.endswith(f"\n{MARKER}")
    assert len(label) <= adapter.info.marker_length
    assert values["name"] == "Anna ?"


@pytest.mark.parametrize(
    ("model", "vendor"), [("Ultra", "telnyx"), ("speech-2.8-turbo", "minimax")]
)
def test_every_clone_model_is_sent_with_its_vendor(model, vendor):
    class Other(Adapter):
        clone_model = model

    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        asked.append({part.name: part.content.decode() for part in read_form(request)})
        return httpx.Response(201, json={"data": clone_with()})

    with Other({"api_key": KEY}, transport=httpx.MockTransport(answer)) as adapter:
        adapter.clone(PARAMS)

    assert (asked[0]["model_id"], asked[0]["provider"]) == (model, vendor)


@pytest.mark.parametrize(
    ("status", "changes", "is_ready"),
    [
        (201, {"status": "active"}, True),
        (201, {"status": None}, True),
        (202, {"status": "pending"}, False),
        (202, {"status": None}, False),
        (201, {"status": "pending"}, False),
    ],
)
def test_a_pending_clone_is_not_ready(server, status, changes, is_ready):
    server.will_send(status, {"data": clone_with(**changes)})

    with server.connect() as adapter:
        assert adapter.clone(PARAMS) == CloneResult(ANNA, ready=is_ready)


def test_is_ready_is_true_once_a_pending_clone_is_active(server):
    server.will_answer("made_pending")
    server.will_send(200, {"data": clone_with(id=BO, status="pending")})
    server.will_send(200, {"data": clone_with(id=BO, status="active")})

    with server.connect() as adapter:
        made = adapter.clone(PARAMS)
        states = [adapter.is_ready(made.remote_id) for _ in range(2)]

    assert (made, states) == (CloneResult(BO, ready=False), [False, True])
    assert server.paths()[1:] == [f"GET /v2/voice_clones/{BO}"] * 2


def test_a_clone_that_failed_immediately_has_a_note(server):
    server.will_send(201, {"data": clone_with(status="failed")})

    with server.connect() as adapter:
        result = adapter.clone(PARAMS)

    assert not result.ready
    assert "couldn't make" in result.note


@pytest.mark.parametrize("data", [None, {}, [], "x", {"id": ""}, {"id": 5}, {"id": "a\x00b"}])
def test_a_clone_without_a_usable_id_is_unknown(server, data):
    server.will_send(201, {"data": data})

    with server.connect() as adapter, pytest.raises(errors.OutcomeUnknown):
        adapter.clone(PARAMS)


@pytest.mark.parametrize("fixture", ["error_gone", "error_address", "error_no_method"])
def test_a_clone_that_cannot_be_fetched_alone_is_searched_in_the_list(server, fixture):
    server.will_answer(fixture).will_answer("clones_page_1").will_answer("clones_page_2")

    with server.connect() as adapter:
        assert adapter.voice("9c0f1e2d-3b4a-4c5d-8e6f-7a8b9c0d1e2f").name == "Cleo"


def test_a_clone_that_is_not_in_the_list_either_is_not_found(server):
    server.will_answer("error_gone").will_answer("clones_none")

    with server.connect() as adapter, pytest.raises(errors.NotFound):
        adapter.voice(ANNA)


@pytest.mark.parametrize("fixture", ["error_wrong_key", "error_server", "error_not_allowed"])
def test_other_errors_do_not_fall_back_to_the_list(server, fixture):
    server.will_answer(fixture)

    with server.connect() as adapter, pytest.raises(errors.ProviderError):
        adapter.voice(ANNA)

    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": []}, {"data": {"id": ""}}])
def test_a_response_that_is_not_a_clone_raises_try_later(server, body):
    server.will_send(200, body)

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.voice(ANNA)


def test_a_built_in_voice_is_searched_in_its_list(server):
    server.will_answer("voices").will_answer("voices")

    with server.connect() as adapter:
        assert adapter.voice(BUILT_IN).name == "Astra"
        with pytest.raises(errors.NotFound):
            adapter.voice("Telnyx.NaturalHD.nobody")

    assert server.paths() == ["GET /v2/text-to-speech/voices"] * 2


def test_find_marked_searches_labels_and_names_and_returns_the_oldest_first(server):
    def marked(remote_id: str, created: str | None, **changes: Any) -> dict[str, Any]:
        return clone_with(id=remote_id, created_at=created, **{"label": MARKER, **changes})

    server.will_send(
        200,
        {
            "data": [
                marked("younger", "2026-03-09T10:00:00Z"),
                marked("undated", None),
                marked("glued", "2026-03-01T10:00:00Z", label=f"x{MARKER}"),
                marked("unmarked", "2026-03-01T10:00:00Z", label=None),
            ],
            "meta": {"total_pages": 2},
        },
    )
    server.will_send(
        200,
        {
            "data": [
                marked("in its name", "2026-03-05T10:00:00Z", label="", name=f"Anna {MARKER}"),
                marked("older", "2026-03-02T10:00:00Z", label=f"Warm\n\n{MARKER}"),
            ],
            "meta": {"total_pages": 2},
        },
    )

    with server.connect() as adapter:
        found = adapter.find_marked(MARKER)

    assert [voice.remote_id for voice in found] == ["older", "in its name", "younger", "undated"]
    assert set(server.paths()) == {"GET /v2/voice_clones"}


def test_find_marked_raises_if_a_page_fails(server):
    server.will_answer("clones_page_1").will_answer("error_server")

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.find_marked(MARKER)


def test_rename_resends_the_gender_and_the_language(server):
    server.will_answer("clone").will_answer("clone")

    with server.connect() as adapter:
        adapter.rename(ANNA, "Annette")

    path = f"/v2/voice_clones/{ANNA}"
    assert server.paths() == [f"GET {path}", f"PATCH {path}"]
    sent = json.loads(server.requests[1].content)
    assert sent == {"name": "Annette", "gender": "female", "language": "en"}


def test_relabel_keeps_the_name_and_the_other_label(server):
    server.will_answer("clone").will_answer("clone")

    with server.connect() as adapter:
        adapter.relabel(ANNA, {"gender": "neutral"})

    sent = json.loads(server.requests[1].content)
    assert sent == {"name": clone_with()["name"], "gender": "neutral", "language": "en"}


def test_rename_of_a_bare_clone_sends_only_the_name(server):
    server.will_send(200, {"data": clone_with(gender=None, language=7)}).will_answer("clone")

    with server.connect() as adapter:
        adapter.rename(ANNA, "Annette \ud83d")

    assert json.loads(server.requests[1].content) == {"name": "Annette ?"}


def test_a_rename_with_an_unchanged_description_is_allowed(server):
    server.will_answer("clone").will_answer("clone")

    with server.connect() as adapter:
        adapter.rename(ANNA, "Annette", "Warm narrator")

    assert len(server.requests) == 2


@pytest.mark.parametrize("description", ["", "Cold narrator"])
def test_a_rename_with_a_changed_description_is_rejected_before_it_is_sent(server, description):
    server.will_answer("clone")

    with server.connect() as adapter, pytest.raises(errors.RequestRejected, match="description"):
        adapter.rename(ANNA, "Annette", description)

    assert len(server.requests) == 1


def test_delete_sends_one_request(server):
    server.will_send(204)

    with server.connect() as adapter:
        adapter.delete(ANNA)

    assert server.paths() == [f"DELETE /v2/voice_clones/{ANNA}"]


def test_the_preview_of_a_clone_is_the_recording_that_it_was_made_from(server):
    server.will_send(200, b"RIFF sound", {"content-type": "audio/wav"})

    with server.connect() as adapter:
        clip = adapter.preview(ANNA, "", ANNA)

    assert (clip.content, clip.content_type) == (b"RIFF sound", "audio/wav")
    assert server.paths() == [f"GET /v2/voice_clones/{ANNA}/sample"]


def test_a_built_in_voice_has_no_free_preview_and_no_request_is_sent(server):
    with server.connect() as adapter, pytest.raises(errors.NotFound, match="no free previews"):
        adapter.preview(BUILT_IN)
