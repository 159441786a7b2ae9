"""What stands around a person's list of voices, kept for as long as nothing of it changes."""

from collections import OrderedDict
from dataclasses import dataclass, replace

from catalog import policies
from catalog.models import ProviderAccount, SavedSearch, Team, User
from catalog.queries.credentials import find_accounts, find_hidden_sets
from catalog.queries.preferences import ViewPreferences, find_habits, find_searches
from catalog.queries.voices.version import ListVersion, read_list_version

# Some kilobytes each; in this process only.
_MOST_KEPT = 500


@dataclass(frozen=True, slots=True)
class ListContext:
    """The team, the accounts, habits and saved searches of a person; not to be changed."""

    freshness: ListVersion
    teams: frozenset[int]
    accounts: list[ProviderAccount]
    habits: ViewPreferences
    searches: list[SavedSearch]
    may_speak: bool
    hidden: frozenset[int] = frozenset()  # key sets whose voices the person may not see

    @property
    def account_ids(self) -> frozenset[int]:
        """The accounts whose voices the person may see."""
        return frozenset(account.pk for account in self.accounts)

    @property
    def versions(self) -> dict[int, int]:
        """The number of the last change to the voices of the team."""
        known = self.freshness.versions
        return {team_id: known[team_id] for team_id in self.teams if team_id in known}


_KEPT: OrderedDict[int, ListContext] = OrderedDict()


def get_list_context(user: User) -> ListContext:
    """Return what stands around the list now: each call compares what it depends on."""
    freshness = read_list_version(user)
    known = _KEPT.get(user.pk)
    if known is not None and known.freshness.rows == freshness.rows:
        return replace(known, freshness=freshness)
    found = _read(user, freshness)
    # What changed while it was read is of no certain moment, and not for the next time.
    if read_list_version(user).rows == freshness.rows:
        _KEPT[user.pk] = found
        while len(_KEPT) > _MOST_KEPT:
            _KEPT.popitem(last=False)
    return found


def forget_list_contexts() -> None:
    """Let go of everything that was kept."""
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
