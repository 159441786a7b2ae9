"""Parsing StepFun voices, and the documented requests for them."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.providers import errors
from catalog.providers.adapters.stepfun import read_built_in, read_clone
from catalog.providers.types import Kind, PermissionState, RemoteVoice, VoiceState
from tests.providers.anything import JSON
from tests.providers.conftest import KEY, FakeServer, list_ids

SLUG = "stepfun"
DETAILS = ["voice-name", "voice-description", "recommended_scene"]
CLONE = st.fixed_dictionaries(
    {"id": st.just("voice-tone-1") | JSON}, optional={"file_id": JSON, "created_at": JSON}
)


def clone(remote_id: Any, file_id: Any = "file-1", created: Any = 1742374363) -> dict[str, Any]:
    return {"id": remote_id, "file_id": file_id, "created_at": created}


def page_of(*clones: Any, **changes: Any) -> dict[str, Any]:
    return {"object": "list", "data": list(clones), "has_more": False, **changes}


def system_voices(**details: Any) -> dict[str, Any]:
    return {"voices": list(details), "voices-details": details}


def test_voices_follows_the_cursor_and_adds_the_built_in_voices(server):
    server.will_answer("clones_page_1").will_answer("clones_page_2").will_answer("system_voices")

    with server.connect() as adapter:
        found = list(adapter.voices())

    assert [voice.remote_id for voice in found] == [
        "voice-tone-FmBrMBqicC",
        "71033",
        "voice-tone-Gn31",
        "cixingnansheng",
        "yingwennvsheng",
        "lively-girl",
        "elegantgentle-female",
        "everyone",
    ]
    first, second, built_in = server.requests
    assert first.url.path == second.url.path == "/v1/audio/voices"
    assert dict(first.url.params) == {"limit": "100", "order": "asc"}
    assert dict(second.url.params) == {"limit": "100", "order": "asc", "after": "71033"}
    assert built_in.url.path == "/v1/audio/system_voices"
    assert dict(built_in.url.params) == {"model": "step-tts-2"}
    assert first.headers["authorization"] == f"Bearer {KEY}"


def test_the_documented_clone_is_parsed(server):
    server.will_answer("clones_documented").will_send(200, system_voices())

    with server.connect() as adapter:
        [voice] = adapter.voices()

    assert voice.remote_id == "voice-tone-FmBrMBqicC"
    assert voice.name == "Clone FmBrMBqicC, 2025-03-19"
    assert (voice.kind, voice.is_owned, voice.state) == (Kind.CLONE, True, VoiceState.READY)
    assert voice.created_at == datetime(2025, 3, 19, 8, 52, 43, tzinfo=UTC)
    assert voice.details == {"file_id": "file-FmBrMBqicC"}
    assert (voice.gender, voice.languages, voice.preview_url, voice.problem) == ("", (), "", "")


def test_labels_of_built_in_voices_are_read_from_unambiguous_text(server):
    server.will_answer("no_clones").will_answer("system_voices")

    with server.connect() as adapter:
        magnetic, english, lively, elegant, everyone = adapter.voices()

    assert (magnetic.name, magnetic.kind) == ("磁性男声", Kind.LIBRARY)
    assert (magnetic.gender, magnetic.languages) == ("male", ())
    assert magnetic.description == "男声，低沉磁性，富有故事感"
    assert magnetic.use_cases == ("有声书", "纪录片")
    assert magnetic.raw == {"gender": "男", "use_case": "有声书、纪录片"}
    assert not magnetic.is_owned
    assert (english.gender, english.age, english.languages) == ("female", "young", ("en",))
    assert english.raw["language"] == "英文"
    assert (lively.name, lively.gender, lively.use_cases) == ("Lively girl", "female", ())
    assert (elegant.name, elegant.gender, elegant.raw) == ("Elegantgentle female", "", {})
    assert (everyone.name, everyone.gender) == ("大家", "")


@pytest.mark.parametrize(
    ("item", "name"),
    [
        (clone("voice-tone-A1", created=None), "Clone A1"),
        (clone(42, created=None), "Clone 42"),
        (clone("voice-tone-", created=None), "Clone voice-tone-"),
        (clone("x", created="soon"), "Clone x"),
    ],
)
def test_a_clone_gets_a_readable_name(item, name):
    assert read_clone(item).name == name


@pytest.mark.parametrize("remote_id", ["-", "__"])
def test_a_built_in_voice_with_an_unreadable_id_is_named_by_it(remote_id):
    assert read_built_in(remote_id, None).name == remote_id


def test_unreadable_fields_are_reported_and_the_rest_is_kept():
    odd_clone = read_clone(clone("v1", file_id=["f"], created=-1))
    odd_voice = read_built_in("v2", {"voice-name": 7, "voice-description": "女"})
    no_details = read_built_in("v3", "none")

    assert odd_clone.problem == "file_id."
    assert odd_voice.problem == "details.voice-name."
    assert odd_voice.gender == "female"
    assert no_details.problem == "details."


@given(CLONE)
def test_a_clone_with_any_values_can_be_shown_and_stored(odd):
    voice = read_clone(odd)

    assert isinstance(voice, RemoteVoice)
    assert json.dumps([voice.name, dict(voice.raw), dict(voice.details)], allow_nan=False)


@given(st.text(min_size=1, max_size=200), st.dictionaries(st.sampled_from(DETAILS), JSON) | JSON)
def test_a_built_in_voice_with_any_values_can_be_shown_and_stored(remote_id, odd):
    voice = read_built_in(remote_id, odd)

    assert voice.name
    assert len(voice.name) <= 300
    assert voice.gender in {"", "male", "female", "neutral"}
    assert json.dumps([dict(voice.raw), voice.description, voice.use_cases], allow_nan=False)


@given(
    listed=JSON | st.lists(CLONE | JSON, max_size=3),
    more=st.booleans() | JSON,
    last=JSON,
    built_in=JSON | st.lists(st.text(max_size=9) | JSON, max_size=3),
    details=JSON | st.dictionaries(st.text(max_size=9), JSON),
)
def test_any_lists_give_voices_or_a_provider_error(listed, more, last, built_in, details):
    server = FakeServer(SLUG)
    server.will_send(200, {"data": listed, "has_more": more, "last_id": last})
    for _ in range(2):
        server.will_send(200, {"data": [], "voices": built_in, "voices-details": details})
    found: list[RemoteVoice] = []

    with server.connect() as adapter, contextlib.suppress(errors.ProviderError):
        found.extend(adapter.voices())

    assert all(voice.remote_id and voice.name for voice in found)


def test_text_of_a_megabyte_is_cut():
    huge = "女" * 1_000_000
    voice = read_built_in("v1", {"voice-name": huge, "voice-description": huge})

    assert len(voice.name) == 300
    assert len(voice.description) == 5000
    assert "voice-name" in voice.problem


def test_clones_are_listed_if_stepfun_offers_no_built_in_voices(server):
    server.will_answer("clones_documented").will_answer("error_address")

    with server.connect() as adapter:
        [voice] = adapter.voices()

    assert voice.is_owned


def test_a_proxy_s_404_for_built_in_voices_is_a_gap(server):
    server.will_answer("clones_documented").will_send(404, {"detail": "Not Found"})

    with server.connect() as adapter:
        assert len(list(adapter.voices())) == 1
        assert adapter.gaps


@pytest.mark.parametrize("has_more", [False, None])
def test_the_list_ends_when_the_provider_says_so(server, has_more):
    server.will_send(200, page_of(has_more=has_more)).will_send(200, system_voices())

    assert list_ids(server) == []


def test_without_has_more_the_list_continues_until_a_page_is_empty(server):
    server.will_send(200, {"data": [clone("v1")]}).will_send(200, {"data": []})
    server.will_send(200, system_voices())

    assert list_ids(server) == ["v1"]
    assert server.requests[1].url.params["after"] == "v1"


def test_without_a_last_id_the_cursor_is_the_last_voice_of_the_page(server):
    server.will_send(200, page_of(clone("v1"), clone(2), has_more=True))
    server.will_send(200, page_of(clone("v3"))).will_send(200, system_voices())

    assert list_ids(server) == ["v1", "2", "v3"]
    assert server.requests[1].url.params["after"] == "2"


@pytest.mark.parametrize("last", [None, "", [], "\n"])
def test_more_pages_without_a_usable_cursor_raise_try_later(server, last):
    server.will_send(200, page_of(has_more=True, last_id=last))

    with pytest.raises(errors.TryLater, match="end"):
        list_ids(server)


def test_a_repeated_cursor_raises_an_error(server):
    for _ in range(2):
        server.will_send(200, page_of(clone("v1"), has_more=True, last_id="v1"))

    with pytest.raises(errors.TryLater, match="end"):
        list_ids(server)


@pytest.mark.parametrize("page", [{"data": {}}, {"data": "none"}, {"data": None, "has_more": True}])
def test_a_page_without_a_list_is_not_an_empty_page(server, page):
    server.will_send(200, page)

    with pytest.raises(errors.TryLater):
        list_ids(server)


DETAILS_ALONE = {"voices": None, "voices-details": {"cixingnansheng": {}}}


@pytest.mark.parametrize("answer", [{"voices": {}}, {"data": []}, DETAILS_ALONE])
def test_a_malformed_list_of_built_in_voices_is_a_gap(server, answer):
    server.will_answer("no_clones").will_send(200, answer)

    with server.connect() as adapter:
        assert list(adapter.voices()) == []
        assert adapter.gaps


def test_a_failing_list_of_built_in_voices_is_a_gap(server):
    server.will_answer("clones_documented").will_answer("error_overloaded")

    with server.connect() as adapter:
        assert len(list(adapter.voices())) == 1
        [gap] = adapter.gaps.values()
    assert "overloaded" in gap.message


@pytest.mark.parametrize("item", [None, 7, "v", [], {}, clone(None), clone(""), clone(True),
                                  clone(1.5), clone("a\nb"), clone("x" * 201)])  # fmt: skip
def test_entries_without_a_usable_id_are_skipped(server, item):
    server.will_send(200, page_of(item, clone("v1")))
    server.will_send(200, {"voices": [None, "", ["x"], "b1"], "voices-details": []})

    assert list_ids(server) == ["v1", "b1"]


def test_check_of_a_good_key_allows_listing_but_not_deleting(server):
    server.will_answer("no_clones").will_send(200, {"object": "account", "balance": 12.5})

    with server.connect() as adapter:
        found = adapter.check()

    assert (found.can_list, found.can_clone) == (PermissionState.YES, PermissionState.UNKNOWN)
    assert found.can_delete is PermissionState.NO
    assert (found.account_ref, found.problem, found.is_out_of_credit) == ("", "", False)
    assert dict(server.requests[0].url.params) == {"limit": "1"}


@pytest.mark.parametrize(
    ("account", "is_broke"),
    [
        ({"type": "prepaid", "balance": 0}, True),
        ({"type": "prepaid", "balance": -1.5, "total_voucher_balance": 0}, True),
        ({"type": "prepaid", "balance": "0.00", "total_voucher_balance": "0"}, True),
        ({"type": "Prepaid", "balance": 0, "total_cash_balance": 20.0}, True),
        ({"type": "prepaid", "balance": 0, "total_voucher_balance": None}, True),
        # Vouchers are left, in any notation.
        ({"type": "prepaid", "balance": 0, "total_voucher_balance": 12.5}, False),
        ({"type": "prepaid", "balance": -3, "total_voucher_balance": "12.50"}, False),
        ({"type": "prepaid", "balance": 0, "total_voucher_balance": ["12.5"]}, False),
        # Postpaid accounts can't run out.
        ({"type": "postpaid", "balance": 0}, False),
        ({"type": "postpaid", "balance": -250.75, "total_voucher_balance": 0}, False),
        # Anything unclear doesn't count as out of credit.
        ({"type": "hybrid", "balance": 0}, False),
        ({"type": None, "balance": 0}, False),
        ({"balance": 0}, False),
        ({"type": "prepaid"}, False),
        ({"type": "prepaid", "balance": None}, False),
        ({"type": "prepaid", "balance": ""}, False),
        ({"type": "prepaid", "balance": "none"}, False),
        ({"type": "prepaid", "balance": "-inf"}, False),
        ({"type": "prepaid", "balance": False}, False),
        ({"type": "prepaid", "balance": {"amount": 0}}, False),
        ({}, False),
    ],
)
def test_only_a_prepaid_account_without_balance_is_out_of_credit(server, account, is_broke):
    server.will_answer("no_clones").will_send(200, {"object": "account", **account})

    with server.connect() as adapter:
        found = adapter.check()

    assert found.is_out_of_credit is is_broke
    assert ("out of credit" in found.problem) is is_broke


def test_check_works_without_a_balance(server):
    server.will_answer("no_clones").will_answer("error_address")

    with server.connect() as adapter:
        found = adapter.check()

    assert (found.can_list, found.is_out_of_credit) == (PermissionState.YES, False)


def test_check_reports_an_account_without_credit(server):
    server.will_answer("error_credit")

    with server.connect() as adapter:
        found = adapter.check()

    assert found.is_out_of_credit
    assert "balance" in found.problem
    assert found.can_list is PermissionState.UNKNOWN
