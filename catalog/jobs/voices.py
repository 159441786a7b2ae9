"""Keep our copy of an account's voices: compare, write what changed, mark what is gone."""

import hashlib
import itertools
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from catalog.crypto import CannotOpen
from catalog.jobs.leases import Clock
from catalog.models import Credential, Installation, ProviderAccount, SyncRun, Voice, VoiceLabel
from catalog.models.voices import fold_text
from catalog.providers.errors import ProviderError
from catalog.providers.labels import accent_label, language_label, use_case_label
from catalog.providers.session import open_provider
from catalog.providers.types import RemoteVoice, VoiceState

logger = logging.getLogger(__name__)

_BATCH = 500
_SYNC_LEASE = timedelta(minutes=15)
_LONGEST_TEXT = 20_000
_LONGEST_SEARCH = 8000
_WRITTEN = [
    "name", "sort_name", "description", "kind", "gender", "age", "accent", "language", "state",
    "is_owned", "preview_url", "preview_sample_id", "raw_labels", "details", "problem", "marker",
    "search_text", "content_hash", "remote_created_at", "changed_at", "gone_at", "gone_reason",
]  # fmt: skip


@dataclass(slots=True)
class _Tally:
    seen: int = 0
    added: int = 0
    changed: int = 0
    gone: int = 0


def sync_account(account_id: int, clock: Clock) -> SyncRun | None:
    """Fetch every voice of the account and bring our rows up to it; None if one runs already.

    A run that breaks off half-way keeps what it wrote and marks nothing as gone.
    """
    started = clock()
    free = Q(sync_lease_until=None) | Q(sync_lease_until__lt=started)
    if not ProviderAccount.objects.filter(free, pk=account_id).update(
        sync_lease_until=started + _SYNC_LEASE
    ):
        return None
    account = ProviderAccount.objects.get(pk=account_id)
    run = SyncRun.objects.create(account=account, started_at=started)
    tally = _Tally()
    # What stands unless the run comes to its end, whatever that is.
    run.error = "Fetching the voices broke off."
    try:
        run.error = _sync_voices(account, run, tally, clock)
    finally:
        _end_run(account, run, tally, clock())
    return run


def _sync_voices(account: ProviderAccount, run: SyncRun, tally: _Tally, clock: Clock) -> str:
    credential = Credential.objects.working().filter(account=account).order_by("created_at").first()
    if credential is None:
        return "No working key opens this account."
    base_url = settings.PROVIDER_BASE_URLS[account.provider]
    seen: set[str] = set()
    try:
        with open_provider(account.provider, credential.secrets(), base_url) as provider:
            voices = provider.voices()
            while batch := list(itertools.islice(voices, _BATCH)):
                seen.update(voice.remote_id for voice in batch)
                write_voices(account, batch, run.started_at, clock(), tally)
            slots = provider.slots() if account.info.has_slots else None
    except CannotOpen:
        return "The key of this account can't be opened: enter it again."
    except ProviderError as exc:
        return exc.message
    tally.gone = _mark_gone(account, seen, run.started_at, clock())
    if slots is not None:
        account.slots_used, account.slots_limit = slots.used, slots.limit
        account.save(update_fields=["slots_used", "slots_limit"])
    return ""


def _end_run(account: ProviderAccount, run: SyncRun, tally: _Tally, now: datetime) -> None:
    run.ended_at = now
    run.seen_count, run.added_count = tally.seen, tally.added
    run.changed_count, run.gone_count = tally.changed, tally.gone
    run.save()
    changes: dict[str, Any] = {
        "sync_lease_until": None,
        "sync_due_at": now + timedelta(minutes=settings.SYNC_EVERY_MINUTES),
        "sync_error": run.error[:500],
    }
    if not run.error:
        changes["synced_at"] = now
    ProviderAccount.objects.filter(pk=account.pk).update(**changes)


def _mark_gone(account: ProviderAccount, seen: set[str], started: datetime, now: datetime) -> int:
    # A voice that was made while the listing ran is not missing from it.
    rows = Voice.objects.filter(account=account, gone_at=None, added_at__lt=started)
    gone = [pk for pk, remote_id in rows.values_list("pk", "remote_id") if remote_id not in seen]
    for start in range(0, len(gone), _BATCH):
        Voice.objects.filter(pk__in=gone[start : start + _BATCH]).update(
            gone_at=now, changed_at=now, gone_reason="No longer listed by the provider."
        )
    return len(gone)


def write_voices(
    account: ProviderAccount,
    remotes: Iterable[RemoteVoice],
    started: datetime,
    now: datetime,
    tally: _Tally | None = None,
) -> None:
    """Write those of the voices that are new or changed; one statement for the whole batch."""
    tally = tally or _Tally()
    code = Installation.objects.get().code
    rows = {remote.remote_id: _make_row(account, remote, code, now) for remote in remotes}
    stored = Voice.objects.filter(account=account, remote_id__in=list(rows))
    known = {}
    for remote_id, content_hash, gone_at, own_name in stored.values_list(
        "remote_id", "content_hash", "gone_at", "own_name"
    ):
        known[remote_id] = (content_hash, gone_at)
        if own_name:
            label_row(rows[remote_id], own_name)
    changed = [
        row for remote_id, row in rows.items() if _must_write(row, known.get(remote_id), started)
    ]
    tally.seen += len(rows)
    tally.added += sum(row.remote_id not in known for row in changed)
    tally.changed += sum(row.remote_id in known for row in changed)
    labels = {remote.remote_id: _label_pairs(remote) for remote in remotes}
    with transaction.atomic():
        Voice.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["account", "remote_id"],
            update_fields=_WRITTEN,
        )
        _write_labels(account, {row.remote_id: labels[row.remote_id] for row in changed})


