"""Requests to speakers, and the recorded consents that a clone can be made with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from catalog.models import Consent, ConsentRequest, Speaker, User

_SHOWN_REQUESTS = 200
_LABELS = {
    "recording": "Recording",
    "words": "Words",
    "speaker": "Voice",
    "synthesis": "Live speech",
}
_WORDS = {
    ("recording", "failed"): "It can't be played",
    ("recording", "doubtful"): "It couldn't be checked",
    ("words", "passed"): "The sentence was heard",
    ("words", "failed"): "The sentence wasn't heard",
    ("words", "doubtful"): "Only parts of the sentence were heard",
    ("words", "skipped"): "Not checked: speech recognition isn't installed here",
    ("speaker", "passed"): "The same voice as in the samples",
    ("speaker", "failed"): "Another voice than in the samples",
    ("speaker", "doubtful"): "It may be another voice than in the samples",
    ("speaker", "skipped"): "Not compared: the analysis isn't installed here",
    ("speaker", "later"): "No samples yet. It is compared before a voice is cloned",
    ("synthesis", "passed"): "No sign of generated speech",
    ("synthesis", "doubtful"): "It may be generated speech",
}
_MOODS = {
    "passed": ("ok", "circle-check"),
    "failed": ("bad", "circle-alert"),
    "later": ("open", "circle"),
}


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """What one check of a recording found; ``detail`` has its figures."""

    label: str
    words: str
    mood: str
    icon: str
    detail: str = ""


def show_checks(request: ConsentRequest) -> list[ShownCheck]:
    """Return what the checks of the recording found."""
    return [_show_check(name, found) for name, found in request.checks.items()]


def _show_check(name: str, found: dict[str, Any]) -> ShownCheck:
    outcome = str(found["outcome"])
    mood, icon = _MOODS.get(outcome, ("warn", "triangle-alert"))
    words = _WORDS.get((name, outcome), outcome)
    return ShownCheck(_LABELS.get(name, name), words, mood, icon, _show_figures(found))


def _show_figures(found: dict[str, Any]) -> str:
    if "found" in found:
        return (
            f"{found['found']} of {found['of']} random words, {found['share']:.0%} of the sentence"
        )
    return f"likeness {found['score']:.2f}" if "score" in found else ""


def find_consent_requests(user: User) -> QuerySet[ConsentRequest]:
    """Return the requests that the user can see, the newest first."""
    rows = ConsentRequest.objects.visible_to(user).select_related("speaker", "asked_by", "consent")
    return rows.order_by("-asked_at", "-pk")[:_SHOWN_REQUESTS]


def find_speaker_requests(user: User, speaker: Speaker) -> list[ConsentRequest]:
    """Return the requests to one speaker that the user can see, the newest first."""
    rows = ConsentRequest.objects.visible_to(user).filter(speaker=speaker)
    return list(rows.select_related("speaker", "asked_by").order_by("-asked_at", "-pk"))


def find_usable_consents(user: User, now: datetime) -> QuerySet[Consent]:
    """Return the recorded consents that the user can clone with now, the newest first."""
    requests = ConsentRequest.objects.visible_to(user).filter(
        state=ConsentRequest.State.ACCEPTED,
        consent__in=Consent.objects.in_force(now.date()),
        speaker__withdrawing_since=None,
    )
    rows = Consent.objects.filter(pk__in=requests.values("consent"))
    return rows.select_related("speaker").order_by("-spoken_at", "-pk")
