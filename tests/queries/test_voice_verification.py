"""A professional clone shows how far its verification is, and when to try again."""

from datetime import timedelta
from typing import Any

import pytest

from catalog.models import Voice
from catalog.providers.adapters.elevenlabs.voices import read_voice
from catalog.queries.voices.verification import show_verification
from catalog.sandbox.keys import AccountKind, AccountName
from catalog.sandbox.providers.elevenlabs.accounts import _first_voice
from tests import factories

NOW = factories.NOW
LATER = (NOW + timedelta(days=5)).isoformat()
BEFORE = (NOW - timedelta(days=5)).isoformat()


def show(found: dict[str, Any], training: dict[str, Any], kind: str = "professional") -> Any:
    details = {"verification": found, "fine_tuning": training}
    return show_verification(Voice(kind=kind, details=details), NOW)


FAILED = {"required": True, "failures": ["noise"], "attempts": 3}


@pytest.mark.parametrize(
    ("found", "training", "state", "attempts", "again_at"),
    [
        ({"required": True, "verified": True}, {}, "Verified", "", None),
        ({"required": True}, {}, "Waiting for the speaker", "", None),
        (FAILED, {"most_attempts": 3, "attempts_again_at": LATER}, "Failed", "3 of 3", LATER),
        (FAILED, {"most_attempts": 3, "attempts_again_at": BEFORE}, "Failed", "3 of 3", None),
        (FAILED, {"most_attempts": 5, "attempts_again_at": LATER}, "Failed", "3 of 5", None),
    ],
)
def test_state_attempts_and_time_to_try_again(found, training, state, attempts, again_at):
    shown = show(found, training)

    assert (shown.state, shown.attempts) == (state, attempts)
    assert (shown.again_at.isoformat() if shown.again_at else None) == again_at
    assert shown.may_try_again == (state == "Failed")


def test_other_voices_have_none():
    assert show(FAILED, {}, kind="clone") is None
    assert show({}, {}) is None


def test_second_sandbox_account_has_a_clone_whose_verification_failed():
    made = _first_voice(AccountName(AccountKind.FULL, 2), 5, "professional")
    remote = read_voice(made.payload)
    shown = show_verification(Voice(kind=remote.kind.value, details=remote.details), NOW)

    assert remote.state.value == "pending"
    assert (shown.state, shown.attempts) == ("Failed", "3 of 3")
    assert shown.reason == "The voice doesn't match the samples"
    assert shown.again_at is not None
