"""StepFun clones: two steps, reconciliation, and errors."""

import json
from typing import Any

import httpx
import pytest

from catalog.providers import errors
from catalog.providers.types import CloneParams, CloneResult, SampleFile
from tests.providers.conftest import load_fixture, read_form

SLUG = "stepfun"
MARKER = "vb1:5eb0a7c1:0f8fad5bd9cb469fa16570867728950e"
SAMPLE = SampleFile("anna.wav", "audio/wav", b"RIFF....WAVE")
UPLOADED = {"file_id": "file-Kx81"}
# The marker is part of the file's name, in case the file's ID gets lost.
NAME = f"{MARKER.replace(':', '-')}.wav"


def make_params(**changes: Any) -> CloneParams:
    return CloneParams("Anna", (SAMPLE,), MARKER, **changes)


def clone(remote_id: str, file_id: Any, created: Any) -> dict[str, Any]:
    return {"id": remote_id, "file_id": file_id, "created_at": created}


def test_clone_uploads_the_file_stores_its_id_and_then_creates_the_voice(server):
    server.will_answer("file").will_answer("clone")
    kept: list[tuple[dict[str, str], int]] = []
    params = make_params(
        transcript="Good\nmorning.",
        keep_progress=lambda progress: kept.append((dict(progress), len(server.requests))),
    )

    with server.connect() as adapter:
        result = adapter.clone(params)

    assert result == CloneResult("voice-tone-Kx82")
    assert server.paths() == ["POST /v1/files", "POST /v1/audio/voices"]
    assert kept == [(UPLOADED, 1)]
    purpose, file = read_form(server.requests[0])
    assert (purpose.name, purpose.content) == ("purpose", b"storage")
    assert (file.name, file.filename, file.content_type) == ("file", NAME, "audio/wav")
    assert file.content == SAMPLE.content
    assert json.loads(server.requests[1].content) == {
        "model": "stepaudio-2.5-tts",
        "file_id": "file-Kx81",
        "text": "Good morning.",
    }


def test_a_clone_with_a_stored_file_id_does_not_upload_again(server):
    server.will_answer("clone")
    kept: list[object] = []

    with server.connect() as adapter:
        result = adapter.clone(make_params(progress=UPLOADED, keep_progress=kept.append))

    assert result.remote_id == "voice-tone-Kx82"
    assert server.paths() == ["POST /v1/audio/voices"]
    assert json.loads(server.requests[0].content) == {
        "model": "stepaudio-2.5-tts",
        "file_id": "file-Kx81",
    }
    assert kept == []


def test_a_duplicate_clone_request_returns_the_existing_voice(server):
    server.will_answer("clone_duplicated")

    with server.connect() as adapter:
        result = adapter.clone(make_params(progress=UPLOADED))

    assert (result.remote_id, result.ready) == ("voice-tone-Kx82", True)
    assert "already" in result.note


def test_numeric_ids_are_accepted(server):
    server.will_answer("file", id=90412).will_answer("clone", id=71033)
    kept: list[dict[str, str]] = []

    with server.connect() as adapter:
        result = adapter.clone(make_params(keep_progress=kept.append))

    assert result.remote_id == "71033"
    assert kept == [{"file_id": "90412"}]
    assert json.loads(server.requests[1].content)["file_id"] == "90412"


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.WriteError, httpx.ConnectError])
def test_an_interrupted_upload_can_be_retried_since_no_voice_was_made(server, error):
    server.will_fail(error)
    kept: list[object] = []

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.clone(make_params(keep_progress=kept.append))

    assert kept == []


@pytest.mark.parametrize("stored", [{}, {"id": None}, {"id": ""}, {"id": ["f"]}])
def test_an_upload_without_a_usable_id_can_be_retried(server, stored):
    server.will_send(200, stored)

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.clone(make_params())


