"""What outsiders hear with a link, and what the team sees of their votes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.conf import settings
from django.db.models import Count
from django.utils.crypto import constant_time_compare, salted_hmac

from catalog import policies
from catalog.core.crypto import hash_token
from catalog.models import (
    CollectionEntry,
    ComparedVoice,
    Comparison,
    Share,
    ShareVote,
    User,
    Voice,
)
from catalog.queries.comparisons import find_gain
from catalog.queries.speakers import find_voice_obstacles

MOST_SHARED = 200
Entry = TypeVar("Entry", CollectionEntry, ComparedVoice)


@dataclass(frozen=True, slots=True)
class SharedClip:
    """One voice as an outsider sees it. ``key`` stands for it in addresses; no id shows.

    ``path`` is "" if no clip is stored: nothing is fetched or made for an outsider.
    """

    key: str
    name: str
    provider: str
    path: str
    content_type: str
    gain: float
    voice: Voice


@dataclass(frozen=True, slots=True)
class SharedRound:
    """What is heard and voted on together: a collection, or one text of a comparison."""

    place: int
    text: str
    clips: list[SharedClip]
    chosen: str

    def find(self, key: str) -> SharedClip | None:
        """Return the clip with this key that can be played."""
        found = (clip for clip in self.clips if clip.path and clip.key == key)
        return next(found, None)


@dataclass(frozen=True, slots=True)
class SharedPage:
    """What a link shows now; ``takes_votes`` is False once the team has ended its vote."""

    share: Share
    title: str
    description: str
    is_blind: bool
    takes_votes: bool
    rounds: list[SharedRound]

    def find(self, key: str) -> SharedClip | None:
        """Return the clip with this key that can be played."""
        return next(filter(None, (each.find(key) for each in self.rounds)), None)


def find_share(token: str) -> Share | None:
    """Return the link of this token, also if it has ended."""
    rows = Share.objects.filter(token_hash=hash_token(token))
    related = "team", "made_by", "collection", "comparison__team"
    return rows.select_related(*related).first()


def is_share_open(share: Share, now: datetime) -> bool:
    """Return whether the link works now: its maker could still create it."""
    maker, found = share.made_by, share.collection
    if not share.is_open(now) or not maker.is_active:
        return False
    if found is not None and (found.removed_at or not (found.is_shared or found.owner == maker)):
        return False
    may_share = policies.may_share_with_team(maker, share.team)
    # A second factor that the company's provider asks for isn't known here.
    is_safe = settings.OIDC_TRUSTS_MFA or not policies.lacks_second_factor(maker, share.team)
    return may_share and is_safe


def may_revoke_share(user: User, share: Share) -> bool:
    """Allow whoever made the link, and admins."""
    is_own = share.made_by_id == user.pk and policies.may_share_with_team(user, share.team)
    return is_own or policies.may_manage_people(user, share.team)


def get_shared_page(share: Share, browser: str, today: date) -> SharedPage:
    """Return what the link shows to this browser: what its maker can still see and use."""
    if share.collection is not None:
        rounds = [_draw_collection(share, today)]
        title, description = share.collection.name, share.collection.description
        return SharedPage(
            share, title, description, False, share.takes_votes, _mark(share, rounds, browser)
        )
    comparison = share.comparison
    assert comparison is not None  # noqa: S101  (the constraint of the table)
    entries = ComparedVoice.objects.select_related("voice__account", "speech__clip")
    found = Comparison.objects.rounds_of(comparison).prefetch_related("entries")
    rounds = []
    for place, each in enumerate(found):
        voiced = list(entries.filter(comparison=each).order_by("place"))
        rounds.append(_draw_round(share, each, place, _allowed(share, voiced, today)))
    is_open = share.takes_votes and comparison.takes_votes
    title = "Blind comparison" if comparison.is_blind else "Comparison"
    return SharedPage(share, title, "", comparison.is_blind, is_open, _mark(share, rounds, browser))


def _allowed(share: Share, entries: list[Entry], today: date) -> list[Entry]:
    """Keep voices that the maker sees, that are there, and whose speakers allow it."""
    ids = [entry.voice_id for entry in entries]
    rows = Voice.objects.visible_in([share.team], share.made_by).present().shown()
    seen = {voice.pk: voice for voice in rows.filter(pk__in=ids)}
    blocked = find_voice_obstacles(seen.values(), today)
    return [each for each in entries if each.voice_id in seen and each.voice_id not in blocked]


def _draw_collection(share: Share, today: date) -> SharedRound:
    rows = CollectionEntry.objects.filter(collection=share.collection)
    rows = rows.select_related("voice__account", "voice__clip").order_by("position", "pk")
    clips = [
        SharedClip(
            key=_make_key(share, entry),
            name=entry.voice.shown_name,
            provider=entry.voice.info.label if share.names_providers else "",
            path=clip.path if (clip := getattr(entry.voice, "clip", None)) else "",
            content_type=clip.content_type if clip else "",
            gain=1.0,
            voice=entry.voice,
        )
        for entry in _allowed(share, list(rows[:MOST_SHARED]), today)
    ]
    return SharedRound(0, "", clips, "")


def _draw_round(
    share: Share, comparison: Comparison, place: int, entries: list[ComparedVoice]
) -> SharedRound:
    loud = {entry.pk: _find_loudness(entry) for entry in entries}
    quietest = min((value for value in loud.values() if value is not None), default=None)
    clips = []
    for entry in entries:
        clip = entry.speech.clip if entry.speech and entry.speech.is_ready else None
        path, content_type = (clip.path, clip.content_type) if clip else ("", "")
        name, provider = entry.voice.shown_name, entry.voice.info.label
        if comparison.is_blind:
            # For outsiders it stays blind: the team reveals the names to itself only.
            if entry.disguised_path or comparison.hides_names:
                path, content_type = entry.disguised_path if clip else "", "audio/mpeg"
            name, provider = entry.label, ""
        clips.append(
            SharedClip(
                key=_make_key(share, entry),
                name=name,
                provider=provider if share.names_providers else "",
                path=path,
                content_type=content_type,
                gain=find_gain(loud[entry.pk], quietest),
                voice=entry.voice,
            )
        )
    return SharedRound(place, comparison.text, clips, "")


def _find_loudness(entry: ComparedVoice) -> float | None:
    speech = entry.speech
    return speech.clip.loudness if speech and speech.is_ready and speech.clip else None


def _make_key(share: Share, entry: CollectionEntry | ComparedVoice) -> str:
    named = f"{share.token_hash} {type(entry).__name__} {entry.pk}"
    return salted_hmac("catalog.share", named, algorithm="sha256").hexdigest()[:20]


def _mark(share: Share, rounds: list[SharedRound], browser: str) -> list[SharedRound]:
    votes = ShareVote.objects.filter(share=share, browser=browser).values_list("place", "voice")
    chosen = dict(votes) if browser else {}
    return [
        SharedRound(each.place, each.text, each.clips, _find_chosen(each, chosen.get(each.place)))
        for each in rounds
    ]


def _find_chosen(each: SharedRound, voice_id: int | None) -> str:
    return next((clip.key for clip in each.clips if clip.voice.pk == voice_id), "")


def is_password_proof(share: Share, proof: str) -> bool:
    """Return whether a browser's proof shows that the password was entered in it."""
    return constant_time_compare(proof, make_password_proof(share))


