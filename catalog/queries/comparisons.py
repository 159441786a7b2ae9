"""Comparisons: the chosen voices, the cost, and the state of a comparison."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, Q

from catalog.core.locales import say_number
from catalog.models import ComparedVoice, Comparison, Synthesis, Team, User, Voice, Vote
from catalog.models.comparisons import MOST_VOICES, ComparisonQuerySet
from catalog.queries.syntheses.history import Estimate, estimate_speech

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class VoiceCost:
    """The estimated cost for one voice, for each text."""

    voice: Voice
    estimates: list[Estimate]

    @property
    def spends(self) -> int:
        """The number of characters that would be charged."""
        return sum(estimate.spends for estimate in self.estimates)

    @property
    def words(self) -> str:
        """The cost as a sentence."""
        if len(self.estimates) == 1:
            return self.estimates[0].words
        texts, label = f"{len(self.estimates)} texts", self.voice.info.label
        if not self.spends:
            return f"{texts}, free."
        return f"{texts}, about {say_number(self.spends)} characters, charged by {label}."


@dataclass(frozen=True, slots=True)
class CostSheet:
    """The cost of a comparison before it starts, for each voice and in total."""

    lines: list[VoiceCost]

    @property
    def spends(self) -> int:
        """The total number of characters that would be charged."""
        return sum(line.spends for line in self.lines)

    @property
    def words(self) -> str:
        """The total as a sentence."""
        if not self.spends:
            return "This is free."
        paid = sum(1 for line in self.lines if line.spends)
        voices = "1 voice" if paid == 1 else f"{paid} voices"
        return f"About {say_number(self.spends)} characters, charged for {voices}."


@dataclass(frozen=True, slots=True)
class ComparedClip:
    """One voice of a comparison as a user may see it; a blind vote hides the names."""

    entry: ComparedVoice
    is_hidden: bool
    gain: float
    votes: int
    is_mine: bool
    is_winner: bool

    @property
    def speech(self) -> Synthesis | None:
        """The synthesis of the text by this voice."""
        return self.entry.speech

    @property
    def is_ready(self) -> bool:
        """Return whether a clip can be played; a blind vote needs the anonymous copy."""
        has_spoken = self.speech is not None and self.speech.is_ready
        return has_spoken and not (self.is_hidden and not self.entry.disguised_path)

    @property
    def is_coming(self) -> bool:
        """Return whether a clip will become available without user action."""
        return self.speech is not None and not (
            self.is_ready or (self.speech.is_finished and not self.speech.is_ready)
        )

    @property
    def sound(self) -> tuple[str, str]:
        """The path and content type of the clip that this user may hear."""
        clip = self.speech.clip if self.speech else None
        if not self.is_ready or clip is None:
            return "", ""
        if self.is_hidden:
            return self.entry.disguised_path, "audio/mpeg"
        return clip.path, clip.content_type

    @property
    def name(self) -> str:
        """The voice's name, or its label while the names are hidden."""
        return self.entry.label if self.is_hidden else self.entry.voice.shown_name

    @property
    def sub(self) -> str:
        """The line below the name in the player."""
        return "Blind comparison" if self.is_hidden else self.entry.voice.info.label


