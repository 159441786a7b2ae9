"""Write the audit log, in the same transaction as the action.

Every entry is signed together with the previous entry's digest, with a key that is encrypted in
the database. Database access alone is not enough to change, remove, or move an entry unnoticed.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from catalog.models import AuditEntry, AuditHead, Installation, Team, User
from catalog.models.voices.versions import raise_version

Value = str | int | bool | None
Facts = Mapping[str, Value]

# Listed one by one, because a column added later must not change the digests of older entries.
SIGNED = (
    "number",
    "at",
    "team_id",
    "actor_id",
    "actor_name",
    "action",
    "target",
    "target_name",
    "reason",
    "before",
    "after",
    "facts",
    "request_number",
    "address",
    "previous",
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an action came from: the request's id, the client's IP address, and its browser."""

    request_number: str = ""
    address: str = ""
    # Not in the log: what people are told about changes of their account names it.
    user_agent: str = ""


_BATCH = 500
_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)


@contextmanager
def acting_from(origin: Origin) -> Iterator[None]:
    """Use this origin for every entry recorded inside the block."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def current_request_number() -> str:
    """Return the id of the current request, "" outside of one."""
    return current_origin().request_number


def current_origin() -> Origin:
    """Return where the current action comes from, with empty fields outside of a request."""
    return _origin.get() or Origin()


@transaction.atomic
def record(
    actor: User | None,
    action: str,
    target: object,
    *,
    team: Team | None,
    now: datetime,
    reason: str = "",
    follows: object = None,
    **facts: Value | Facts,
) -> AuditEntry:
    """Add one entry and return it. ``actor`` is None for Voiceboard itself. Never pass a secret.

    The facts ``before`` and ``after`` hold the values that the action changed.

    An entry by a worker gets the id of the request behind it: that of the last entry about
    ``follows`` (of several, the first that has one), otherwise about the target.

    A change in a team's log may also show in its list of voices, so this raises the team's version.
    Call it last: all other writers of the log wait from here to the end of the transaction.
    """
    causes = follows if isinstance(follows, tuple) else (follows or target,)
    origin = _origin.get() or _find_origin([identify(cause) for cause in causes])
    shared = _describe_act(actor, action, team, now, reason)
    entry = _make_entry(target, facts, origin, shared)
    _store([entry], team)
    return entry


@transaction.atomic
def record_each(
    actor: User | None,
    action: str,
    targets: Iterable[tuple[object, Mapping[str, Value | Facts]]],
    *,
    team: Team | None,
    now: datetime,
    reason: str = "",
) -> None:
    """Add one entry for each target with its facts, all with the number of the same request."""
    origin, shared = _origin.get() or Origin(), _describe_act(actor, action, team, now, reason)
    entries = [_make_entry(target, dict(facts), origin, shared) for target, facts in targets]
    if entries:
        _store(entries, team)


def _describe_act(
    actor: User | None, action: str, team: Team | None, now: datetime, reason: str
) -> dict[str, Any]:
    return {
        "at": now,
        "team": team,
        "actor": actor,
        "actor_name": str(actor)[:200] if actor else "",
        "action": action,
        "reason": reason[:300],
    }


def _make_entry(
    target: object, facts: dict[str, Value | Facts], origin: Origin, shared: dict[str, Any]
) -> AuditEntry:
    return AuditEntry(
        target=identify(target),
        target_name="" if isinstance(target, str) else name_target(target)[:200],
        before=_take_values(facts, "before"),
        after=_take_values(facts, "after"),
        facts=facts,
        request_number=origin.request_number,
        address=str(origin.address),
        **shared,
    )


def _take_values(facts: dict[str, Value | Facts], name: str) -> dict[str, Value]:
    values = facts.pop(name, {})
    return dict(values) if isinstance(values, Mapping) else {"value": values}


def identify(target: object) -> str:
    """Return how the log refers to a target: its kind and id."""
    if isinstance(target, str):
        return target[:120]
    return f"{type(target).__name__} {getattr(target, 'pk', target)}"[:120]


def name_target(target: object) -> str:
    """Return the name under which people know a target."""
    return str(getattr(target, "log_name", "") or target)


def _find_origin(causes: list[str]) -> Origin:
    for cause in causes:
        asked = AuditEntry.objects.filter(target=cause).exclude(request_number="")
        number = asked.order_by("-number").values_list("request_number", flat=True).first()
        if number:
            return Origin(number)
    return Origin()


def _store(entries: list[AuditEntry], team: Team | None) -> None:
    if team is not None:
        raise_version(team.pk)
    head, _ = AuditHead.objects.select_for_update(no_key=True).get_or_create(pk=1)
    key = Installation.objects.get().open_audit_key()
    for entry in entries:
        entry.number, entry.previous = head.number + 1, head.digest
        entry.digest = sign_entry(entry, key)
        head.number, head.digest = entry.number, entry.digest
    AuditEntry.objects.bulk_create(entries, batch_size=_BATCH)
    head.signature = sign_head(head, key)
    head.save()


def sign_entry(entry: AuditEntry, key: bytes) -> str:
    """Return the digest of all the entry's contents, including its position."""
    said = {name: getattr(entry, name) for name in SIGNED}
    said["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, b"entry|" + text.encode(), hashlib.sha256).hexdigest()


def sign_head(head: AuditHead, key: bytes) -> str:
    """Return the signature of the log's end."""
    text = f"head|{head.number}|{head.digest}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
