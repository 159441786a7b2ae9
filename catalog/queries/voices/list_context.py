"""What a user's voice list depends on besides the voices, cached until it changes."""

from collections import OrderedDict
from dataclasses import dataclass, replace

from catalog import policies
from catalog.models import ProviderAccount, SavedSearch, Team, User
from catalog.queries.credentials import find_accounts, find_hidden_sets
from catalog.queries.preferences import ViewPreferences, find_habits, find_searches
from catalog.queries.voices.version import ListVersion, read_list_version

# A few kB each, per process.
_MOST_KEPT = 500


@dataclass(frozen=True, slots=True)
class ListContext:
    """The user's team, accounts, settings, and saved searches; must not be modified."""

    freshness: ListVersion
    teams: frozenset[int]
    accounts: list[ProviderAccount]
    habits: ViewPreferences
    searches: list[SavedSearch]
    may_speak: bool
    hidden: frozenset[int] = frozenset()  # key sets whose voices the user can't see

    @property
    def account_ids(self) -> frozenset[int]:
        """The accounts whose voices the user can see."""
        return frozenset(account.pk for account in self.accounts)

    @property
    def versions(self) -> dict[int, int]:
        """The version of the team's voices, by team."""
        known = self.freshness.versions
        return {team_id: known[team_id] for team_id in self.teams if team_id in known}


_KEPT: OrderedDict[int, ListContext] = OrderedDict()


def get_list_context(user: User) -> ListContext:
    """Return the current context; each call checks whether the cached one is still valid."""
    freshness = read_list_version(user)
    known = _KEPT.get(user.pk)
    if known is not None and known.freshness.rows == freshness.rows:
        return replace(known, freshness=freshness)
    found = _read(user, freshness)
    # If something changed during the read, the result may be mixed and must not be cached.
    if read_list_version(user).rows == freshness.rows:
        _KEPT[user.pk] = found
        while len(_KEPT) > _MOST_KEPT:
            _KEPT.popitem(last=False)
    return found


def forget_list_contexts() -> None:
    """Empty the cache."""
    _KEPT.clear()


def _read(user: User, freshness: ListVersion) -> ListContext:
    team = Team.objects.visible_to(user).first()
    return ListContext(
        freshness=freshness,
        teams=frozenset([team.pk] if team else []),
        accounts=find_accounts(user),
        habits=find_habits(user),
        searches=find_searches(user),
        may_speak=team is not None and policies.may_speak(user, team),
        hidden=find_hidden_sets(user),
    )
