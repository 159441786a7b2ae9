"""Maintain our copy of an account's voices: compare, write changes, mark missing ones as gone."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from django.conf import settings
from django.db import connection, transaction

from catalog.jobs.base.bulk_insert import insert_all
from catalog.jobs.voices.badges import list_badges
from catalog.jobs.voices.label_overrides import apply_own_labels
from catalog.models import Installation, ProviderAccount, Voice, VoiceLabel
from catalog.models.voices.versions import raise_version, touch_voices
from catalog.providers.pagination import ListedVoice, mark_seed
from catalog.providers.types import RemoteVoice, VoiceState
from catalog.search.labels import Pairs, list_labels
from catalog.search.search_text import fill_words

# Increase it when the same remote voice results in a different row than before.
_ROW_VERSION = 5
_MOST_UPDATED = 500
# If at least this many voices disappear at once, a second listing has to confirm it.
_MANY = 10
_LONGEST_TEXT = 20_000
_WRITTEN = [
    "name", "sort_name", "description", "kind", "gender", "age", "accent", "language", "state",
    "state_note", "is_owned", "is_editable", "is_verified", "plan_note", "ends_at", "end_note",
    "preview_url", "preview_sample_id", "raw_labels", "details", "problem", "marker", "name_words",
    "id_words", "label_words", "search_text", "content_hash", "source_mark", "remote_created_at",
    "changed_at", "remote_deleted_at", "gone_reason", "version",
]  # fmt: skip


@dataclass(slots=True)
class SyncCounts:
    """Counts of one sync run."""

    seen: int = 0
    added: int = 0
    changed: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True)
class LastListed:
    """Fingerprints of what the provider sent last for each voice, read when a run begins.

    Read once for all voices: one query per batch would take longer than everything else.
    """

    seed: int
    marks: dict[str, str]
    # Includes gone voices: one that comes back may be listed by other keys.
    key_sets: dict[str, int | None]
    rights: dict[str, int]

    @classmethod
    def read(cls, account: ProviderAccount) -> Self:
        """Read the fingerprints of the account's voices, and which keys list them."""
        last = cls(_mark_seed(account), {}, {}, {})
        rows = Voice.objects.filter(account=account).values_list(
            "remote_id", "source_mark", "remote_deleted_at", "key_set", "is_owned", "is_editable"
        )
        for remote_id, mark, remote_deleted_at, key_set, is_owned, is_editable in rows.iterator():
            last.key_sets[remote_id] = key_set
            if remote_deleted_at is None:
                last.marks[remote_id] = mark
                last.rights[remote_id] = rank_rights(is_owned=is_owned, is_editable=is_editable)
        return last

    def holds(self, entry: ListedVoice) -> bool:
        """Return whether the voice is unchanged since it was last sent."""
        before = self.marks.get(entry.remote_id)
        return bool(before) and before == entry.mark(self.seed)


def rank_rights(*, is_owned: bool, is_editable: bool) -> int:
    """Return the rights on a voice: 2 for all, 1 for editing, 0 for none."""
    return 2 if is_owned else int(is_editable)


@dataclass(frozen=True, slots=True)
class VoiceSubset:
    """Voices of an account that the same keys list, either owned or not.

    ``missing`` holds row ids.
    """

    is_owned: bool
    missing: list[int]
    known_count: int

    @property
    def is_lost_at_once(self) -> bool:
        """Return whether many voices all disappeared at once, as after a wrong empty response."""
        return len(self.missing) == self.known_count >= _MANY


def find_missing(
    account: ProviderAccount, absent: set[str], started: datetime
) -> list[VoiceSubset]:
    """Return which of the account's voices are missing, by subset."""
    # A voice made during the listing, or just before, doesn't count as missing.
    rows = Voice.objects.filter(
        account=account, remote_deleted_at=None, added_at__lt=_settled(account, started)
    )
    missing: dict[tuple[bool, int | None], list[int]] = defaultdict(list)
    counts: Counter[tuple[bool, int | None]] = Counter()
    rows_told = rows.values_list("pk", "remote_id", "is_owned", "key_set").iterator()
    for pk, remote_id, is_owned, key_set in rows_told:
        counts[is_owned, key_set] += 1
        if remote_id in absent:
            missing[is_owned, key_set].append(pk)
    return [VoiceSubset(key[0], missing[key], counts[key]) for key in counts]


