"""The keys that can delete a team's voices, and whom to ask if there is none."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from catalog.models import Credential, ListingKey, Team, User, Voice


@dataclass(frozen=True, slots=True)
class DeletingKeys:
    """The keys an admin may delete with: their own, and those that are shared.

    ``listing`` maps each key set to the keys that may delete its voices.
    """

    user: User | None
    keys: dict[int, list[Credential]]
    listing: dict[int, set[UUID]] = field(default_factory=dict)

    def choose(self, voice: Voice, maker: UUID | None = None) -> Credential | None:
        """Return the key that made the voice if it may delete it, otherwise another, or None."""
        keys = [key for key in self._keys_of(voice) if self._is_open(key) and key.may("delete")]
        return min(keys, key=lambda key: (key.pk != maker, not self._is_own(key)), default=None)

    def choose_any(self, voice: Voice, maker: UUID | None = None) -> Credential | None:
        """Do the same among all keys of the team: what a speaker withdrew has to be erased."""
        keys = [key for key in self._keys_of(voice) if key.may("delete")]
        return min(keys, key=lambda key: (key.pk != maker, key.is_refused), default=None)

    def describe_obstacle(self, voice: Voice) -> str:
        """Return why no key can delete the voice, and whom to ask."""
        last_owner = (voice.key_set or voice.account).last_owner
        keys = self._keys_of(voice)
        closed = [key for key in keys if self.user is not None and not self._is_open(key)]
        return _advise(keys, closed, last_owner)

    def _is_own(self, key: Credential) -> bool:
        return self.user is not None and key.owner_id == self.user.pk

    def _is_open(self, key: Credential) -> bool:
        return key.is_shared or self._is_own(key)

    def _keys_of(self, voice: Voice) -> list[Credential]:
        keys = self.keys.get(voice.account_id, [])
        if voice.key_set_id is None:
            return keys
        deleting = self.listing.get(voice.key_set_id, set())
        return [key for key in keys if key.pk in deleting]


def find_deleting_keys(user: User | None, team: Team, voices: Iterable[Voice]) -> DeletingKeys:
    """Return the keys by account, and which of them can delete which voices.

    Without a user, they are for what Voiceboard does itself.
    """
    voices = list(voices)
    rows = Credential.objects.offered().filter(
        team=team, account__in={voice.account_id for voice in voices}
    )
    keys: dict[int, list[Credential]] = defaultdict(list)
    for key in rows.select_related("owner").order_by("created_at"):
        keys[key.account_id or 0].append(key)
    listing: dict[int, set[UUID]] = defaultdict(set)
    entries = ListingKey.objects.filter(key_set__in={voice.key_set_id for voice in voices} - {None})
    for key_set, key_id in entries.filter(rights=ListingKey.Rights.DELETE).values_list(
        "key_set", "credential"
    ):
        listing[key_set].add(key_id)
    return DeletingKeys(user, dict(keys), dict(listing))


def _advise(keys: list[Credential], closed: list[Credential], last_owner: User | None) -> str:
    able = [key for key in closed if key.may("delete")]
    if able:
        return f"No shared key can delete this voice. Ask {able[0].holder} to share theirs."
    if keys:
        return f"The key of {keys[0].holder} can't delete this voice. Ask them to add one that can."
    if last_owner is not None:
        return f"No key works for this account anymore. Ask {last_owner} to add one."
    return "No key works for this account anymore. Ask a teammate to add one."
