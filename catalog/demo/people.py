"""The people of the demo's team, and the voices that they choose."""

from dataclasses import dataclass
from datetime import datetime

from catalog.models import Membership, Team, User, Voice
from catalog.queries.searches.filters import VoiceFilter
from catalog.queries.voices.search import find_voices

_TEAM = "Aurora"
_NAMES = ("ana", "cleo", "mia", "vic")


@dataclass(frozen=True, slots=True)
class DemoTeam:
    """The team with an admin, a cloner, a member, and a viewer, at one moment."""

    team: Team
    ana: User
    cleo: User
    mia: User
    vic: User
    now: datetime

    @property
    def everyone(self) -> tuple[User, ...]:
        """The people of the team."""
        return (self.ana, self.cleo, self.mia, self.vic)

    def pick_voices(self, count: int, **chosen: str) -> list[Voice]:
        """Return at most so many voices that play, as a filter of the list finds them."""
        wanted = VoiceFilter(chosen={name: (value,) for name, value in chosen.items()})
        found = [voice for voice in find_voices(self.ana, wanted).voices if voice.can_play]
        return found[:count]


def find_demo_team(now: datetime) -> DemoTeam | None:
    """Return the demo's team if all of its people are still in it."""
    team = Team.objects.filter(name=_TEAM).first()
    members = Membership.objects.filter(team=team).values("user")
    rows = User.objects.filter(pk__in=members, email__endswith="@example.com")
    people = {user.email.partition("@")[0]: user for user in rows}
    if team is None or not people.keys() >= set(_NAMES):
        return None
    ana, cleo, mia, vic = (people[name] for name in _NAMES)
    return DemoTeam(team, ana, cleo, mia, vic, now)
