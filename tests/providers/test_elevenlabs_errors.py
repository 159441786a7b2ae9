"""The documented errors of ElevenLabs, and how each one is classified."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.providers import errors
from catalog.providers.adapters.elevenlabs.error_mapping import read_elevenlabs_refusal
from catalog.providers.types import (
    CloneParams,
    SampleFile,
)
from tests.providers.anything import ANYTHING
from tests.providers.conftest import load_fixture

SLUG = "elevenlabs"
MARKER = "vb1:5eb0a7c1:0f8fad5bd9cb469fa16570867728950e"
SAMPLE = SampleFile("anna.wav", "audio/wav", b"RIFF....WAVE")
ANNA = "c10neAnna00000000001"


@pytest.mark.parametrize(
    ("fixture", "kind", "words"),
    [
        ("error_wrong_key", errors.CredentialRejected, "Invalid API key"),
        ("error_wrong_key_new", errors.CredentialRejected, "Invalid API key"),
        ("error_no_list", errors.PermissionMissing, "voices_read"),
        ("error_no_user", errors.PermissionMissing, "user_read"),
        ("error_no_write", errors.PermissionMissing, "voices_write"),
        ("error_forbidden", errors.PermissionMissing, "permission"),
        ("error_quota", errors.OutOfCredit, "out of credit: This request exceeds"),
        ("error_credits", errors.OutOfCredit, "enough credits"),
        ("error_slots", errors.LimitReached, "10 / 10"),
        ("error_edits", errors.RequestRejected, "monthly limit"),
        ("error_plan", errors.RequestRejected, "upgrade your plan"),
        ("error_voice_gone", errors.NotFound, "was not found"),
        ("error_voice_gone_old", errors.NotFound, "does not exist"),
        ("error_bad_id", errors.NotFound, "invalid ID"),
        ("error_fields", errors.RequestRejected, "name: Field required; files: Field required"),
        ("error_text", errors.RequestRejected, "Invalid file type."),
        ("error_rate", errors.TryLater, "slow down"),
        ("error_concurrency", errors.TryLater, "slow down"),
        ("error_server", errors.OutcomeUnknown, "500"),
        ("error_address", errors.RequestRejected, "404"),
    ],
)
def test_each_documented_error_of_a_clone_is_classified(server, fixture, kind, words):
    server.will_answer(fixture)

    with server.connect() as adapter, pytest.raises(errors.ProviderError) as caught:
        adapter.clone(CloneParams("Anna", (SAMPLE,), MARKER))

    assert type(caught.value) is kind
    assert words in caught.value.message
    assert caught.value.status == load_fixture(SLUG, fixture)["status"]


@pytest.mark.parametrize(
    ("detail", "kind"),
    [
        ({"status": "payment_issue", "message": "Complete the latest invoice."}, "refused"),
        ({"status": "detected_unusual_activity", "message": "Free Tier is disabled."}, "refused"),
        ({"status": "max_character_limit_exceeded", "message": "The text is too long."}, "refused"),
        ({"status": "only_for_creator+", "message": "Use another API key."}, "refused"),
        ({"code": "unauthorized", "status": "payment_issue", "message": "Unpaid."}, "refused"),
        ({"code": "unauthorized", "status": "new_one", "message": "No key problem."}, "refused"),
        ({"status": "needs_authorization", "message": "Neither header was received."}, "key"),
        ({"code": "unauthorized", "message": "Unauthorized."}, "key"),
        ({"status": "expired_api_key", "message": "Expired."}, "key"),
        ("Invalid API key", "key"),
        ("Your invoice is open", "refused"),
    ],
)
def test_a_401_rejects_the_key_only_if_the_message_is_about_the_key(server, detail, kind):
    server.will_send(401, {"detail": detail})

    with server.connect() as adapter, pytest.raises(errors.ProviderError) as caught:
        adapter.delete(ANNA)

    kinds = {"refused": errors.RequestRejected, "key": errors.CredentialRejected}
    assert type(caught.value) is kinds[kind]


@pytest.mark.parametrize(
    ("detail", "kind"),
    [
        ({"type": "payment_required", "code": "payment_required"}, errors.OutOfCredit),
        ({"code": "x", "message": "Your account has run out of credits."}, errors.OutOfCredit),
        ({"code": "x", "message": "No credits left. Upgrade your plan."}, errors.OutOfCredit),
        ({"code": "x", "message": "Upgrade your subscription."}, errors.RequestRejected),
        ({"code": "paid_plan_required", "message": "No."}, errors.RequestRejected),
        ("Payment required", errors.OutOfCredit),
    ],
)
def test_a_402_means_out_of_credit_unless_the_message_is_about_the_plan(server, detail, kind):
    server.will_send(402, {"detail": detail})

    with server.connect() as adapter, pytest.raises(errors.ProviderError) as caught:
        adapter.delete(ANNA)

    assert type(caught.value) is kind


def test_an_error_keeps_code_permission_and_request_id(server):
    server.will_answer("error_no_write")

    with server.connect() as adapter, pytest.raises(errors.PermissionMissing) as caught:
        adapter.delete(ANNA)

    assert caught.value.code == "missing_permissions"
    assert caught.value.permission == "voices_write"
    assert caught.value.request_id == "0a1b2c3d4e5f60718293a4b5c6d7e8f9"


def test_error_messages_are_cut_and_cleaned_of_control_characters(server):
    message = "Bad\x00 name\r\n\x1b[31m\u202egnp.exe" + "!" * 1_000_000
    server.will_send(400, {"detail": {"status": "x", "message": message}})

    with server.connect() as adapter, pytest.raises(errors.RequestRejected) as caught:
        adapter.voice(ANNA)

    assert caught.value.message.startswith(
        "ElevenLabs rejected the request: Bad name [31mgnp.exe!!!"
    )
    assert len(caught.value.message) < 400


@pytest.mark.parametrize(
    "detail", [None, 7, "", " ", {}, [], {"status": 5}, [7], [{"loc": 5, "msg": None}], [[]]]
)
def test_an_error_of_unknown_shape_is_a_rejection_without_a_reason(server, detail):
    server.will_send(404, {"detail": detail})

    with server.connect() as adapter, pytest.raises(errors.RequestRejected, match="404") as caught:
        adapter.delete(ANNA)

    assert not isinstance(caught.value, errors.NotFound)


def test_a_plain_text_error_about_a_missing_voice_is_not_found(server):
    server.will_send(404, {"detail": "Voice not found"})

    with server.connect() as adapter, pytest.raises(errors.NotFound):
        adapter.delete(ANNA)


@given(st.integers(400, 499), ANYTHING)
def test_any_error_body_is_read_without_an_exception(status, detail):
    for body in (detail, {"detail": detail}, {"detail": [detail]}):
        refusal = read_elevenlabs_refusal(status, body)

        assert refusal is None or issubclass(refusal.kind, errors.ProviderError)
