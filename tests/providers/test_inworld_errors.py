"""What an Inworld key can do, and the documented errors of Inworld."""

import json
from typing import Any

import pytest

from catalog.providers import errors
from catalog.providers.types import CloneParams, PermissionState, SampleFile
from tests.providers.conftest import load_fixture

SLUG = "inworld"
ANNA = "ws-acme__anna"
PARAMS = CloneParams("Anna", (SampleFile("a.wav", "audio/wav", b"RIFF"),), "vb1:5eb0a7c1:0f8fad5b")


def voice_with(**changes: Any) -> dict[str, Any]:
    return {**load_fixture(SLUG, "voice")["body"], **changes}


def test_check_of_a_good_key_leaves_only_cloning_unknown(server):
    server.will_send(200, {"voices": [voice_with()], "totalSize": 3, "nextPageToken": "1-1"})
    server.will_answer("error_empty_clone")

    with server.connect() as adapter:
        found = adapter.check()

    assert (found.account_ref, found.account_label) == ("ws-acme", "ws-acme")
    assert {found.can_list, found.can_preview, found.can_delete} == {PermissionState.YES}
    # The key can write, but only an actual clone shows whether there is enough credit.
    assert found.can_clone is PermissionState.UNKNOWN
    assert (found.problem, found.missing_permissions, found.slots) == ("", (), None)
    listing, probe = server.requests
    assert dict(listing.url.params) == {"pageSize": "1", "filter": 'source != "SYSTEM"'}
    assert (probe.method, probe.url.path) == ("POST", "/voices/v1/voices:clone")
    assert json.loads(probe.content) == {}


def test_check_of_a_workspace_without_voices_has_no_account_reference(server):
    server.will_send(200, {"voices": [], "totalSize": 0, "nextPageToken": ""})
    server.will_answer("error_empty_clone")

    with server.connect() as adapter:
        assert adapter.check().account_ref == ""


def test_a_system_voice_does_not_identify_the_account(server):
    server.will_answer("voices_documented", voices=[voice_with(source="SYSTEM")])
    server.will_answer("error_empty_clone")

    with server.connect() as adapter:
        assert adapter.check().account_ref == ""


def test_check_of_a_read_only_key_forbids_cloning_and_deleting(server):
    server.will_answer("voices_documented").will_answer("error_no_write")

    with server.connect() as adapter:
        found = adapter.check()

    assert (found.can_list, found.can_preview) == (PermissionState.YES, PermissionState.YES)
    assert (found.can_clone, found.can_delete) == (PermissionState.NO, PermissionState.NO)
    assert found.missing_permissions == ("write",)
    assert "can't create, change, or delete voices" in found.problem


def test_check_without_read_permission_forbids_listing_and_previews(server):
    server.will_answer("error_no_read").will_answer("error_empty_clone")

    with server.connect() as adapter:
        found = adapter.check()

    assert (found.can_list, found.can_preview, found.can_clone) == (
        PermissionState.NO,
        PermissionState.NO,
        PermissionState.UNKNOWN,
    )
    assert found.missing_permissions == ("read",)
    assert "read permission" in found.problem


def test_check_reports_an_account_without_credit(server):
    server.will_answer("voices_documented").will_answer("error_credits")

    with server.connect() as adapter:
        found = adapter.check()

    assert found.is_out_of_credit
    assert found.can_clone is PermissionState.UNKNOWN
    assert "out of credit" in found.problem


@pytest.mark.parametrize("fixture", ["error_rate", "error_server", "error_address"])
def test_an_unclear_response_to_the_write_probe_leaves_permissions_unknown(server, fixture):
    server.will_answer("voices_documented").will_answer(fixture)

    with server.connect() as adapter:
        found = adapter.check()

    assert (found.can_clone, found.can_delete, found.problem) == (
        PermissionState.UNKNOWN,
        PermissionState.UNKNOWN,
        "",
    )


@pytest.mark.parametrize(
    ("fixture", "kind", "words"),
    [
        ("error_wrong_key", errors.CredentialRejected, "Invalid authorization"),
        ("error_no_write", errors.PermissionMissing, "write permission"),
        ("error_filter", errors.RequestRejected, "unknown filter field"),
        ("error_voice_gone", errors.NotFound, "ws-acme__anna"),
        ("error_training", errors.RequestRejected, "being trained"),
        ("error_credits", errors.OutOfCredit, "no credit left"),
        ("error_nested", errors.RequestRejected, "audio_data is not audio"),
        ("error_rate", errors.TryLater, "slow down"),
        ("error_server", errors.OutcomeUnknown, "500"),
        ("error_address", errors.RequestRejected, "404"),
    ],
)
def test_each_error_of_a_clone_is_classified(server, fixture, kind, words):
    server.will_answer(fixture)

    with server.connect() as adapter, pytest.raises(errors.ProviderError) as caught:
        adapter.clone(PARAMS)

    assert type(caught.value) is kind
    assert words in caught.value.message
    assert caught.value.status == load_fixture(SLUG, fixture)["status"]


def test_an_error_keeps_its_code(server):
    server.will_answer("error_voice_gone")

    with server.connect() as adapter, pytest.raises(errors.NotFound) as caught:
        adapter.delete(ANNA)

    assert caught.value.code == "5"


@pytest.mark.parametrize(
    "body", [{"code": "5"}, {"code": None}, {"error": "gone"}, {"error": {"code": []}}, {"code": 5}]
)
def test_an_error_of_unknown_shape_does_not_mean_a_missing_voice(server, body):
    server.will_send(404, body)

    with server.connect() as adapter, pytest.raises(errors.RequestRejected, match="404") as caught:
        adapter.delete(ANNA)

    assert not isinstance(caught.value, errors.NotFound)