def label_row(row: Voice, own_name: str) -> None:
    """Let a row be sorted and found by the team's own name for it; the row is not saved."""
    row.sort_name = fold_text(own_name)[:100]
    row.search_text = f"{fold_text(own_name)} {row.search_text}"[:_LONGEST_SEARCH]


def _must_write(row: Voice, known: tuple[str, datetime | None] | None, started: datetime) -> bool:
    if known is None:
        return True
    content_hash, gone_at = known
    if gone_at is not None and row.gone_at is None:
        # Deleted by us after this listing began: what it still lists is the past.
        return gone_at < started
    return content_hash != row.content_hash


def _write_labels(account: ProviderAccount, labels: dict[str, list[tuple[str, str]]]) -> None:
    if not labels:
        return
    voices = Voice.objects.filter(account=account, remote_id__in=list(labels))
    ids = dict(voices.values_list("remote_id", "pk"))
    VoiceLabel.objects.filter(voice__in=list(ids.values())).delete()
    VoiceLabel.objects.bulk_create(
        VoiceLabel(voice_id=ids[remote_id], facet=facet, value=value)
        for remote_id, pairs in labels.items()
        for facet, value in pairs
    )


def _label_pairs(remote: RemoteVoice) -> list[tuple[str, str]]:
    pairs = [("language", tag[:20]) for tag in remote.languages] or [("language", "unknown")]
    pairs += [("use_case", use[:60]) for use in remote.use_cases] or [("use_case", "unknown")]
    return list(dict.fromkeys(pairs))


def _make_row(account: ProviderAccount, remote: RemoteVoice, code: str, now: datetime) -> Voice:
    marker, description = _split_marker(remote.description, code)
    is_gone = remote.state is VoiceState.GONE
    row = Voice(
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
        is_owned=remote.is_owned,
        preview_url=remote.preview_url,
        preview_sample_id=(remote.samples[0].remote_id if remote.samples else "")[:200],
        raw_labels={key: str(value)[:200] for key, value in remote.raw.items()},
        details=_without_links(dict(remote.details)),
        problem=remote.problem[:300],
        marker=marker,
        remote_created_at=remote.created_at,
        added_at=now,
        changed_at=now,
        gone_at=now if is_gone else None,
        gone_reason="Deleted at the provider, which still lists it." if is_gone else "",
    )
    row.sort_name = fold_text(row.name)[:100]
    row.search_text = _searchable(row, remote)
    row.content_hash = _hash_row(row, remote)
    return row


def _without_links(value: Any) -> Any:
    """Drop addresses at the provider: what there is to hear or see passes through our server."""
    if isinstance(value, dict):
        return {key: _without_links(each) for key, each in value.items() if not _is_link(each)}
    if isinstance(value, list | tuple):
        return [_without_links(each) for each in value if not _is_link(each)]
    return value


def _is_link(value: object) -> bool:
    return isinstance(value, str) and value.lower().startswith(("http://", "https://"))


def _split_marker(description: str, code: str) -> tuple[str, str]:
    """Take our own marker out of the description; the rest is what a person wrote."""
    prefix = f"vb1:{code}:"
    words = description.split()
    marker = next((word for word in words if word.startswith(prefix) and len(word) <= 80), "")
    return marker, description.replace(marker, "").strip() if marker else description


def _searchable(row: Voice, remote: RemoteVoice) -> str:
    words = [row.name, row.description[:2000], row.remote_id, *row.raw_labels.values()]
    words += [language_label(tag) for tag in remote.languages]
    words += [use_case_label(use) for use in remote.use_cases]
    words += [accent_label(remote.accent)] if remote.accent else []
    words += [each for each in (row.gender, row.age, row.kind) if each != "unknown"]
    return fold_text(" ".join(words))[:_LONGEST_SEARCH]


def _hash_row(row: Voice, remote: RemoteVoice) -> str:
    skipped = {"content_hash", "changed_at", "gone_at", "gone_reason"}
    content = [str(getattr(row, name)) for name in _WRITTEN if name not in skipped]
    content += [json.dumps(_label_pairs(remote)), json.dumps(row.details, sort_keys=True)]
    return hashlib.sha256("\x1f".join(content).encode("utf-8", "replace")).hexdigest()


def find_due_accounts(now: datetime) -> list[int]:
    """Return the accounts whose copy is due, and put each off so that it is asked for once."""
    due = ProviderAccount.objects.filter(Q(sync_due_at=None) | Q(sync_due_at__lte=now))
    free = due.filter(Q(sync_lease_until=None) | Q(sync_lease_until__lt=now))
    ids = list(
        free.filter(credentials__in=Credential.objects.working())
        .order_by(F("synced_at").asc(nulls_first=True))
        .values_list("pk", flat=True)
        .distinct()[:100]
    )
    ProviderAccount.objects.filter(pk__in=ids).update(sync_due_at=now + timedelta(minutes=2))
    return ids
