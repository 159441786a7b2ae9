"""What a Telnyx key can do, and the documented errors of Telnyx."""

import pytest

from catalog.providers import errors
from catalog.providers.types import CloneParams, PermissionState, SampleFile
from tests.providers.conftest import KEY, FakeServer, load_fixture, read_form

SLUG = "telnyx"
ANNA = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
PARAMS = CloneParams("Anna", (SampleFile("a.wav", "audio/wav", b"RIFF"),), "vb1:5eb0a7c1:0f8fad5b")


def will_check(
    server: FakeServer, writing: str = "error_fields", balance: str = "balance"
) -> FakeServer:
    return server.will_answer("clones_none").will_answer(writing).will_answer(balance)


def test_check_of_a_good_key_allows_everything(server):
    will_check(server)

    with server.connect() as adapter:
        found = adapter.check()

    assert found.account_ref == ""
    assert {found.can_list, found.can_preview, found.can_clone, found.can_delete} == {
        PermissionState.YES
    }
    assert (found.problem, found.missing_permissions, found.is_out_of_credit) == ("", (), False)
    assert server.paths() == [
        "GET /v2/voice_clones",
        "POST /v2/voice_clones/from_upload",
        "GET /v2/balance",
    ]
    assert dict(server.requests[0].url.params) == {"page[size]": "1"}


def test_check_cannot_create_a_voice_by_accident(server):
    will_check(server)

    with server.connect() as adapter:
        adapter.check()

    assert read_form(server.requests[1]) == []


def test_check_without_write_permission_forbids_cloning_and_deleting(server):
    will_check(server, writing="error_not_allowed")

    with server.connect() as adapter:
        found = adapter.check()

    assert (found.can_list, found.can_clone, found.can_delete) == (
        PermissionState.YES,
        PermissionState.NO,
        PermissionState.NO,
    )
    assert found.missing_permissions == ("write",)
    assert "can't create, change, or delete voices" in found.problem


@pytest.mark.parametrize("writing", ["error_server", "error_rate", "error_not_verified"])
def test_an_unclear_response_to_the_write_probe_leaves_permissions_unknown(server, writing):
    will_check(server, writing=writing)

    with server.connect() as adapter:
        found = adapter.check()

    assert (found.can_clone, found.can_delete) == (PermissionState.UNKNOWN, PermissionState.UNKNOWN)


def test_check_reports_an_account_without_credit(server):
    will_check(server, balance="balance_empty")

    with server.connect() as adapter:
        found = adapter.check()

    assert found.is_out_of_credit
    assert found.can_clone is PermissionState.YES
    assert found.problem == "The account at Telnyx is out of credit."


def test_a_credit_error_from_the_write_probe_reports_an_empty_account(server):
    server.will_answer("clones_none").will_answer("error_credit")

    with server.connect() as adapter:
        found = adapter.check()

    assert found.is_out_of_credit
    assert (
        found.problem == "The account at Telnyx is out of credit: The account balance is too low."
    )


@pytest.mark.parametrize("fixture", ["error_address", "error_not_allowed", "error_server"])
def test_an_unavailable_balance_is_not_a_problem(server, fixture):
    will_check(server, balance=fixture)

    with server.connect() as adapter:
        found = adapter.check()

    assert (found.is_out_of_credit, found.problem) == (False, "")
    assert found.can_clone is PermissionState.UNKNOWN


@pytest.mark.parametrize("credit", [None, "", "much", 5, {}])
def test_an_unreadable_balance_is_not_a_problem(server, credit):
    server.will_answer("clones_none").will_answer("error_fields")
    server.will_answer("balance", data={"available_credit": credit})

    with server.connect() as adapter:
        assert not adapter.check().is_out_of_credit


@pytest.mark.parametrize(
    ("fixture", "kind", "words"),
    [
        ("error_wrong_key", errors.CredentialRejected, "authentication headers"),
        ("error_not_allowed", errors.PermissionMissing, "do not have permission"),
        ("error_not_verified", errors.RequestRejected, "has to be verified"),
        ("error_gone", errors.NotFound, "Clone not found"),
        ("error_duplicate", errors.RequestRejected, "provider_voice_id: provider_voice_id has"),
        ("error_unreadable", errors.RequestRejected, "Failed to process audio file"),
        ("error_short", errors.RequestRejected, "too short"),
        ("error_fields", errors.RequestRejected, "audio_file: audio_file is required; name: can't"),
        ("error_map", errors.RequestRejected, "text: can't be blank; voice: is invalid"),
        ("error_credit", errors.OutOfCredit, "balance is too low"),
        ("error_rate", errors.TryLater, "slow down"),
        ("error_server", errors.OutcomeUnknown, "500"),
    ],
)
def test_each_documented_error_of_a_clone_is_classified(server, fixture, kind, words):
    server.will_answer(fixture)

    with server.connect() as adapter, pytest.raises(errors.ProviderError) as caught:
        adapter.clone(PARAMS)

    assert type(caught.value) is kind
    assert words in caught.value.message
    assert caught.value.status == load_fixture(SLUG, fixture)["status"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("10009", errors.CredentialRejected),
        ("10010", errors.PermissionMissing),
        (10009, errors.CredentialRejected),
    ],
)
def test_the_error_code_takes_precedence_over_the_status(server, code, kind):
    server.will_send(400, {"errors": [{"code": code, "title": "No"}]})

    with server.connect() as adapter, pytest.raises(errors.ProviderError) as caught:
        adapter.delete(ANNA)

    assert type(caught.value) is kind


def test_a_rate_limit_says_in_seconds_when_to_retry(server):
    server.will_answer("error_rate")

    with server.connect() as adapter, pytest.raises(errors.TryLater) as caught:
        adapter.delete(ANNA)

    assert caught.value.retry_after == 23


def test_an_error_keeps_its_code(server):
    server.will_answer("error_gone")

    with server.connect() as adapter, pytest.raises(errors.NotFound) as caught:
        adapter.delete(ANNA)

    assert caught.value.code == "10005"


def test_an_unknown_address_does_not_mean_a_missing_clone(server):
    server.will_answer("error_address")

    with server.connect() as adapter, pytest.raises(errors.RequestRejected) as caught:
        adapter.delete(ANNA)

    assert not isinstance(caught.value, errors.NotFound)


@pytest.mark.parametrize(
    "listed_errors",
    [None, 7, "", "gone", [], {}, [7], [None], [[]], [{}], [{"code": 5}], {"a": []}, {"a": "b"},
     {"a": [7]}, [{"title": []}]],
)  # fmt: skip
def test_an_error_of_unknown_shape_is_a_rejection_without_a_reason(server, listed_errors):
    server.will_send(404, {"errors": listed_errors})

    with server.connect() as adapter, pytest.raises(errors.RequestRejected, match="404") as caught:
        adapter.delete(ANNA)

    assert not isinstance(caught.value, errors.NotFound)


def test_an_error_with_the_key_in_a_field_does_not_show_it(server):
    server.will_send(422, {"errors": {f"x{KEY}": [f"bad {KEY}"]}})

    with server.connect() as adapter, pytest.raises(errors.RequestRejected) as caught:
        adapter.clone(PARAMS)

    assert KEY not in caught.value.message
