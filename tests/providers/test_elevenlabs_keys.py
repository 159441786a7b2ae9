"""What an ElevenLabs key can do, and its account's credit and slots."""

from typing import Any

import pytest

from catalog.providers.key_checks import Slots
from catalog.providers.types import (
    PermissionState,
    SampleFile,
)
from tests.providers.conftest import FakeServer, read_form

SLUG = "elevenlabs"
MARKER = "vb1:5eb0a7c1:0f8fad5bd9cb469fa16570867728950e"
SAMPLE = SampleFile("anna.wav", "audio/wav", b"RIFF....WAVE")
ANNA = "c10neAnna00000000001"


def test_slots_are_none_if_not_allowed_or_not_reported(server):
    server.will_answer("subscription").will_answer("error_no_user").will_send(200, {})

    with server.connect() as adapter:
        known, not_allowed, unknown = adapter.slots(), adapter.slots(), adapter.slots()

    assert known == Slots(3, 30)
    assert known.left == 27
    assert not_allowed is None
    assert unknown is None


def will_check(
    server: FakeServer,
    *,
    listing: str = "voices_documented",
    user: str = "user",
    writing: str = "error_fields",
    **subscription: Any,
) -> FakeServer:
    server.will_answer(listing).will_answer(user)
    if user == "user":
        server.will_answer("subscription", **subscription)
    else:
        server.will_answer(user)
    return server.will_answer(writing)


def test_check_of_a_good_key_allows_everything(server):
    will_check(server)

    with server.connect() as adapter:
        found = adapter.check()

    assert found.account_ref == "ws-1"
    assert found.account_label == "Ana (creator)"
    assert {found.can_list, found.can_preview, found.can_clone, found.can_delete} == {
        PermissionState.YES
    }
    assert (found.slots, found.problem, found.missing_permissions) == (Slots(3, 30), "", ())
    assert server.paths() == [
        "GET /v2/voices",
        "GET /v1/user",
        "GET /v1/user/subscription",
        "POST /v1/voices/add",
    ]


def test_check_cannot_create_a_voice_by_accident(server):
    will_check(server)

    with server.connect() as adapter:
        adapter.check()

    probe = server.requests[-1]
    assert probe.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert read_form(probe) == []
    assert b"name" not in probe.content


def test_check_without_write_permission_forbids_cloning_and_deleting(server):
    will_check(server, writing="error_no_write")

    with server.connect() as adapter:
        found = adapter.check()

    assert (found.can_list, found.can_clone, found.can_delete) == (
        PermissionState.YES,
        PermissionState.NO,
        PermissionState.NO,
    )
    assert found.missing_permissions == ("voices_write",)
    assert "voices_write" in found.problem


def test_check_without_list_permission_forbids_listing_and_previews(server):
    will_check(server, listing="error_no_list")

    with server.connect() as adapter:
        found = adapter.check()

    assert (found.can_list, found.can_preview) == (PermissionState.NO, PermissionState.NO)
    assert found.missing_permissions == ("voices_read",)
    assert "can't list voices" in found.problem


def test_check_of_a_key_that_cannot_read_the_account_allows_the_rest(server):
    will_check(server, user="error_no_user")

    with server.connect() as adapter:
        found = adapter.check()

    assert (found.can_list, found.can_clone) == (PermissionState.YES, PermissionState.YES)
    assert (found.account_ref, found.slots) == ("", None)
    assert found.missing_permissions == ("user_read",)


def test_check_identifies_the_account_by_the_user_if_there_is_no_workspace(server):
    server.will_answer("voices_documented").will_answer("user", workspace_id=None)
    server.will_answer("subscription").will_answer("error_fields")

    with server.connect() as adapter:
        assert adapter.check().account_ref == "u-1"


def test_check_reports_an_account_without_credit(server):
    will_check(server, character_count=100_000)

    with server.connect() as adapter:
        found = adapter.check()

    assert found.is_out_of_credit
    assert found.problem == "The account is out of credit: 100,000 of 100,000 are used."


@pytest.mark.parametrize("extension", ["unlimited", 1])
def test_an_account_with_usage_based_billing_is_not_out_of_credit(server, extension):
    will_check(server, character_count=100_000, max_credit_limit_extension=extension)

    with server.connect() as adapter:
        assert not adapter.check().is_out_of_credit


def test_check_reports_when_all_slots_and_changes_are_used(server):
    will_check(server, voice_slots_used=30, voice_add_edit_counter=95)

    with server.connect() as adapter:
        found = adapter.check()

    assert found.slots == Slots(30, 30)
    assert "All 30 voice slots are in use." in found.problem
    assert "All 95 voice changes in this billing period are used up." in found.problem


@pytest.mark.parametrize(
    ("writing", "subscription"),
    [("error_plan", {}), ("error_fields", {"can_use_instant_voice_cloning": False})],
)
def test_check_of_a_plan_without_cloning_allows_only_deleting(server, writing, subscription):
    will_check(server, writing=writing, **subscription)

    with server.connect() as adapter:
        found = adapter.check()

    assert (found.can_clone, found.can_delete) == (PermissionState.NO, PermissionState.YES)
    assert found.problem == "The account's plan doesn't include voice cloning."


@pytest.mark.parametrize(
    "writing", ["error_server", "error_rate", "error_address", "error_wrong_key", "ok"]
)
def test_an_unclear_response_to_the_write_probe_leaves_permissions_unknown(server, writing):
    will_check(server, writing=writing)

    with server.connect() as adapter:
        found = adapter.check()

    assert (found.can_clone, found.can_delete) == (PermissionState.UNKNOWN, PermissionState.UNKNOWN)


def test_check_reports_when_even_listing_fails_for_lack_of_credit(server):
    will_check(server, listing="error_quota")

    with server.connect() as adapter:
        found = adapter.check()

    assert found.is_out_of_credit
    assert found.can_list is PermissionState.UNKNOWN
    assert "out of credit" in found.problem