def mark_gone(gone: list[int], now: datetime) -> int:
    """Mark voices that no key lists anymore as gone."""
    for start in range(0, len(gone), _MOST_UPDATED):
        batch = gone[start : start + _MOST_UPDATED]
        with transaction.atomic():
            Voice.objects.filter(pk__in=batch).update(
                remote_deleted_at=now,
                changed_at=now,
                gone_reason="No longer listed by the provider.",
            )
            touch_voices(batch)
    return len(gone)


def write_voices(
    account: ProviderAccount,
    entries: Iterable[ListedVoice],
    started: datetime,
    now: datetime,
    tally: SyncCounts | None = None,
    *,
    key_set: int | None = None,
) -> None:
    """Write the new and changed voices with one statement for the whole batch.

    New voices get ``key_set``.
    """
    tally = tally or SyncCounts()
    listed = {entry.remote_id[:200]: entry for entry in entries}
    known = _find_known(account, list(listed))
    rows = _find_changed(account, listed, known, started, now)
    tally.added += sum(row.remote_id not in known for row, _ in rows)
    tally.changed += sum(row.remote_id in known for row, _ in rows)
    if rows:
        with transaction.atomic():
            own = _lock_own_labels(account, [row.remote_id for row, _ in rows])
            number = raise_version(account.team_id)
            labels = {}
            for row, pairs in rows:
                row.version, row.own_labels = number, own.get(row.remote_id, {})
                row.key_set_id = key_set
                labels[row.remote_id] = apply_own_labels(row, pairs)
            _upsert_voices([row for row, _ in rows])
            _write_labels(account, labels)


def _find_changed(
    account: ProviderAccount,
    listed: dict[str, ListedVoice],
    known: dict[str, "_StoredVoice"],
    started: datetime,
    now: datetime,
) -> list[tuple[Voice, Pairs]]:
    """Return the rows to write, with their labels."""
    code, seed = Installation.objects.get().code, _mark_seed(account)
    settled = _settled(account, started)
    rows, same = [], {}
    for remote_id, entry in listed.items():
        before, mark = known.get(remote_id), entry.mark(seed)
        remote = entry.read()
        content_hash = _hash_remote(remote, code)
        if not _must_write(remote, content_hash, before, settled):
            same[remote_id] = mark
            continue
        row = _make_row(account, remote, code, now)
        row.content_hash, row.source_mark = content_hash, mark
        row.own_name = before.own_name if before is not None else ""
        labels = list_labels(row, remote.languages, remote.use_cases)
        fill_words(row, labels)
        badges = [("badge", badge) for badge in list_badges(row, now)]
        rows.append((row, labels + badges))
    _keep_marks(account, same)
    return rows


def _mark_seed(account: ProviderAccount) -> int:
    # A row also depends on our own marker and on URLs derived from the base URL.
    base_url = settings.PROVIDER_BASE_URLS.get(account.provider, "")
    return mark_seed(str(_ROW_VERSION), Installation.objects.get().code, base_url)


class _StoredVoice(NamedTuple):
    content_hash: str
    remote_deleted_at: datetime | None
    own_name: str


def _find_known(account: ProviderAccount, remote_ids: list[str]) -> dict[str, _StoredVoice]:
    stored = Voice.objects.filter(account=account, remote_id__in=remote_ids)
    rows_read = stored.values_list("remote_id", *_StoredVoice._fields).iterator()
    return {remote_id: _StoredVoice(*row) for remote_id, *row in rows_read}


def _lock_own_labels(account: ProviderAccount, remote_ids: list[str]) -> dict[str, dict[str, str]]:
    # Relabeling a voice takes the same locks. Voices come before the version, as in touch_voices.
    rows = Voice.objects.filter(account=account, remote_id__in=remote_ids)
    return dict(
        rows.select_for_update(no_key=True).order_by("pk").values_list("remote_id", "own_labels")
    )


def _keep_marks(account: ProviderAccount, marks: dict[str, str]) -> None:
    """Store fingerprints of unchanged voices, so that they are parsed only once."""
    kept = [remote_id for remote_id, mark in marks.items() if mark]
    rows = Voice.objects.filter(account=account, remote_deleted_at=None, remote_id__in=kept)
    voices = list(rows.only("remote_id", "source_mark"))
    for voice in voices:
        voice.source_mark = marks[voice.remote_id]
    Voice.objects.bulk_update(voices, ["source_mark"])


