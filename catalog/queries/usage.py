"""When voices were last used: in Voiceboard, and according to the provider's history."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from catalog.core.locales import say_day
from catalog.models import ProviderAccount, Voice, VoiceUsage


@dataclass(frozen=True, slots=True)
class LastUsage:
    """When and how a voice was last used; ``silent_since`` is how far back the provider reports.

    If neither is set, usage is unknown, which is not the same as unused.
    """

    at: datetime | None = None
    way: str = ""
    play_count: int | None = None
    silent_since: datetime | None = None
    has_failed: bool = False  # and so cannot have been used

    def is_known_since(self, moment: datetime) -> bool:
        """Return whether a use is known, or it is known that there was none since then."""
        is_silent = self.silent_since is not None and self.silent_since <= moment
        return self.at is not None or is_silent or self.has_failed

    @property
    def words(self) -> str:
        """The last use as text, "unknown" if nothing is known."""
        if self.at is not None:
            return f"{say_day(self.at)}, {self.way}"
        if self.has_failed:
            return "never (it failed)"
        if self.silent_since is not None:
            return f"no use since {say_day(self.silent_since)}"
        return "unknown"


def find_last_uses(voices: Collection[Voice]) -> dict[int, LastUsage]:
    """Return the last use of each voice; the voices' accounts must be loaded."""
    rows = VoiceUsage.objects.filter(voice__in=[voice.pk for voice in voices])
    uses = {row.voice_id: row for row in rows}
    return {voice.pk: _sum_up(voice, uses.get(voice.pk)) for voice in voices}


def _sum_up(voice: Voice, use: VoiceUsage | None) -> LastUsage:
    account = voice.account
    silent_since = _reported_since(account)
    if use is None:
        return LastUsage(silent_since=silent_since)
    ways = [
        (use.played_at, "played here"),
        (use.spoken_at, "used for speech here"),
        (use.exported_at, "exported here"),
        (use.provider_used_at, f"used at {account.info.label}"),
    ]
    dated = [(at, way) for at, way in ways if at is not None]
    at, way = max(dated, default=(None, ""))
    return LastUsage(at, way, use.play_count, silent_since)


def _reported_since(account: ProviderAccount) -> datetime | None:
    return account.uses_from if account.uses_read_at is not None else None
