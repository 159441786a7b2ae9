"""Who in a team can see and hear voices: those who can see every account that they are in."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from catalog.models import Credential, ProviderAccount, Team, User, Voice
from catalog.models.voices import VoiceQuerySet

_NAMED = 4


@dataclass(frozen=True, slots=True)
class Audience:
    """Who of a team can see some voices, and which of them others can't."""

    team: Team
    viewer: User
    people: list[User]
    closed: list[Voice]
    is_everyone: bool

    @property
    def is_only_you(self) -> bool:
        """Tell whether nobody but the person who asks can see them all."""
        return not self.is_everyone and [person.pk for person in self.people] == [self.viewer.pk]

    @property
    def who(self) -> str:
        """The people in words, the one who asks first."""
        if self.is_everyone:
            return f"everyone in {self.team}"
        if self.is_only_you:
            return "only you"
        others = [str(person) for person in self.people if person.pk != self.viewer.pk]
        own = ["you"] if len(others) < len(self.people) else []
        return join_names([*own, *others], most=6) or "nobody"

    @property
    def can(self) -> str:
        """Who can do something, as the beginning of a sentence."""
        return self.who[0].upper() + self.who[1:]

    @property
    def closed_names(self) -> str:
        """The voices that some of the team can't see, in words."""
        return join_names([voice.shown_name[:60] for voice in self.closed])


def join_names(names: list[str], most: int = 4) -> str:
    """Return names as a list in words, the first ones only where there are many."""
    if len(names) > most + 1:
        return f"{', '.join(names[:most])} and {len(names) - most:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def find_audience(user: User, team: Team, voices: Iterable[Voice]) -> Audience:
    """Return who of the team can see and hear all of these voices."""
    chosen = list(voices)
    sight = find_sight(team, {voice.account_id for voice in chosen})
    people = list(User.objects.filter(memberships__team=team).order_by("first_name", "pk"))
    everyone = {person.pk for person in people}
    seeing = everyone.intersection(*sight.values())
    return Audience(
        team=team,
        viewer=user,
        people=[person for person in people if person.pk in seeing],
        closed=[voice for voice in chosen if sight[voice.account_id] != everyone],
        is_everyone=seeing == everyone,
    )


@dataclass(frozen=True, slots=True)
class ClosedPart:
    """How many voices of something shared some of the team can't see, and the first names."""

    count: int
    names: list[str]

    @property
    def words(self) -> str:
        """The first names, and how many more there are."""
        more = self.count - len(self.names)
        return join_names([*self.names, *[""] * more], most=len(self.names))


def find_closed_part(team: Team, voices: VoiceQuerySet) -> ClosedPart:
    """Return which of many voices not everyone in the team can see."""
    accounts = set(voices.order_by().values_list("account", flat=True).distinct())
    everyone = set(team.memberships.values_list("user", flat=True))
    sight = find_sight(team, accounts)
    closed = voices.filter(account__in=[pk for pk, people in sight.items() if people != everyone])
    count = closed.count()
    shown = closed.order_by("sort_name", "pk")[: min(_NAMED, count)] if count else []
    return ClosedPart(count, [voice.shown_name[:60] for voice in shown])


def find_sight(team: Team, account_ids: Iterable[int]) -> dict[int, set[int]]:
    """Return, for each account, the people of the team who can see it."""
    everyone = set(team.memberships.values_list("user", flat=True))
    rows = ProviderAccount.objects.filter(team=team, provider__in=settings.PROVIDER_BASE_URLS)
    owners: dict[int, set[int]] = defaultdict(set)
    keys = Credential.objects.filter(account__in=account_ids).exclude(owner=None)
    for account_id, owner_id in keys.values_list("account", "owner"):
        owners[account_id or 0].add(owner_id or 0)
    sight: dict[int, set[int]] = {pk: set() for pk in account_ids}
    for account in rows.filter(pk__in=account_ids):
        own = owners[account.pk] | {account.last_owner_id or 0}
        sight[account.pk] = everyone if account.is_shared else everyone & own
    return sight