@dataclass(frozen=True, slots=True)
class ComparisonRound:
    """One round of a comparison: the clips of its text, and how many people have voted."""

    comparison: Comparison
    lines: list[ComparedClip]
    vote_count: int


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """A comparison with everything that its page shows."""

    rounds: list[ComparisonRound]

    @property
    def comparison(self) -> Comparison:
        """The first round, which stands for the comparison."""
        return self.rounds[0].comparison

    @property
    def voices(self) -> list[Voice]:
        """The compared voices."""
        return [line.entry.voice for line in self.rounds[0].lines]

    @property
    def texts(self) -> list[str]:
        """The texts that the voices speak."""
        return [each.comparison.text for each in self.rounds]

    @property
    def vote_count(self) -> int:
        """The number of votes in the round with the fewest."""
        return min(each.vote_count for each in self.rounds)

    @property
    def totals(self) -> list[tuple[Voice, int]]:
        """Each voice with its votes in all rounds, most first; 0 while the names are hidden."""
        votes = Counter[int]()
        for each in self.rounds:
            votes.update({line.entry.voice_id: line.votes for line in each.lines})
        return sorted(
            ((voice, votes[voice.pk]) for voice in self.voices), key=lambda pair: -pair[1]
        )

    @property
    def is_running(self) -> bool:
        """Return whether any clip is still being made."""
        return any(line.is_coming for each in self.rounds for line in each.lines)

    @property
    def is_cancellable(self) -> bool:
        """Return whether cancelling now would avoid a charge."""
        lines = [line for each in self.rounds for line in each.lines]
        return any(line.speech and line.speech.is_cancellable for line in lines)


@dataclass(frozen=True, slots=True)
class ComparisonSummary:
    """A comparison in a list; ``vote_count`` is that of the round with the fewest.

    ``awaits_vote`` says that it is open, and that the user didn't vote in every round.
    """

    comparison: Comparison
    text_count: int
    voice_count: int
    vote_count: int
    awaits_vote: bool


def find_tray(user: User, voice_ids: Sequence[int]) -> list[Voice]:
    """Return the chosen voices that the user can see, in order."""
    if not voice_ids:
        return []
    rows = Voice.objects.visible_to(user).filter(pk__in=voice_ids[:MOST_VOICES])
    known = {voice.pk: voice for voice in rows.select_related("account__team")}
    return [known[pk] for pk in voice_ids if pk in known]


def estimate_comparison(voices: Sequence[Voice], texts: Sequence[str]) -> CostSheet:
    """Return what it would cost to synthesize the text with the voices now."""
    return CostSheet(
        [VoiceCost(voice, [estimate_speech(voice, text) for text in texts]) for voice in voices]
    )


def find_comparisons(user: User) -> list[ComparisonSummary]:
    """Return the latest comparisons of the user's team."""
    rows = Comparison.objects.visible_to(user).filter(first=None).select_related("made_by")
    rows = rows.prefetch_related("votes", "entries", "other_rounds__votes")
    return [_sum_up(each, user) for each in rows.order_by("-created_at")[:_SHOWN]]


def _sum_up(comparison: Comparison, user: User) -> ComparisonSummary:
    rounds = [comparison, *comparison.other_rounds.all()]
    own = [vote for each in rounds for vote in each.votes.all() if vote.user_id == user.pk]
    return ComparisonSummary(
        comparison,
        text_count=len(rounds),
        voice_count=len(comparison.entries.all()),
        vote_count=min(len(each.votes.all()) for each in rounds),
        awaits_vote=comparison.takes_votes and len(own) < len(rounds),
    )


def get_comparison_page(user: User, comparison_id: uuid.UUID) -> ComparisonPage:
    """Return a comparison as the user may see it, named by any of its rounds.

    Raises Comparison.DoesNotExist.
    """
    rows = Comparison.objects.visible_to(user)
    named = rows.only("first").get(pk=comparison_id)
    return ComparisonPage([_draw(each, user) for each in _with_clips(rows.rounds_of(named))])


def get_round(user: User, comparison_id: uuid.UUID) -> ComparisonRound:
    """Return one round as the user may see it; raises Comparison.DoesNotExist."""
    return _draw(_with_clips(Comparison.objects.visible_to(user)).get(pk=comparison_id), user)


def _with_clips(rows: ComparisonQuerySet) -> ComparisonQuerySet:
    entries = ComparedVoice.objects.select_related("voice__account", "speech__clip")
    entries = entries.select_related("speech__voice__account").order_by("place")
    return rows.select_related("made_by", "team").prefetch_related(
        Prefetch("entries", entries), Prefetch("votes", Vote.objects.all())
    )


