"""Parsing Noiz voices, and the documented requests for them."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.providers import errors
from catalog.providers.adapters.noiz.voices import read_voice
from catalog.providers.types import Kind, PermissionState, RemoteVoice, VoiceState
from tests.providers.anything import JSON
from tests.providers.conftest import KEY, FakeServer, list_ids, load_fixture

SLUG = "noiz"
FIELDS = sorted({*load_fixture(SLUG, "voice")["body"]["data"], "delete_time"} - {"voice_id"})


def voice_with(**changes: Any) -> dict[str, Any]:
    return {**load_fixture(SLUG, "voice")["body"]["data"], **changes}


def odd_voice(odd: dict[str, Any]) -> dict[str, Any]:
    return voice_with(**odd)


def page_of(*voices: Any, total: Any = None) -> dict[str, Any]:
    count = {"total_count": len(voices) if total is None else total}
    return {"code": 0, "message": "success", "data": {**count, "voices": list(voices)}}


def row(number: int) -> dict[str, Any]:
    return voice_with(voice_id=f"v{number}", display_name=f"Voice {number}")


def rows(first: int, last: int) -> list[dict[str, Any]]:
    return [row(number) for number in range(first, last)]


def asked_skips(server: FakeServer) -> list[tuple[str, str]]:
    return [
        (request.url.params["skip"], request.url.params["limit"]) for request in server.requests
    ]


def test_voices_requests_own_and_built_in_voices(server):
    server.will_answer("voices_custom").will_answer("voices_built_in")

    with server.connect() as adapter:
        found = list(adapter.voices())

    assert [voice.name for voice in found] == [
        "Anna",
        "Ben, old take",
        "故事讲述者（子轩）",
        "Storyteller",
        "ナレーター",
    ]
    own, built_in = server.requests
    assert own.url.path == built_in.url.path == "/v1/voices"
    assert dict(own.url.params) == {"voice_type": "custom", "skip": "0", "limit": "100"}
    assert dict(built_in.url.params) == {"voice_type": "built-in", "skip": "0", "limit": "100"}
    assert own.headers["authorization"] == KEY


def test_voices_translates_labels_kinds_and_states(server):
    server.will_answer("voices_custom").will_answer("voices_built_in")

    with server.connect() as adapter:
        anna, ben, zixuan, teller, narrator = adapter.voices()

    assert (anna.kind, anna.is_owned, anna.state) == (Kind.CLONE, True, VoiceState.READY)
    assert anna.created_at == datetime(2025, 11, 1, 12, 26, 40, tzinfo=UTC)
    assert anna.preview_url.endswith("/voices/a1b2c3d4.wav")
    assert anna.details == {"number": 4101, "sample_text": "Good morning, this is Anna."}
    assert (anna.gender, anna.age, anna.languages) == ("", "", ())
    assert ben.state is VoiceState.GONE
    assert ben.details["deleted_at"] == "2025-11-01T12:35:00+00:00"
    assert (zixuan.kind, zixuan.is_owned) == (Kind.LIBRARY, False)
    assert (zixuan.gender, zixuan.age, zixuan.languages) == ("male", "young", ("zh",))
    assert zixuan.description == "中文，青年，男，磁性，舒缓"
    assert zixuan.raw == {"gender": "男", "age": "青年", "language": "中文", "kind": "built-in"}
    assert (teller.gender, teller.age, teller.languages) == ("male", "young", ("en",))
    assert (narrator.gender, narrator.languages, narrator.raw) == ("", (), {"kind": "built-in"})
    assert narrator.description == "whispering, soft"
    assert narrator.created_at is None
    assert {voice.problem for voice in (anna, ben, zixuan, teller, narrator)} == {""}


def test_a_keyword_is_sent_with_both_lists(server):
    server.will_send(200, page_of()).will_send(200, page_of())

    with server.connect() as adapter:
        assert list(adapter.voices(keyword="温柔 & warm")) == []

    assert [request.url.params["keyword"] for request in server.requests] == ["温柔 & warm"] * 2


def test_pagination_works_if_skip_counts_pages(server):
    server.will_send(200, page_of(*rows(0, 4), total=10))
    server.will_send(200, page_of(*rows(4, 8), total=10))
    server.will_send(200, page_of(*rows(8, 10), total=10))
    server.will_send(200, page_of())

    assert list_ids(server) == [f"v{number}" for number in range(10)]
    assert asked_skips(server)[:3] == [("0", "100"), ("1", "4"), ("2", "4")]


def test_pagination_works_if_skip_counts_rows(server):
    server.will_send(200, page_of(*rows(0, 4), total=10))
    server.will_send(200, page_of(*rows(1, 5), total=10))
    server.will_send(200, page_of(*rows(4, 8), total=10))
    server.will_send(200, page_of(*rows(8, 10), total=10))
    server.will_send(200, page_of())

    assert list_ids(server) == [f"v{number}" for number in range(10)]
    assert asked_skips(server)[:4] == [("0", "100"), ("1", "4"), ("4", "4"), ("8", "4")]


def test_an_empty_page_ends_the_list_regardless_of_the_count(server):
    server.will_send(200, page_of(row(1), total=7)).will_send(200, page_of(total=7))
    server.will_send(200, page_of())

    assert list_ids(server) == ["v1"]


def test_a_server_that_repeats_its_first_page_raises_an_error(server):
    for _ in range(2):
        server.will_send(200, page_of(*rows(0, 3), total=9))

    with pytest.raises(errors.TryLater, match="end"):
        list_ids(server)


def test_a_voice_in_both_lists_is_returned_once(server):
    server.will_send(200, page_of(row(1))).will_send(200, page_of(row(1), row(2)))

    assert list_ids(server) == ["v1", "v2"]


def test_a_failing_second_page_is_not_the_end_of_the_list(server):
    server.will_send(200, page_of(row(1), total=7)).will_answer("error_server")

    with pytest.raises(errors.TryLater):
        list_ids(server)


@pytest.mark.parametrize(
    "data", [[], {"voices": {}}, {"voices": "none"}, "voices", {"voices": None, "total_count": 3}]
)
def test_a_page_without_a_list_is_not_an_empty_page(server, data):
    server.will_send(200, {"code": 0, "data": data})

    with pytest.raises(errors.TryLater):
        list_ids(server)


@pytest.mark.parametrize(
    "item", [None, 7, "voice", [], {}, {"voice_id": None}, {"voice_id": ""}, {"voice_id": 5},
             {"voice_id": "a\nb"}, {"voice_id": "x" * 201}, {"id": 4}]
)  # fmt: skip
def test_entries_without_a_usable_id_are_skipped(server, item):
    server.will_send(200, page_of(item, row(1))).will_send(200, page_of())

    assert list_ids(server) == ["v1"]


def test_voice_requests_a_single_voice(server):
    server.will_answer("voice")

    with server.connect() as adapter:
        voice = adapter.voice("a1b2c3d4")

    assert server.paths() == ["GET /v1/voices/a1b2c3d4"]
    assert (voice.name, voice.kind, voice.is_owned) == ("Anna", Kind.CLONE, True)


@pytest.mark.parametrize("data", [None, {}, [], "voice", {"voice_id": 7}])
def test_a_response_that_is_not_a_voice_raises_try_later(server, data):
    server.will_send(200, {"code": 0, "data": data})

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.voice("a1b2c3d4")


def test_a_deleted_voice_is_not_ready(server):
    server.will_answer("voice").will_send(200, {"code": 0, "data": voice_with(delete_time=1)})

    with server.connect() as adapter:
        assert adapter.is_ready("a1b2c3d4")
        assert not adapter.is_ready("a1b2c3d4")


@pytest.mark.parametrize(
    ("stamp", "state"),
    [
        (1738664823, VoiceState.GONE),
        (1738664823000, VoiceState.GONE),
        ("2025-02-04", VoiceState.GONE),
        (0, VoiceState.READY),
        (None, VoiceState.READY),
        ("", VoiceState.READY),
    ],
)
def test_a_deletion_time_marks_a_voice_as_gone_even_if_it_cannot_be_parsed(stamp, state):
    assert read_voice(voice_with(delete_time=stamp)).state is state


def test_a_voice_without_a_type_gets_the_type_of_its_list():
    bare = voice_with(voice_type=None)

    assert read_voice(bare, "built-in").kind is Kind.LIBRARY
    assert read_voice(bare, "custom").is_owned
    assert read_voice(bare).kind is Kind.UNKNOWN
    assert read_voice(voice_with(voice_type="designed"), "custom").kind is Kind.UNKNOWN


def test_unreadable_fields_are_reported_and_the_rest_is_kept():
    voice = read_voice(voice_with(labels={"gender": "female"}, create_time="today", display_name=8))

    assert voice.name == voice.remote_id == "a1b2c3d4"
    assert voice.problem == "display_name, labels."
    assert voice.preview_url


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_a_voice_with_any_values_can_be_shown_and_stored(odd):
    voice = read_voice(voice_with(**odd), "custom")

    assert isinstance(voice, RemoteVoice)
    assert len(voice.name) <= 300
    assert voice.preview_url == "" or voice.preview_url.startswith("http")
    assert json.dumps([dict(voice.raw), dict(voice.details), voice.description], allow_nan=False)


@given(
    code=st.just(0) | JSON,
    total=st.integers(0, 3) | JSON,
    listed=JSON | st.lists(JSON | st.dictionaries(st.sampled_from(FIELDS), JSON).map(odd_voice)),
)
def test_any_page_gives_voices_or_a_provider_error(code, total, listed):
    server = FakeServer(SLUG)
    server.will_send(200, {"code": code, "data": {"total_count": total, "voices": listed}})
    for _ in range(4):
        server.will_send(200, page_of())
    found: list[RemoteVoice] = []

    with server.connect() as adapter, contextlib.suppress(errors.ProviderError):
        found.extend(adapter.voices())

    assert {voice.remote_id for voice in found} <= {"a1b2c3d4"}


def test_a_name_of_a_megabyte_is_cut():
    voice = read_voice(voice_with(display_name="ن" * 1_000_000, labels="x," * 500_000))

    assert len(voice.name) == 300
    assert len(voice.description) <= 500
    assert "display_name" in voice.problem


def test_check_of_a_good_key_leaves_cloning_and_deleting_unknown(server):
    server.will_answer("voices_custom")

    with server.connect() as adapter:
        found = adapter.check()

    assert (found.can_list, found.can_preview) == (PermissionState.YES, PermissionState.YES)
    assert (found.can_clone, found.can_delete) == (PermissionState.UNKNOWN, PermissionState.UNKNOWN)
    assert (found.account_ref, found.problem, found.is_out_of_credit) == ("", "", False)
    assert server.requests[0].url.params["limit"] == "1"


@pytest.mark.parametrize("fixture", ["error_credit", "error_credit_inside_success"])
def test_check_reports_an_account_without_credit(server, fixture):
    server.will_answer(fixture)

    with server.connect() as adapter:
        found = adapter.check()

    assert found.is_out_of_credit
    assert "out of credit" in found.problem
    assert found.can_list is PermissionState.UNKNOWN
