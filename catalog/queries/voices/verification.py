"""How far a provider is with verifying that a professional clone's speaker agrees."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.models import Voice


@dataclass(frozen=True, slots=True)
class ShownVerification:
    """The state in words; ``again_at`` is when new attempts are possible, None for now."""

    state: str
    attempts: str = ""
    reason: str = ""
    may_try_again: bool = False
    again_at: datetime | None = None


def show_verification(voice: Voice, now: datetime) -> ShownVerification | None:
    """Return what the provider reports about the verification, None if it needs none."""
    found: dict[str, Any] = voice.details.get("verification") or {}
    training: dict[str, Any] = voice.details.get("fine_tuning") or {}
    if voice.kind != Voice.Kind.PROFESSIONAL or not found.get("required"):
        return None
    count = found.get("attempts") or training.get("attempts") or 0
    most = training.get("most_attempts") or 0
    attempts = f"{count} of {most}" if most else f"{count}" if count else ""
    if found.get("verified"):
        return ShownVerification("Verified", attempts)
    reasons = found.get("failures") or training.get("failures") or []
    if not reasons:
        manual = training.get("manual_verification_requested")
        state = "Waiting for the provider's manual check" if manual else "Waiting for the speaker"
        return ShownVerification(state, attempts)
    again_at = _read_moment(training.get("attempts_again_at"))
    is_used_up = bool(most) and count >= most and again_at is not None and again_at > now
    return ShownVerification(
        "Failed", attempts, ", ".join(reasons[:3]), True, again_at if is_used_up else None
    )


def _read_moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
