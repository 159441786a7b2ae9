"""Training and verification state of an ElevenLabs voice, which decide whether it can speak.

The fields: https://elevenlabs.io/docs/api-reference/voices/get
"""

from collections import defaultdict

from catalog.providers.lenient_json import LenientJson
from catalog.providers.types import VoiceState

_MOST_NAMED = 3
_IN_TRAINING = {"queued", "fine_tuning", "delayed"}
_WORDS = {
    "draft": "Draft, not submitted for training",
    "not_verified": "Waiting for the speaker's verification",
    "not_started": "Training has not started",
    "queued": "Waiting for training",
    "fine_tuning": "In training",
    "fine_tuned": "Trained",
    "failed": "Training failed",
    "delayed": "Training is delayed",
}


def judge_training(voice: LenientJson, *, is_professional: bool) -> tuple[VoiceState, str]:
    """Return a voice's state, and what it waits for or why it failed.

    The training state only matters for professional clones: instant clones and library voices never
    start any.
    """
    training, verification = voice.object("fine_tuning"), voice.object("voice_verification")
    if verification.flag("requires_verification") and verification.flag("is_verified") is not True:
        reasons = verification.lines("verification_failures")
        reasons = reasons or training.lines("verification_failures")
        return VoiceState.PENDING, _say_unverified(training, reasons)
    states = _read_states(training)
    # One trained model is enough to speak.
    if "fine_tuned" in states.values():
        is_whole = not is_professional or set(states.values()) == {"fine_tuned"}
        return VoiceState.READY, "" if is_whole else _say_states(states)
    if set(states.values()) & _IN_TRAINING:
        return VoiceState.PENDING, _say_states(states)
    if "failed" in states.values():
        return VoiceState.FAILED, _say_failure(training, states)
    if is_professional and training:
        return VoiceState.PENDING, _say_states(states or {"": "draft"})
    return VoiceState.READY, ""


def _read_states(training: LenientJson) -> dict[str, str]:
    """Return the state of each model; older responses have one state for all."""
    found = training.plain("state") if not training.word("state") else {"": training.word("state")}
    return {model: str(state).lower() for model, state in found.items() if isinstance(state, str)}


def _say_states(states: dict[str, str]) -> str:
    models: dict[str, list[str]] = defaultdict(list)
    for model, state in states.items():
        models[state].append(model)
    said = []
    for state, names in models.items():
        words = _WORDS.get(state, state.replace("_", " ").capitalize()[:60])
        # If all models share one state, their names add nothing.
        is_all = len(models) == 1
        said.append(words if is_all else f"{words} ({_name(names)})")
    return f"{'; '.join(said)}."[:200]


def _say_failure(training: LenientJson, states: dict[str, str]) -> str:
    reported = training.object("message").words()
    reasons = [
        reported[model]
        for model, state in states.items()
        if state == "failed" and model in reported
    ]
    words = _say_states(states).rstrip(".")
    return f"{words}: {reasons[0].rstrip('.')}."[:200] if reasons else f"{words}."


def _say_unverified(training: LenientJson, reasons: list[str]) -> str:
    if reasons:
        return f"Verification failed: {', '.join(reasons[:3])}."[:200]
    if training.flag("manual_verification_requested"):
        return "Waiting for manual verification by ElevenLabs."
    return "Waiting for verification on the ElevenLabs website."


def _name(models: list[str]) -> str:
    shown = ", ".join(models[:_MOST_NAMED])
    return shown if len(models) <= _MOST_NAMED else f"{shown} and {len(models) - _MOST_NAMED} more"
