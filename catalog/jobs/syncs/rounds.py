"""One sync round over an account: list voices with every key and merge the lists."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from catalog.jobs.accounts.key_sets import ALL_RIGHTS, get_key_set, move_voices, read_key_sets
from catalog.jobs.voices.store import LastListed, SyncCounts, rank_rights
from catalog.models import Credential, KeySet, ProviderAccount
from catalog.providers.pagination import ListedVoice, ListGap

Group = list[Credential]


@dataclass(slots=True)
class _Held:
    """A version of a voice that differs from the stored one, to be compared with other keys'."""

    rights: int
    entry: ListedVoice


@dataclass(slots=True)
class SyncRound:
    """What the keys of an account have listed so far; ``groups`` holds identical keys together.

    Keys of one workspace may list the same voice with different rights. The version of the key with
    the most rights is stored, so the voice doesn't change with every key.
    """

    account: ProviderAccount
    groups: list[Group]
    last: LastListed
    tally: SyncCounts
    is_complete: bool = True
    # One sentence for each part of a key's list that was left out.
    warnings: list[str] = field(default_factory=list)
    # Keys that completely listed the owned voices (True) and the others (False).
    _asked: dict[bool, set[UUID]] = field(default_factory=lambda: {True: set(), False: set()})
    # By remote id: one bit per group that lists the voice, and two bits for its rights.
    _listed: dict[str, int] = field(default_factory=dict)
    _rights: dict[str, int] = field(default_factory=dict)
    # The rights that come with the stored version, if a key of this round listed exactly that.
    _kept: dict[str, int] = field(default_factory=dict)
    _held: dict[str, _Held] = field(default_factory=dict)
    # New voices start with the key set of the key that listed them.
    _placed: dict[str, int] = field(default_factory=dict)
    _left_out: set[bool] = field(default_factory=set)

    @property
    def has_listed(self) -> bool:
        """Return whether any key has completed its list."""
        return any(self._asked.values()) or bool(self.warnings)

    def take(
        self, place: int, key_set: int, listing: Iterator[ListedVoice]
    ) -> Iterator[ListedVoice]:
        """Record what one group lists, and yield the new or changed voices to write now.

        ``key_set`` is the group's own.
        """
        bit, is_only = 1 << place, len(self.groups) == 1
        for entry in listing:
            remote_id = entry.remote_id[:200]
            self._listed[remote_id] = self._listed.get(remote_id, 0) | bit
            self.tally.seen = len(self._listed)
            if remote_id not in self.last.key_sets:
                self._placed.setdefault(remote_id, key_set)
            # Check this first: in a large account most entries are unchanged and dropped here.
            if self.last.holds(entry):
                self._note(remote_id, place, self.last.rights[remote_id])
            elif is_only:
                yield entry
            else:
                rights = _rights_of(entry)
                if remote_id in self.last.marks or remote_id in self._kept:
                    self._hold(remote_id, place, rights, entry)
                else:
                    self._note(remote_id, place, rights)
                    yield entry

    def end_group(self, place: int, gaps: Collection[ListGap]) -> None:
        """Record that a group has listed everything it can access, except for ``gaps``."""
        left_out = {gap.is_owned for gap in gaps}
        self.warnings += [gap.message for gap in gaps if gap.message not in self.warnings]
        for is_owned in {True, False} - left_out:
            self._asked[is_owned].update(key.pk for key in self.groups[place])
        self._left_out |= left_out

    def find_changed(self) -> Iterator[ListedVoice]:
        """Yield changed voices that no key with more rights lists in their stored form."""
        for remote_id, held in self._held.items():
            kept = self._kept.get(remote_id)
            if kept is None or held.rights > kept:
                yield held.entry

    def key_set_of(self, place: int) -> int:
        """Return the key set of one group, for new voices that it lists."""
        return get_key_set(self.account, {key.pk: ALL_RIGHTS for key in self.groups[place]})

    def settle(self) -> set[str]:
        """Store which keys list which voices; return the voices that no key lists anymore."""
        sets = read_key_sets(self.account)
        # Most voices share these values, so the work is done once per combination.
        alike: dict[tuple[int, int, int | None, bool], list[str]] = defaultdict(list)
        for remote_id in self.last.marks.keys() | self._listed.keys():
            bits, rights = self._listed.get(remote_id, 0), self._rights.get(remote_id, 0)
            is_owned = self.last.rights.get(remote_id) == ALL_RIGHTS
            alike[bits, rights, self.last.key_sets.get(remote_id), is_owned].append(remote_id)
        gone: set[str] = set()
        for (bits, rights, before, is_owned), remote_ids in alike.items():
            asked = self._asked[is_owned]
            kept = {k: right for k, right in sets.get(before or 0, {}).items() if k not in asked}
            keys = kept | self._keys_of(bits, rights)
            if keys:
                self._move(keys, remote_ids)
            elif self._may_be_gone(before, sets, is_owned=is_owned):
                gone.update(remote_ids)
        return gone

    def _move(self, keys: dict[UUID, int], remote_ids: list[str]) -> None:
        key_set, known = get_key_set(self.account, keys), self.last.key_sets
        others = [
            remote_id
            for remote_id in remote_ids
            if (known.get(remote_id) or self._placed.get(remote_id)) != key_set
        ]
        if others:
            move_voices(self.account, key_set, others)

    def _may_be_gone(
        self, before: int | None, sets: dict[int, dict[UUID, int]], *, is_owned: bool
    ) -> bool:
        """Return whether every key that could list the voice was asked."""
        if before is None:
            return self.is_complete and is_owned not in self._left_out
        if sets.get(before):
            return True
        # Its keys were removed; a new key of the same person would list it.
        owner = KeySet.objects.filter(pk=before).values_list("last_owner", flat=True).first()
        asked = self._asked[is_owned]
        owners = {key.owner_id for group in self.groups for key in group if key.pk in asked}
        return owner in owners

    def _keys_of(self, bits: int, rights: int) -> dict[UUID, int]:
        return {
            key.pk: rights >> 2 * place & 3
            for place, group in enumerate(self.groups)
            if bits >> place & 1
            for key in group
        }

    def _note(self, remote_id: str, place: int, rights: int) -> None:
        self._kept[remote_id] = rights
        self._note_rights(remote_id, place, rights)

    def _hold(self, remote_id: str, place: int, rights: int, entry: ListedVoice) -> None:
        held = self._held.get(remote_id)
        if held is None or rights > held.rights:
            self._held[remote_id] = _Held(rights, entry)
        self._note_rights(remote_id, place, rights)

    def _note_rights(self, remote_id: str, place: int, rights: int) -> None:
        if rights:
            self._rights[remote_id] = self._rights.get(remote_id, 0) | rights << 2 * place


def _rights_of(entry: ListedVoice) -> int:
    remote = entry.read()
    return rank_rights(is_owned=remote.is_owned, is_editable=remote.is_editable)