def make_password_proof(share: Share) -> str:
    """Return what a browser keeps once the link's password was entered in it."""
    named = f"{share.token_hash} {share.password}"
    return salted_hmac("catalog.share.password", named, algorithm="sha256").hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class OutsideVotes:
    """The outsiders' votes of one round: each voice's name and count, and who voted for what."""

    text: str
    counts: list[tuple[str, int]]
    cast: list[tuple[str, str, datetime]]


def find_outside_votes(share: Share) -> list[OutsideVotes]:
    """Return the votes given with a link, by round; a blind vote hides names while it is open."""
    votes: dict[int, list[ShareVote]] = {}
    rows = ShareVote.objects.filter(share=share).select_related("voice__account")
    for vote in rows.order_by("voted_at", "pk"):
        votes.setdefault(vote.place, []).append(vote)
    texts, labels = {0: ""}, {}
    if share.comparison is not None:
        rounds = list(Comparison.objects.rounds_of(share.comparison).prefetch_related("entries"))
        texts = {place: each.text for place, each in enumerate(rounds)}
        labels = {
            (place, entry.voice_id): entry.label
            for place, each in enumerate(rounds)
            if each.hides_names
            for entry in each.entries.all()
        }
    return [_count(text, votes.get(place, []), labels, place) for place, text in texts.items()]


def _count(
    text: str, votes: Iterable[ShareVote], labels: dict[tuple[int, int], str], place: int
) -> OutsideVotes:
    cast = [
        (vote.name, labels.get((place, vote.voice_id)) or vote.voice.shown_name, vote.voted_at)
        for vote in votes
    ]
    return OutsideVotes(text, Counter(choice for _, choice, _ in cast).most_common(), cast)


def find_shares(user: User) -> list[Share]:
    """Return the links that the user can see, newest first, each with ``voter_count``."""
    rows = Share.objects.visible_to(user).select_related("made_by", "collection", "comparison")
    rows = rows.annotate(voter_count=Count("votes__browser", distinct=True))
    return list(rows.order_by("-made_at")[:100])


def find_shares_of(target: object) -> int:
    """Return how many links to a collection or comparison were made and not revoked."""
    name = "comparison" if isinstance(target, Comparison) else "collection"
    return Share.objects.filter(**{name: target}, revoked_at=None).count()
