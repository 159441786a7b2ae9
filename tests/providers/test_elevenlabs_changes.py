"""Cloning, changing, deleting, and previewing voices at ElevenLabs."""

import json
from typing import Any

import pytest

from catalog.providers import errors
from catalog.providers.types import (
    CloneParams,
    CloneResult,
    SampleFile,
)
from tests.providers.conftest import load_fixture, read_form

SLUG = "elevenlabs"
MARKER = "vb1:5eb0a7c1:0f8fad5bd9cb469fa16570867728950e"
SAMPLE = SampleFile("anna.wav", "audio/wav", b"RIFF....WAVE")
ANNA = "c10neAnna00000000001"


def voice_with(**changes: Any) -> dict[str, Any]:
    return {**load_fixture(SLUG, "clone_voice")["body"], **changes}


def test_clone_sends_the_documented_form(server):
    server.will_answer("clone")
    second = SampleFile('b"\r\n.mp3', "audio/mpeg", b"ID3")
    params = CloneParams(
        "Anna",
        (SAMPLE, second),
        MARKER,
        "Our narrator.",
        {"accent": "british"},
        True,
        language="en-GB",
        gender="female",
    )

    with server.connect() as adapter:
        result = adapter.clone(params)

    assert result == CloneResult("c38kUX8pkfYO2kHyqfFy", ready=True)
    assert server.paths() == ["POST /v1/voices/add"]
    parts = read_form(server.requests[0])
    assert [part.name for part in parts] == [
        "name",
        "description",
        "remove_background_noise",
        "labels",
        "files",
        "files",
    ]
    values = {part.name: part.content.decode() for part in parts if part.filename is None}
    assert values["name"] == "Anna"
    assert values["description"].replace("\r\n", "\n") == f"Our narrator.\n\n{MARKER}"
    assert values["remove_background_noise"] == "true"
    expected_labels = {"language": "en", "gender": "female", "accent": "british"}
    assert json.loads(values["labels"]) == expected_labels
    assert (parts[4].filename, parts[4].content_type) == ("anna.wav", "audio/wav")
    assert parts[4].content == SAMPLE.content


def test_a_long_description_is_cut_to_fit_the_marker(server):
    server.will_answer("clone")

    with server.connect() as adapter:
        adapter.clone(CloneParams("Anna", (SAMPLE,), MARKER, "word " * 200))

    description = next(
        part.content.decode()
        for part in read_form(server.requests[0])
        if part.name == "description"
    )
    assert description.endswith(f"\n{MARKER}")
    assert len(description.replace("\r\n", "\n")) <= adapter.info.marker_length


def test_a_lone_surrogate_in_a_name_is_replaced(server):
    server.will_answer("clone")

    with server.connect() as adapter:
        adapter.clone(CloneParams("Anna \ud83d", (SAMPLE,), MARKER))

    assert read_form(server.requests[0])[0].content == b"Anna ?"


def test_a_clone_that_requires_verification_is_not_ready(server):
    server.will_answer("clone_needs_verification")

    with server.connect() as adapter:
        result = adapter.clone(CloneParams("Anna", (SAMPLE,), MARKER))

    assert not result.ready
    assert "Verify" in result.note


@pytest.mark.parametrize("made", ["", None, 5, "a\x00b", "x" * 201, {"id": "v"}])
def test_a_clone_without_a_usable_id_is_unknown(server, made):
    server.will_send(200, {"voice_id": made, "requires_verification": False})

    with server.connect() as adapter, pytest.raises(errors.OutcomeUnknown):
        adapter.clone(CloneParams("Anna", (SAMPLE,), MARKER))


def test_find_marked_searches_all_pages_and_returns_the_oldest_first(server):
    def marked(remote_id: str, created: int | None, **changes: Any) -> dict[str, Any]:
        return voice_with(voice_id=remote_id, created_at_unix=created, **changes)

    other = f"{MARKER}0"
    server.will_send(
        200,
        {
            "voices": [
                marked("younger", 1762000300),
                marked("undated", None),
                marked("longer-marker", 1762000000, description=f"x {other}"),
                marked("glued", 1762000000, description=f"x{MARKER}"),
                marked("unmarked", 1762000000, description=None),
                marked("a colleague's copy", 1762000000, is_owner=False),
            ],
            "has_more": True,
            "next_page_token": "t",
        },
    )
    server.will_send(
        200,
        {
            "voices": [
                marked("older", 1762000100, is_owner=None),
                marked("in-labels", 1762000200, description="", labels={"note": MARKER}),
            ],
            "has_more": False,
        },
    )

    with server.connect() as adapter:
        found = adapter.find_marked(MARKER)

    assert [voice.remote_id for voice in found] == ["older", "in-labels", "younger", "undated"]
    assert "search" not in server.requests[0].url.params


def test_find_marked_raises_if_a_page_fails(server):
    server.will_answer("voices_page_1").will_answer("error_server")

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.find_marked(MARKER)


def test_rename_resends_the_description_and_the_labels(server):
    server.will_answer("clone_voice").will_answer("ok")

    with server.connect() as adapter:
        adapter.rename(ANNA, "Annette")

    assert server.paths() == [f"GET /v1/voices/{ANNA}", f"POST /v1/voices/{ANNA}/edit"]
    assert server.requests[1].headers["content-type"].startswith("multipart/form-data")
    values = {part.name: part.content.decode() for part in read_form(server.requests[1])}
    assert values["name"] == "Annette"
    assert values["description"].replace("\r\n", "\n") == f"Our narrator.\n\n{MARKER}"
    assert json.loads(values["labels"]) == voice_with()["labels"]


