"""Compare how several voices speak the same text, and let a team vote."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.models import ComparedVoice, Comparison, User, Voice, Vote
from catalog.models.comparisons import MOST_VOICES
from catalog.queries.comparisons import estimate_comparison
from catalog.services.syntheses import CannotSynthesize, cancel_speech, request_speech
from catalog.tasks import enqueue_analysis


class CannotCompare(Exception):
    """The voices can't be compared this way; the message explains why."""


class CostChanged(CannotCompare):
    """The comparison would cost more than the user agreed to."""


@dataclass(frozen=True, slots=True)
class ComparisonRequest:
    """What a user agreed to; ``agreed`` is the most characters that may be charged."""

    voices: Sequence[Voice]
    text: str
    is_blind: bool
    votes_wanted: int
    agreed: int


@transaction.atomic
def request_comparison(user: User, *, params: ComparisonRequest, now: datetime) -> Comparison:
    """Start the comparison. Raises CannotCompare, or CostChanged if the cost went up."""
    voices = list({voice.pk: voice for voice in params.voices}.values())
    if not 2 <= len(voices) <= MOST_VOICES:
        raise CannotCompare(f"Choose 2 to {MOST_VOICES} voices.")
    team = voices[0].account.team
    if not policies.may_speak(user, team):
        raise PermissionDenied
    if any(voice.account.team_id != team.pk for voice in voices):
        raise CannotCompare("The voices belong to different teams.")
    if estimate_comparison(voices, params.text).spends > params.agreed:
        raise CostChanged("The cost has gone up. Review the new cost and try again.")
    if params.is_blind:
        # The order in which the voices were chosen must not give them away; no secrecy is needed.
        random.shuffle(voices)
    comparison = Comparison.objects.create(
        team=team,
        made_by=user,
        text=params.text,
        is_blind=params.is_blind,
        votes_wanted=params.votes_wanted,
        created_at=now,
    )
    for place, voice in enumerate(voices):
        _add_voice(user, comparison, voice, place, now)
    record(
        user,
        "comparison requested",
        comparison,
        team=team,
        now=now,
        voices=len(voices),
        characters=len(params.text),
        blind=params.is_blind,
    )
    return comparison


def _add_voice(user: User, comparison: Comparison, voice: Voice, place: int, now: datetime) -> None:
    try:
        speech = request_speech(user, voice=voice, text=comparison.text, settings={}, now=now)
    except CannotSynthesize as exc:
        raise CannotCompare(f"{voice.shown_name}: {exc}") from None
    entry = ComparedVoice.objects.create(
        comparison=comparison, voice=voice, place=place, speech=speech
    )
    if comparison.is_blind and speech.is_ready:
        transaction.on_commit(partial(enqueue_analysis, f"blind:{entry.pk}"))


@transaction.atomic
def cancel_comparison(user: User, *, comparison: Comparison, now: datetime) -> int:
    """Cancel each voice whose text has not been sent yet; return how many."""
    if not policies.may_speak(user, comparison.team):
        raise PermissionDenied
    entries = comparison.entries.select_related("speech__voice__account", "speech__team")
    speeches = [entry.speech for entry in entries if entry.speech]
    stopped = sum(cancel_speech(user, speech=speech, now=now) for speech in speeches)
    record(user, "comparison canceled", comparison, team=comparison.team, now=now, stopped=stopped)
    return stopped


@transaction.atomic
def cast_vote(user: User, *, comparison: Comparison, place: int, now: datetime) -> None:
    """Vote for a voice, or change the vote; the last vote needed reveals the names."""
    if not policies.may_vote(user, comparison.team):
        raise PermissionDenied
    comparison = Comparison.objects.select_for_update().get(pk=comparison.pk)
    entry = comparison.entries.filter(place=place).first()
    if entry is None:
        raise CannotCompare("This voice is not in the comparison.")
    if not comparison.takes_votes:
        raise CannotCompare("Voting has ended.")
    Vote.objects.update_or_create(
        comparison=comparison, user=user, defaults={"entry": entry, "voted_at": now}
    )
    if comparison.votes.count() >= comparison.votes_wanted:
        comparison.revealed_at = now
        comparison.save(update_fields=["revealed_at"])
    record(user, "vote cast", comparison, team=comparison.team, now=now)


@transaction.atomic
def close_votes(user: User, *, comparison: Comparison, now: datetime) -> None:
    """End voting now and reveal which voice is which."""
    if not policies.may_close_votes(user, comparison):
        raise PermissionDenied
    open_rows = Comparison.objects.filter(pk=comparison.pk, revealed_at=None)
    if open_rows.update(revealed_at=now):
        record(user, "votes closed", comparison, team=comparison.team, now=now)
