"""Voices that expire, waiting plans, voices recently gone, and accounts that fill up."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from catalog.core.locales import say_day
from catalog.models import EndNotice, PlannedDeletion, ProviderAccount, Team, User, Voice
from catalog.queries.evacuations.candidates import find_candidates, find_lasting
from catalog.queries.evacuations.ends import TeamEnds, VoiceEnd, find_notices_of, list_ends
from catalog.queries.evacuations.plans import find_affected
from catalog.queries.speakers import ConsentEnd, find_consent_ends, find_speakers_with_voices

_SHOWN = 100
_WITH_REPLACEMENTS = 10
_GONE_SINCE = timedelta(days=90)
_PACE_DAYS = 30
_FAR_DAYS = 3650
_WEEKS_FROM_DAYS = 14


@dataclass(frozen=True, slots=True)
class ExpiringVoice:
    """A voice that expires, with the days left and the voices that could replace it.

    ``days`` is None without a known date and negative after it. Only the voices that expire
    soonest get replacements.
    """

    voice: Voice
    end: VoiceEnd
    days: int | None
    replacements: list[Voice]

    @property
    def words(self) -> str:
        """When the voice expires, as text."""
        if self.days is None or self.end.day is None:
            return "date unknown"
        date_words = f"{say_day(self.end.day)}"
        if self.days < 0:
            return f"was due on {date_words}, but is still listed"
        days = "today" if self.days == 0 else f"in {self.days} day{'s' * (self.days != 1)}"
        unless = ", unless it's used before" if self.end.unused_days else ""
        return f"{days}, on {date_words}{unless}"


@dataclass(frozen=True, slots=True)
class AnnouncedEnd:
    """The announced end of a provider or an account, and how many voices matter there."""

    notice: EndNotice
    count: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """How full an account is, how fast it fills, and when it will be full at this rate."""

    account: ProviderAccount
    made_count: int
    gone_count: int
    full_date: date | None
    days_left: int | None

    @property
    def growth(self) -> int:
        """The change in the number of voices in the last 30 days."""
        return self.made_count - self.gone_count

    @property
    def words(self) -> str:
        """The forecast as text."""
        if self.account.slots_limit is None or self.account.slots_used is None:
            return "The provider doesn't state a limit."
        if self.account.slots_left == 0:
            return "Full now."
        if self.growth <= 0:
            return "Not filling up."
        if self.full_date is None:
            return "Not full within 10 years at this rate."
        return f"Full in {self.time_words}, about {say_day(self.full_date)}, at this rate."

    @property
    def time_words(self) -> str:
        """The time until the account is full, as text."""
        days = self.days_left or 0
        number, unit = (days, "day") if days < _WEEKS_FROM_DAYS else (round(days / 7), "week")
        return f"about {number} {unit}{'s' * (number != 1)}"


@dataclass(frozen=True, slots=True)
class ExpiryPage:
    """What expires, soonest first; the lists are cut off, the counts are not."""

    notices: list[AnnouncedEnd]
    ending: list[ExpiringVoice]
    ending_count: int
    held: list[PlannedDeletion]
    held_count: int
    gone: list[Voice]
    gone_count: int
    accounts: list[Forecast]
    consents: list[ConsentEnd]


def get_end_board(user: User, now: datetime) -> ExpiryPage:
    """Return what expires among the things that the user can see."""
    voices = Voice.objects.visible_to(user).select_related("account")
    held = PlannedDeletion.objects.held().filter(
        voice__in=Voice.objects.visible_to(user).values("pk"),
        plan__started_at=None,
        plan__called_off_at=None,
    )
    rows = held.select_related("voice", "account", "plan", "responsible")
    gone = voices.filter(remote_deleted_at__gt=now - _GONE_SINCE, is_owned=True)
    team = Team.objects.visible_to(user).first()
    ends = list_ends(TeamEnds(team, now.date(), is_by_voice=True), voices.present()) if team else []
    return ExpiryPage(
        notices=_describe_notices(user),
        ending=_describe_ending(user, ends, now),
        ending_count=len(ends),
        held=list(rows.order_by("plan__due_at", "position", "pk")[:_SHOWN]),
        held_count=held.count(),
        gone=list(gone.order_by("-remote_deleted_at", "pk")[:_SHOWN]),
        gone_count=gone.count(),
        accounts=forecast_accounts(user, now),
        consents=find_consent_ends(find_speakers_with_voices(user), now.date()),
    )


def _describe_ending(
    user: User, ends: list[tuple[Voice, VoiceEnd]], now: datetime
) -> list[ExpiringVoice]:
    ids = [voice.pk for voice, _ in ends[:_SHOWN]]
    rows = Voice.objects.filter(pk__in=ids).select_related("account")
    voices = {voice.pk: voice for voice in rows}
    found = [(voices[voice.pk], end) for voice, end in ends if voice.pk in voices]
    near = _find_replacements(user, [voice for voice, _ in found[:_WITH_REPLACEMENTS]])
    return [
        ExpiringVoice(voice, end, _days_to(end.day, now), near.get(voice.pk, []))
        for voice, end in found
    ]


def _find_replacements(user: User, voices: list[Voice]) -> dict[int, list[Voice]]:
    ids = [voice.pk for voice in voices]
    found = find_candidates(user, voices, find_lasting(user, besides=ids)) if voices else {}
    wanted = {each.voice_id for candidates in found.values() for each in candidates}
    rows = Voice.objects.filter(pk__in=wanted).select_related("account", "clip")
    known = {voice.pk: voice for voice in rows}
    return {pk: [known[each.voice_id] for each in near] for pk, near in found.items()}


def _days_to(day: date | None, now: datetime) -> int | None:
    return None if day is None else (day - now.date()).days


def _describe_notices(user: User) -> list[AnnouncedEnd]:
    """Return what ends as a whole, with the number of voices that matter."""
    found = []
    for notice in find_notices_of(user):
        if notice.voice_id is None:
            count = 0
            if notice.unused_days is None:
                place = {"account": notice.account} if notice.account else {}
                count = len(find_affected(user, provider=notice.provider, **place))
            found.append(AnnouncedEnd(notice, count))
    return found


def forecast_accounts(user: User, now: datetime) -> list[Forecast]:
    """Forecast when each account is full, from what was added and removed in the last 30 days."""
    accounts = list(ProviderAccount.objects.visible_to(user).order_by("provider", "pk"))
    since = now - timedelta(days=_PACE_DAYS)
    own = Voice.objects.filter(account__in=accounts, is_owned=True, kind__in=Voice.OWN_KINDS)
    came = Counter[int]()
    dates = own.values_list("account", "remote_created_at", "added_at")
    for account_id, remote_created_at, added_at in dates.iterator():
        came[account_id] += (remote_created_at or added_at) > since
    went = Counter(own.filter(remote_deleted_at__gt=since).values_list("account", flat=True))
    return [_forecast(each, came[each.pk], went[each.pk], now) for each in accounts]


def _forecast(account: ProviderAccount, came: int, went: int, now: datetime) -> Forecast:
    left, growth = account.slots_left, came - went
    if not left or growth <= 0 or left * _PACE_DAYS > growth * _FAR_DAYS:
        return Forecast(account, came, went, None, None)
    days = round(left * _PACE_DAYS / growth)
    return Forecast(account, came, went, (now + timedelta(days=days)).date(), days)
