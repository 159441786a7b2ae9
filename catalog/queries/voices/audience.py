"""Which members of a team can see and hear a voice, given its account and key set."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q

from catalog.core.locales import say_number
from catalog.models import Credential, KeySet, ListingKey, ProviderAccount, Team, User, Voice
from catalog.models.voices.voices import VoiceQuerySet

_NAMED = 4
# An account, and the key set that lists the voice.
Place = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who in a team can see some voices, and which of the voices others can't see."""

    team: Team
    viewer: User
    people: list[User]
    closed: list[Voice]
    is_everyone: bool

    @property
    def is_only_you(self) -> bool:
        """Return whether only the user who asks can see all of them."""
        return not self.is_everyone and [person.pk for person in self.people] == [self.viewer.pk]

    @property
    def who(self) -> str:
        """The people as text, the user who asks first."""
        if self.is_everyone:
            return f"everyone in {self.team}"
        if self.is_only_you:
            return "only you"
        others = [str(person) for person in self.people if person.pk != self.viewer.pk]
        own = ["you"] if len(others) < len(self.people) else []
        return join_names([*own, *others], most=6) or "no one"

    @property
    def can(self) -> str:
        """The people as the start of a sentence."""
        return self.who[0].upper() + self.who[1:]

    @property
    def closed_names(self) -> str:
        """The names of the voices that some members can't see."""
        return join_names([voice.shown_name[:60] for voice in self.closed])


def join_names(names: list[str], most: int = 4) -> str:
    """Return the names as a list, cut off with "and N more" if there are many."""
    if len(names) > most + 1:
        return f"{', '.join(names[:most])} and {say_number(len(names) - most)} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def find_audience(user: User, team: Team, voices: Iterable[Voice]) -> Audience:
    """Return which members can see and hear all of these voices."""
    chosen = list(voices)
    sight = find_sight(team, {place_of(voice) for voice in chosen})
    people = list(
        User.objects.filter(pk__in=team.memberships.values("user")).order_by("first_name", "pk")
    )
    everyone = {person.pk for person in people}
    seeing = everyone.intersection(*sight.values())
    return Audience(
        team=team,
        viewer=user,
        people=[person for person in people if person.pk in seeing],
        closed=[voice for voice in chosen if sight[place_of(voice)] != everyone],
        is_everyone=seeing == everyone,
    )


@dataclass(frozen=True, slots=True)
class HiddenVoices:
    """How many shared voices some members can't see, and the first names."""

    count: int
    names: list[str]

    @property
    def words(self) -> str:
        """The first names, and how many more there are."""
        more = self.count - len(self.names)
        return join_names([*self.names, *[""] * more], most=len(self.names))


def find_closed_part(team: Team, voices: VoiceQuerySet) -> HiddenVoices:
    """Return which of these voices not every member can see."""
    places = set(voices.order_by().values_list("account", "key_set").distinct())
    everyone = set(team.memberships.values_list("user", flat=True))
    sight = find_sight(team, places)
    is_closed = Q(pk__in=[])
    for place, people in sight.items():
        if people != everyone:
            is_closed |= Q(account=place[0], key_set=place[1])
    closed = voices.filter(is_closed)
    count = closed.count()
    shown = closed.order_by("sort_name", "pk")[: min(_NAMED, count)] if count else []
    return HiddenVoices(count, [voice.shown_name[:60] for voice in shown])


def place_of(voice: Voice) -> Place:
    """Return where the voice is listed."""
    return voice.account_id, voice.key_set_id


def find_sight(team: Team, places: Iterable[Place]) -> dict[Place, set[int]]:
    """Return the ids of the members who can see the voices in each place."""
    places = set(places)
    accounts = _find_account_sight(team, {account_id for account_id, _ in places})
    key_sets = _find_key_set_sight({key_set for _, key_set in places if key_set is not None})
    return {
        place: accounts[place[0]] & key_sets.get(place[1] or 0, accounts[place[0]])
        for place in places
    }


def _find_account_sight(team: Team, account_ids: set[int]) -> dict[int, set[int]]:
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


def _find_key_set_sight(key_set_ids: set[int]) -> dict[int, set[int]]:
    """Return who can see the voices of each unshared set; shared ones are left out."""
    owners: dict[int, set[int]] = defaultdict(set)
    entries = ListingKey.objects.filter(key_set__in=key_set_ids)
    for key_set, owner_id in entries.values_list("key_set", "credential__owner"):
        owners[key_set].add(owner_id or 0)
    closed = KeySet.objects.filter(pk__in=key_set_ids, is_shared=False)
    return {row.pk: owners[row.pk] or {row.last_owner_id or 0} for row in closed}