def find_closed_comparison(
    comparison_id: uuid.UUID, own_teams: Sequence[Team]
) -> Comparison | None:
    """Return a comparison of a user's own teams that they can't open now, to say whom to ask.

    Its address can't be guessed: someone sent it to them.
    """
    rows = Comparison.objects.filter(team__in=own_teams).select_related("made_by", "team")
    return rows.filter(pk=comparison_id).first()


def _draw(comparison: Comparison, user: User) -> ComparisonRound:
    entries, votes = list(comparison.entries.all()), list(comparison.votes.all())
    counts = {entry.pk: sum(vote.entry_id == entry.pk for vote in votes) for entry in entries}
    mine = {vote.entry_id for vote in votes if vote.user_id == user.pk}
    most = max(counts.values(), default=0)
    shows_votes = not comparison.hides_names
    quietest = min(filter(None, map(_loudness, entries)), default=None)
    lines = [
        ComparedClip(
            entry=entry,
            is_hidden=comparison.hides_names,
            gain=find_gain(_loudness(entry), quietest),
            votes=counts[entry.pk] if shows_votes else 0,
            is_mine=entry.pk in mine,
            is_winner=shows_votes and 0 < most == counts[entry.pk],
        )
        for entry in entries
    ]
    return ComparisonRound(comparison, lines, len(votes))


def find_gain(loudness: float | None, quietest: float | None) -> float:
    """Return the volume, at most 1, at which a clip is as loud as the quietest one."""
    if loudness is None or quietest is None:
        return 1.0
    return float(round(10 ** ((quietest - loudness) / 20), 3))


def _loudness(entry: ComparedVoice) -> float | None:
    speech = entry.speech
    return speech.clip.loudness if speech and speech.is_ready and speech.clip else None


@dataclass(frozen=True, slots=True)
class VoiceRound:
    """A comparison that a voice took part in: its votes, out of those cast."""

    comparison: Comparison
    voice_count: int
    votes: int
    cast: int
    is_winner: bool


@dataclass(frozen=True, slots=True)
class VoiceRounds:
    """The comparisons of a voice, newest first, and its votes in all of them."""

    rounds: list[VoiceRound]

    @property
    def votes(self) -> int:
        """The number of votes for the voice."""
        return sum(each.votes for each in self.rounds)

    @property
    def cast(self) -> int:
        """The number of votes cast."""
        return sum(each.cast for each in self.rounds)

    @property
    def count(self) -> int:
        """The number of comparisons, each with one or more rounds."""
        return _count_whole(self.rounds)

    @property
    def voted_count(self) -> int:
        """The number of comparisons in which anyone voted."""
        return _count_whole([each for each in self.rounds if each.cast])


def _count_whole(rounds: list[VoiceRound]) -> int:
    return len({each.comparison.first_id or each.comparison.pk for each in rounds})


def find_voice_rounds(user: User, voice: Voice) -> VoiceRounds:
    """Return the comparisons with a voice, without blind ones whose names are still hidden."""
    known = Comparison.objects.visible_to(user).filter(
        Q(is_blind=False) | Q(revealed_at__isnull=False), entries__voice=voice
    )
    rows = known.select_related("made_by").prefetch_related("entries", "votes")
    ordered = rows.order_by("-created_at", "place")
    return VoiceRounds([_count_round(each, voice) for each in ordered])


def _count_round(comparison: Comparison, voice: Voice) -> VoiceRound:
    entries, votes = list(comparison.entries.all()), list(comparison.votes.all())
    counts = Counter(vote.entry_id for vote in votes)
    own = next(counts[entry.pk] for entry in entries if entry.voice_id == voice.pk)
    is_winner = 0 < own == max(counts.values(), default=0)
    return VoiceRound(comparison, len(entries), own, len(votes), is_winner)