def _upsert_voices(rows: Sequence[Voice]) -> None:
    # bulk_create would split the batch into statements of 38 rows for SQLite.
    columns = [connection.ops.quote_name(name) for name in _WRITTEN]
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns)
    insert_all(rows, f"ON CONFLICT (account_id, remote_id) DO UPDATE SET {changes}")


def _settled(account: ProviderAccount, started: datetime) -> datetime:
    """Return the time up to which a listing started at ``started`` includes all changes."""
    return started - timedelta(seconds=settings.SETTLE_SECONDS or account.info.settle_seconds)


def _must_write(
    remote: RemoteVoice, content_hash: str, known: _StoredVoice | None, settled: datetime
) -> bool:
    if known is None:
        return True
    if known.remote_deleted_at is not None:
        # We deleted it after this listing began, or just before, so the listing is outdated.
        # A voice listed as deleted keeps its existing tombstone with our own reason.
        return remote.state is not VoiceState.GONE and known.remote_deleted_at < settled
    return content_hash != known.content_hash


def _write_labels(account: ProviderAccount, labels: dict[str, Pairs]) -> None:
    voices = Voice.objects.filter(account=account, remote_id__in=list(labels))
    ids = dict(voices.values_list("remote_id", "pk"))
    VoiceLabel.objects.filter(voice__in=list(ids.values())).delete()
    insert_all(
        [
            VoiceLabel(voice_id=ids[remote_id], facet=facet, value=value)
            for remote_id, pairs in labels.items()
            for facet, value in pairs
        ]
    )


def _make_row(account: ProviderAccount, remote: RemoteVoice, code: str, now: datetime) -> Voice:
    """Return the row without its search terms."""
    marker, description = _split_marker(remote.description, code)
    is_gone = remote.state is VoiceState.GONE
    return Voice(
        account=account,
        provider=account.provider,
        remote_id=remote.remote_id[:200],
        name=(remote.name or remote.remote_id)[:300],
        description=description[:_LONGEST_TEXT],
        kind=remote.kind.value or "unknown",
        gender=remote.gender or "unknown",
        age=remote.age or "unknown",
        accent=(remote.accent or "unknown")[:60],
        language=(remote.languages[0] if remote.languages else "unknown")[:20],
        state=Voice.State.READY if is_gone else remote.state.value,
        state_note=remote.state_note[:200],
        is_owned=remote.is_owned,
        is_editable=remote.is_editable,
        is_verified=remote.is_verified,
        plan_note=remote.plan_note[:120],
        ends_at=remote.ends_at,
        end_note=remote.end_note[:200],
        preview_url=remote.preview_url,
        preview_sample_id=(remote.samples[0].remote_id if remote.samples else "")[:200],
        raw_labels={key: str(value)[:200] for key, value in remote.raw.items()},
        details=_without_links(dict(remote.details)),
        problem=remote.problem[:300],
        marker=marker,
        remote_created_at=remote.created_at,
        added_at=now,
        changed_at=now,
        remote_deleted_at=now if is_gone else None,
        gone_reason="Deleted at the provider, which still lists it." if is_gone else "",
    )


def _without_links(value: Any) -> Any:
    """Drop URLs at the provider, because all media goes through our server."""
    if isinstance(value, dict):
        return {key: _without_links(each) for key, each in value.items() if not _is_link(each)}
    if isinstance(value, list | tuple):
        return [_without_links(each) for each in value if not _is_link(each)]
    return value


def _is_link(value: object) -> bool:
    return isinstance(value, str) and value.lower().startswith(("http://", "https://"))


def _split_marker(description: str, code: str) -> tuple[str, str]:
    """Remove our marker from the description; return the marker and the user's own text."""
    prefix = f"vb1:{code}:"
    words = description.split()
    marker = next((word for word in words if word.startswith(prefix) and len(word) <= 80), "")
    return marker, description.replace(marker, "").strip() if marker else description


def _hash_remote(remote: RemoteVoice, code: str) -> str:
    # Hash the remote data, not the row: most voices didn't change, and building their rows just to
    # compare them would dominate the sync of a large account.
    content = f"{_ROW_VERSION}\x1f{code}\x1f{remote!r}"
    return hashlib.sha256(content.encode()).hexdigest()
