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
from catalog.models import Charge, ComparedVoice, Comparison, User, Voice, Vote
from catalog.models.comparisons import MOST_TEXTS, MOST_VOICES
from catalog.queries.budgets import find_budget_obstacle
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
    texts: Sequence[str]
    is_blind: bool
    votes_wanted: int
    agreed: int


@transaction.atomic
def request_comparison(user: User, *, params: ComparisonRequest, now: datetime) -> Comparison:
    """Start the comparison, with a round for each text, and return the first round.

    Raises CannotCompare, or CostChanged if the cost went up.
    """
    voices = list({voice.pk: voice for voice in params.voices}.values())
    if not 2 <= len(voices) <= MOST_VOICES:
        raise CannotCompare(f"Choose 2 to {MOST_VOICES} voices.")
    if not 1 <= len(params.texts) <= MOST_TEXTS:
        raise CannotCompare(f"Enter 1 to {MOST_TEXTS} texts.")
    team = voices[0].account.team
    if not policies.may_speak(user, team):
        raise PermissionDenied
    if any(voice.account.team_id != team.pk for voice in voices):
        raise CannotCompare("The voices belong to different teams.")
    spends = estimate_comparison(voices, params.texts).spends
    if spends > params.agreed:
        raise CostChanged("The cost has gone up. Review the new cost and try again.")
    if obstacle := find_budget_obstacle(user, team, Charge.Unit.CHARACTERS, spends, now):
        raise CannotCompare(obstacle)
    comparison = _add_round(user, params, voices, None, 0, now)
    for place in range(1, len(params.texts)):
        _add_round(user, params, voices, comparison, place, now)
    record(
        user,
        "comparison requested",
        comparison,
        team=team,
        now=now,
        voices=len(voices),
        characters=sum(map(len, params.texts)),
        texts=len(params.texts),
        blind=params.is_blind,
    )
    return comparison


def _add_round(
    user: User,
    params: ComparisonRequest,
    voices: list[Voice],
    first: Comparison | None,
    place: int,
    now: datetime,
) -> Comparison:
    if params.is_blind:
        # The order must give away neither how the voices were chosen nor how they were called in
        # another round; no secrecy is needed.
        random.shuffle(voices)
    made = Comparison.objects.create(
        team=voices[0].account.team,
        made_by=user,
        first=first,
        place=place,
        text=params.texts[place],
        is_blind=params.is_blind,
        votes_wanted=params.votes_wanted,
        created_at=now,
    )
    for order, voice in enumerate(voices):
        _add_voice(user, made, voice, order, now)
    return made


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
    """Cancel each text that has not been sent yet, in all rounds; return how many."""
    if not policies.may_speak(user, comparison.team):
        raise PermissionDenied
    entries = ComparedVoice.objects.filter(comparison__in=Comparison.objects.rounds_of(comparison))
    found = entries.select_related("speech__voice__account", "speech__team").order_by("pk")
    speeches = [entry.speech for entry in found if entry.speech]
    stopped = sum(cancel_speech(user, speech=speech, now=now) for speech in speeches)
    record(user, "comparison canceled", comparison, team=comparison.team, now=now, stopped=stopped)
    return stopped


@transaction.atomic
def cast_vote(user: User, *, comparison: Comparison, place: int, now: datetime) -> None:
    """Vote for a voice in one round, or change the vote.

    The last vote needed, in the last round that waits for one, ends voting in all of them.
    """
    if not policies.may_vote(user, comparison.team):
        raise PermissionDenied
    rounds = list(Comparison.objects.rounds_of(comparison).select_for_update(no_key=True))
    comparison = next(each for each in rounds if each.pk == comparison.pk)
    entry = comparison.entries.filter(place=place).first()
    if entry is None:
        raise CannotCompare("This voice is not in the comparison.")
    if not comparison.takes_votes:
        raise CannotCompare("Voting has ended.")
    Vote.objects.update_or_create(
        comparison=comparison, user=user, defaults={"entry": entry, "voted_at": now}
    )
    if all(each.votes.count() >= each.votes_wanted for each in rounds):
        _end_voting(comparison, now)
    record(user, "vote cast", comparison, team=comparison.team, now=now)


@transaction.atomic
def close_votes(user: User, *, comparison: Comparison, now: datetime) -> None:
    """End voting now in all rounds, and reveal which voice is which."""
    if not policies.may_close_votes(user, comparison):
        raise PermissionDenied
    if _end_voting(comparison, now):
        record(user, "votes closed", comparison, team=comparison.team, now=now)


def _end_voting(comparison: Comparison, now: datetime) -> bool:
    rounds = Comparison.objects.rounds_of(comparison).filter(revealed_at=None)
    # Without its order: the database can't update an ordered selection.
    return bool(rounds.order_by().update(revealed_at=now))