def test_a_rejected_upload_creates_no_voice(server):
    server.will_answer("error_sample")

    with server.connect() as adapter, pytest.raises(errors.RequestRejected, match="5s and 10s"):
        adapter.clone(make_params())

    assert server.paths() == ["POST /v1/files"]


def test_no_voice_is_created_if_the_file_id_could_not_be_stored(server):
    server.will_answer("file")

    def fail(progress: object) -> None:
        raise OSError("The disk is full.")

    with server.connect() as adapter, pytest.raises(OSError, match="full"):
        adapter.clone(make_params(keep_progress=fail))

    assert server.paths() == ["POST /v1/files"]


@pytest.mark.parametrize("made", [{}, {"id": None}, {"id": ""}, {"id": True}, {"voice": "v"}])
def test_a_clone_without_a_usable_id_is_unknown_and_not_sent_again(server, made):
    server.will_send(200, made)

    with server.connect() as adapter, pytest.raises(errors.OutcomeUnknown):
        adapter.clone(make_params(progress=UPLOADED))


@pytest.mark.parametrize(
    ("fixture", "kind", "words"),
    [
        ("error_wrong_key", errors.CredentialRejected, "Incorrect API key"),
        ("error_forbidden", errors.PermissionMissing, "has no permission"),
        ("error_credit", errors.OutOfCredit, "out of credit: The account balance"),
        ("error_sample", errors.RequestRejected, "between 5s and 10s"),
        ("error_model", errors.RequestRejected, "not supported"),
        (
            "error_moderation",
            errors.RequestRejected,
            "moderation blocked it (The content was",
        ),
        ("error_address", errors.RequestRejected, "path was not found"),
        ("error_rate", errors.TryLater, "slow down"),
        ("error_server", errors.OutcomeUnknown, "500"),
        ("error_overloaded", errors.OutcomeUnknown, "503"),
    ],
)
def test_each_documented_error_of_the_second_step_is_classified(server, fixture, kind, words):
    server.will_answer(fixture)

    with server.connect() as adapter, pytest.raises(errors.ProviderError) as caught:
        adapter.clone(make_params(progress=UPLOADED))

    assert type(caught.value) is kind
    assert words in caught.value.message
    assert caught.value.status == load_fixture(SLUG, fixture)["status"]


def test_an_error_keeps_its_type(server):
    server.will_answer("error_moderation")

    with server.connect() as adapter, pytest.raises(errors.RequestRejected) as caught:
        adapter.clone(make_params())

    assert caught.value.code == "censorship_block"


@pytest.mark.parametrize(
    "error", [None, 7, "", "no", {}, [], {"type": "x"}, {"message": 5}, {"message": " "}]
)
def test_an_error_of_unknown_shape_is_a_rejection_without_a_reason(server, error):
    server.will_send(400, {"error": error})

    with server.connect() as adapter, pytest.raises(errors.RequestRejected, match="400"):
        list(adapter.voices())


def test_find_by_progress_searches_all_clones_and_returns_the_oldest_first(server):
    server.will_answer("clones_page_1").will_answer("clones_page_2")

    with server.connect() as adapter:
        found = adapter.find_by_progress({"file_id": "file-FmBrMBqicC"})

    assert [voice.remote_id for voice in found] == ["voice-tone-Gn31", "voice-tone-FmBrMBqicC"]
    assert server.paths() == ["GET /v1/audio/voices"] * 2


def test_find_by_progress_matches_numeric_file_ids_and_sorts_undated_last(server):
    server.will_send(
        200,
        {
            "data": [
                clone("undated", 90412, None),
                clone("dated", "90412", 1742374400),
                clone("longer", 904120, 1742374400),
                clone("none", None, 1742374400),
            ],
            "has_more": False,
        },
    )

    with server.connect() as adapter:
        found = adapter.find_by_progress({"file_id": "90412"})

    assert [voice.remote_id for voice in found] == ["dated", "undated"]


@pytest.mark.parametrize("progress", [{}, {"file_id": ""}])
def test_without_a_stored_file_id_nothing_is_found(server, progress):
    with server.connect() as adapter:
        assert adapter.find_by_progress(progress) == []


