"""The keys through which voices of a team could be deleted, and whom to ask where there is none."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from catalog.models import Credential, Team, User, Voice


@dataclass(frozen=True, slots=True)
class DeletingKeys:
    """What an admin may delete through: own keys, and those that their owners share."""

    user: User
    fitting: dict[int, list[Credential]]
    advice: dict[int, str] = field(default_factory=dict)

    def choose(self, voice: Voice, maker: UUID | None = None) -> Credential | None:
        """Return the key that made the voice if it may delete it, else another one, or None."""
        keys = self.fitting.get(voice.account_id, [])
        return min(
            keys, key=lambda key: (key.pk != maker, key.owner_id != self.user.pk), default=None
        )

    def tell_obstacle(self, voice: Voice) -> str:
        """Say why no key can delete the voice, and whom to ask."""
        return self.advice.get(voice.account_id, "No key opens this account any more.")


def find_deleting_keys(user: User, team: Team, voices: Iterable[Voice]) -> DeletingKeys:
    """Return the keys by account, with advice for the accounts that have none."""
    accounts = {voice.account_id: voice.account for voice in voices}
    rows = Credential.objects.offered().filter(team=team, account__in=list(accounts))
    keys: dict[int, list[Credential]] = defaultdict(list)
    for key in rows.select_related("owner").order_by("created_at"):
        keys[key.account_id or 0].append(key)
    fitting = {
        account_id: [key for key in found if _is_open(key, user) and key.may("delete")]
        for account_id, found in keys.items()
    }
    advice = {
        pk: _advise(keys.get(pk, []), user, account.last_owner) for pk, account in accounts.items()
    }
    return DeletingKeys(user, fitting, advice)


def _is_open(key: Credential, user: User) -> bool:
    return key.is_shared or key.owner_id == user.pk


def _advise(keys: list[Credential], user: User, last_owner: User | None) -> str:
    closed = [key for key in keys if not _is_open(key, user)]
    able = [key for key in closed if key.may("delete")]
    if able:
        return f"No shared key can delete it. Ask {able[0].holder} to share theirs."
    if keys:
        return f"The key of {keys[0].holder} cannot delete it now. Ask them for one that can."
    if last_owner is not None:
        return f"No key opens this account any more. Ask {last_owner} for one."
    return "No key opens this account any more. Ask for one to be added."