@pytest.mark.parametrize(("given", "sent"), [("Another.", f"Another.\n\n{MARKER}"), ("", MARKER)])
def test_a_changed_description_keeps_the_marker(server, given, sent):
    server.will_answer("clone_voice").will_answer("ok")

    with server.connect() as adapter:
        adapter.rename(ANNA, "Annette", given)

    values = {part.name: part.content.decode() for part in read_form(server.requests[1])}
    assert values["description"].replace("\r\n", "\n") == sent


def test_rename_omits_labels_that_would_be_rejected(server):
    server.will_send(200, voice_with(labels={"accent": None, "age": "old"})).will_answer("ok")

    with server.connect() as adapter:
        adapter.rename(ANNA, "Annette")

    values = {part.name: part.content.decode() for part in read_form(server.requests[1])}
    assert json.loads(values["labels"]) == {"age": "old"}


def test_relabel_keeps_the_name_and_the_other_labels(server):
    server.will_send(200, voice_with(labels={"age": "old", "accent": "irish"})).will_answer("ok")

    with server.connect() as adapter:
        adapter.relabel(ANNA, {"accent": "british", "gender": "female"})

    assert server.paths()[1] == f"POST /v1/voices/{ANNA}/edit"
    values = {part.name: part.content.decode() for part in read_form(server.requests[1])}
    assert values["name"] == voice_with()["name"]
    expected_labels = {"age": "old", "accent": "british", "gender": "female"}
    assert json.loads(values["labels"]) == expected_labels


def test_rename_of_a_bare_voice_sends_only_the_name(server):
    server.will_send(200, voice_with(description=None, labels=None)).will_answer("ok")

    with server.connect() as adapter:
        adapter.rename(ANNA, "Annette")

    assert [part.name for part in read_form(server.requests[1])] == ["name"]


def test_a_rename_whose_response_was_lost_can_be_repeated(server):
    server.will_answer("clone_voice").will_answer("error_server")

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.rename(ANNA, "Annette")


def test_delete_sends_one_request(server):
    server.will_answer("ok")

    with server.connect() as adapter:
        adapter.delete(ANNA)

    assert server.paths() == [f"DELETE /v1/voices/{ANNA}"]


def test_only_known_settings_are_returned(server):
    server.will_answer("settings", new=[1])
    server.will_answer("settings_default", style=None, new=[1], speed="x")

    with server.connect() as adapter:
        own, default = adapter.settings(ANNA), adapter.default_settings()

    assert own == load_fixture(SLUG, "settings")["body"]
    assert default == {"stability": 1, "similarity_boost": 1, "use_speaker_boost": True}
    assert server.paths() == [f"GET /v1/voices/{ANNA}/settings", "GET /v1/voices/settings/default"]


def test_edit_settings_resends_the_other_settings(server):
    server.will_answer("settings").will_answer("ok")

    with server.connect() as adapter:
        adapter.edit_settings(ANNA, {"speed": 0.7, "use_speaker_boost": True})

    assert server.paths()[1] == f"POST /v1/voices/{ANNA}/settings/edit"
    assert json.loads(server.requests[1].content) == {
        **load_fixture(SLUG, "settings")["body"],
        "speed": 0.7,
        "use_speaker_boost": True,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("speed", 0.69),
        ("speed", 1.21),
        ("speed", float("nan")),
        ("speed", True),
        ("speed", "1"),
        ("stability", -0.01),
        ("similarity_boost", 1.01),
        ("style", None),
        ("use_speaker_boost", 1),
        ("volume", 1),
    ],
)
def test_a_setting_out_of_range_is_not_sent(server, name, value):
    with server.connect() as adapter, pytest.raises(errors.RequestRejected):
        adapter.edit_settings(ANNA, {name: value})


def test_preview_of_a_sample_downloads_its_audio(server):
    server.will_send(200, b"ID3 sound", {"content-type": "audio/mpeg; x=y"})

    with server.connect() as adapter:
        clip = adapter.preview(ANNA, "", "s1")

    assert (clip.content, clip.content_type) == (b"ID3 sound", "audio/mpeg")
    assert server.paths() == [f"GET /v1/voices/{ANNA}/samples/s1/audio"]


def test_preview_uses_the_voice_s_first_sample_if_none_is_named(server):
    server.will_answer("clone_voice").will_send(200, b"ID3", {"content-type": "audio/mpeg"})

    with server.connect() as adapter:
        adapter.preview(ANNA)

    assert server.paths()[1] == f"GET /v1/voices/{ANNA}/samples/s4mp1eAnna0000000001/audio"


def test_preview_falls_back_to_the_sample_if_the_address_is_forbidden(server):
    server.will_send(200, b"ID3", {"content-type": "application/octet-stream"})

    with server.connect() as adapter:
        clip = adapter.preview(ANNA, "https://127.0.0.1/secret", "s1")

    assert clip.content == b"ID3"


def test_a_forbidden_preview_address_is_rejected(server):
    with server.connect() as adapter, pytest.raises(errors.RequestRejected, match="public"):
        adapter.preview(ANNA, "https://127.0.0.1/secret")


def test_a_voice_without_samples_has_no_preview(server):
    server.will_send(200, voice_with(samples=[]))

    with server.connect() as adapter, pytest.raises(errors.NotFound):
        adapter.preview(ANNA)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"{}", "application/json"), (b"", "audio/mpeg"), (b"<html>", "text/html")],
)
def test_a_response_that_is_not_audio_is_not_a_preview(server, content, kind):
    server.will_send(200, content, {"content-type": kind})

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.preview(ANNA, "", "s1")
