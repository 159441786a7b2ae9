"""When voices end: by the provider's data, announced ends, and disuse."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from catalog.models import EndNotice, Team, User, Voice, VoiceUsage
from catalog.models.voices.voices import VoiceQuerySet
from catalog.providers.registry import all_infos, get_adapter

_LEAD_DAYS = 14
_COLUMNS = (
    *("provider", "account", "kind", "is_owned", "ends_at", "end_note", "sort_name", "added_at"),
    *("remote_created_at", "use__spoken_at", "use__provider_used_at"),
)
# A rule about unused clones leaves this share of its days to react, and at least some days.
_UNUSED_LEAD, _LEAST_UNUSED_LEAD = 0.3, 2


@dataclass(frozen=True, slots=True)
class VoiceEnd:
    """The first day on which a voice may be gone, and why; ``day`` is None if it isn't known.

    ``unused_days`` is set if using the voice postpones the end.
    """

    day: date | None
    reason: str
    unused_days: int | None = None

    @property
    def lead_days(self) -> int:
        """How many days before the end people are reminded."""
        if self.unused_days is None:
            return _LEAD_DAYS
        return max(_LEAST_UNUSED_LEAD, min(_LEAD_DAYS, math.ceil(self.unused_days * _UNUSED_LEAD)))


class TeamEnds:
    """The announced ends of a team, and what follows from them for each voice."""

    def __init__(self, team: Team, today: date, *, is_by_voice: bool = False) -> None:
        """Read the notices; ``is_by_voice`` leaves out those that end everything somewhere."""
        self._is_by_voice, self._today = is_by_voice, today
        self._by_place: dict[tuple[str, int | None], list[EndNotice]] = defaultdict(list)
        self._by_voice: dict[int, list[EndNotice]] = defaultdict(list)
        notices = EndNotice.objects.active().filter(team=team).select_related("account", "voice")
        for notice in notices.order_by("pk"):
            if is_by_voice and notice.voice_id is None and notice.unused_days is None:
                continue
            if notice.voice_id is not None:
                self._by_voice[notice.voice_id].append(notice)
            else:
                self._by_place[notice.provider, notice.account_id].append(notice)

    def select_ending(self, voices: VoiceQuerySet) -> VoiceQuerySet:
        """Keep the voices that can have an end, so that the rest needs no look."""
        wanted = ~Q(ends_at=None) | ~Q(end_note="") | Q(pk__in=list(self._by_voice))
        own = Q(is_owned=True, kind__in=Voice.OWN_KINDS)
        for (provider, account), notices in self._by_place.items():
            place = Q(account=account) if account else Q(provider=provider)
            for notice in notices:
                wanted |= place if notice.unused_days is None else place & own
        for info in all_infos():
            if info.ends_on is not None and not self._is_by_voice:
                wanted |= Q(provider=info.slug)
            if info.unused_expiry_days is not None:
                wanted |= Q(provider=info.slug) & own
        return voices.filter(wanted)

    def find_end(self, voice: Voice, use: VoiceUsage | None) -> VoiceEnd | None:
        """Return the earliest end of a voice, None if nobody announced one."""
        found = list(self._list_ends(voice, use))
        return min(found, key=lambda end: end.day or date.max, default=None)

    def _list_ends(self, voice: Voice, use: VoiceUsage | None) -> Iterable[VoiceEnd]:
        if voice.ends_at is not None or voice.end_note:
            yield VoiceEnd(voice.ends_at.date() if voice.ends_at else None, voice.end_note)
        info = get_adapter(voice.provider).info
        if info.ends_on is not None and not self._is_by_voice:
            yield VoiceEnd(info.ends_on, f"{info.label} shuts down.")
        rules = [info.unused_expiry_days] if info.unused_expiry_days else []
        places = [(voice.provider, None), (voice.provider, voice.account_id)]
        notices = [each for place in places for each in self._by_place[place]]
        for notice in [*self._by_voice.get(voice.pk, ()), *notices]:
            if notice.unused_days is not None:
                rules.append(notice.unused_days)
            else:
                yield VoiceEnd(notice.ends_on, notice.note or f"{notice.subject} ends.")
        if rules and voice.is_owned and voice.kind in Voice.OWN_KINDS:
            yield _find_unused_end(voice, use, min(rules), self._today)


def _find_unused_end(voice: Voice, use: VoiceUsage | None, days: int, today: date) -> VoiceEnd:
    # Playing our copy of a preview is no use at the provider.
    uses = [use.spoken_at, use.provider_used_at] if use else []
    known = [at for at in (*uses, voice.remote_created_at or voice.added_at) if at is not None]
    day = (max(known) + timedelta(days=days)).date()
    if day < today:
        # It's still there, so it was used elsewhere.
        words = f"Deleted if it isn't used for {days} days. Its last use isn't known."
        return VoiceEnd(None, words, days)
    return VoiceEnd(day, f"Deleted if it isn't used for {days} days.", days)


def find_voice_end(voice: Voice, now: datetime) -> VoiceEnd | None:
    """Return the earliest end of one voice, None if nobody announced one."""
    ends = TeamEnds(voice.account.team, now.date())
    return ends.find_end(voice, getattr(voice, "use", None))


def list_ends(ends: TeamEnds, voices: VoiceQuerySet) -> list[tuple[Voice, VoiceEnd]]:
    """Return the voices that end among these, the soonest first; they have few columns loaded.

    The number of queries doesn't depend on the number of voices.
    """
    rows = ends.select_ending(voices).select_related("use").only(*_COLUMNS)
    found = [(voice, ends.find_end(voice, getattr(voice, "use", None))) for voice in rows]
    known = [(voice, end) for voice, end in found if end is not None]
    return sorted(known, key=lambda pair: (pair[1].day or date.max, pair[0].sort_name, pair[0].pk))


def select_needed(voices: VoiceQuerySet) -> VoiceQuerySet:
    """Keep the voices whose end matters to someone: the team's own, and those in use."""
    uses = Q(stars__isnull=False) | Q(use__isnull=False) | Q(collection_entries__isnull=False)
    return voices.filter(Q(is_owned=True, kind__in=Voice.OWN_KINDS) | uses).distinct()


def find_notices_of(user: User) -> list[EndNotice]:
    """Return the announced ends that the user can see, the soonest first."""
    rows = EndNotice.objects.visible_to(user).active().select_related("account", "voice__account")
    return list(rows.select_related("announced_by").order_by("ends_on", "pk"))


def has_end_date(end: VoiceEnd, now: datetime) -> bool:
    """Return whether people are to be reminded of an end by now."""
    if end.day is None:
        return False
    left = (end.day - now.date()).days
    return 0 <= left <= end.lead_days