def test_a_lost_file_is_found_by_the_marker_in_its_name(server):
    mine = {"id": "file-FmBrMBqicC", "filename": NAME}
    server.will_send(200, {"data": [{"id": "file-1", "filename": "anna.wav"}, mine]})
    server.will_answer("clones_page_1").will_answer("clones_page_2")

    with server.connect() as adapter:
        found = adapter.find_by_progress({"marker": MARKER})

    assert [voice.remote_id for voice in found] == ["voice-tone-Gn31", "voice-tone-FmBrMBqicC"]
    assert server.paths() == ["GET /v1/files", *["GET /v1/audio/voices"] * 2]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"data": [{"filename": NAME}]},
        {"data": ["file-1"]},
        {"data": [], "has_more": True},
    ],
)
def test_an_incomplete_list_of_files_raises_try_later(server, answer):
    server.will_send(200, answer)

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.find_by_progress({"marker": MARKER})


def test_find_by_progress_raises_if_a_page_fails(server):
    server.will_answer("clones_page_1").will_answer("error_overloaded")

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.find_by_progress({"file_id": "file-FmBrMBqicC"})


def test_voice_searches_both_lists(server):
    server.will_answer("clones_documented")
    server.will_answer("clones_documented").will_answer("system_voices")

    with server.connect() as adapter:
        own = adapter.voice("voice-tone-FmBrMBqicC")
        built_in = adapter.voice("cixingnansheng")

    assert own.is_owned
    assert built_in.name == "磁性男声"


@pytest.mark.parametrize("remote_id", ["voice-tone-none", "", ".", "\ud800"])
def test_a_voice_in_neither_list_is_not_found(server, remote_id):
    server.will_answer("clones_documented").will_answer("system_voices")

    with server.connect() as adapter, pytest.raises(errors.NotFound):
        adapter.voice(remote_id)


def test_a_listed_voice_is_ready(server):
    server.will_answer("clones_documented")

    with server.connect() as adapter:
        assert adapter.is_ready("voice-tone-FmBrMBqicC")


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("delete", ("v1",)),
        ("rename", ("v1", "Anna")),
        ("preview", ("v1",)),
        ("slots", ()),
        ("find_marked", (MARKER,)),
    ],
)
def test_calls_that_stepfun_does_not_offer_raise_unsupported(server, verb, arguments):
    with server.connect() as adapter, pytest.raises(errors.Unsupported, match="StepFun can't"):
        getattr(adapter, verb)(*arguments)


def test_the_provider_info_says_that_voices_cannot_be_deleted(server):
    with server.connect() as adapter:
        assert not adapter.info.can_delete
        assert "can't delete voices" in adapter.info.delete_note
        assert "hide" in adapter.info.delete_note


def test_a_clone_can_be_previewed_before_it_is_created(server):
    server.will_answer("file").will_send(200, {"sample_text": "Hi.", "sample_audio": "UklGRg=="})
    kept: list[object] = []

    with server.connect() as adapter:
        clip = adapter.preview_clone(make_params(keep_progress=kept.append), "Hi.")

    assert (clip.content, clip.content_type) == (b"RIFF", "audio/wav")
    assert server.paths() == ["POST /v1/files", "POST /v1/audio/voices/preview"]
    assert kept == [UPLOADED]
    assert json.loads(server.requests[1].content) == {
        "model": "stepaudio-2.5-tts",
        "file_id": "file-Kx81",
        "sample_text": "Hi.",
    }


@pytest.mark.parametrize("body", [{}, {"sample_audio": ""}, {"sample_audio": "?"}])
def test_a_clone_preview_without_audio_may_have_been_charged(server, body):
    server.will_send(200, body)

    with server.connect() as adapter, pytest.raises(errors.OutcomeUnknown):
        adapter.preview_clone(make_params(progress=UPLOADED), "Hi.")
