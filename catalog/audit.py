"""Write the audit log, in the same transaction as the action.

Every entry is signed together with the previous entry's digest, with a key that is encrypted in
the database. Database access alone is not enough to change, remove, or move an entry unnoticed.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

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
    """Where an action came from: the request's id and the client's IP address."""

    request_number: str = ""
    address: str = ""


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
    origin = _origin.get()
    return origin.request_number if origin else ""


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
    name = identify(target)
    entry = AuditEntry(
        at=now,
        team=team,
        actor=actor,
        actor_name=str(actor)[:200] if actor else "",
        action=action,
        target=name,
        target_name="" if isinstance(target, str) else str(target)[:200],
        reason=reason[:300],
        before=_take_values(facts, "before"),
        after=_take_values(facts, "after"),
        facts=facts,
    )
    causes = follows if isinstance(follows, tuple) else (follows or target,)
    origin = _origin.get() or _find_origin([identify(cause) for cause in causes])
    entry.request_number, entry.address = origin.request_number, str(origin.address)
    if team is not None:
        raise_version(team.pk)
    _append(entry)
    return entry


def _take_values(facts: dict[str, Value | Facts], name: str) -> dict[str, Value]:
    values = facts.pop(name, {})
    return dict(values) if isinstance(values, Mapping) else {"value": values}


def identify(target: object) -> str:
    """Return how the log refers to a target: its kind and id."""
    if isinstance(target, str):
        return target[:120]
    return f"{type(target).__name__} {getattr(target, 'pk', target)}"[:120]


def _find_origin(causes: list[str]) -> Origin:
    for cause in causes:
        asked = AuditEntry.objects.filter(target=cause).exclude(request_number="")
        number = asked.order_by("-number").values_list("request_number", flat=True).first()
        if number:
            return Origin(number)
    return Origin()


def _append(entry: AuditEntry) -> None:
    head, _ = AuditHead.objects.select_for_update().get_or_create(pk=1)
    key = Installation.objects.get().open_audit_key()
    entry.number, entry.previous = head.number + 1, head.digest
    entry.digest = sign_entry(entry, key)
    entry.save(force_insert=True)
    head.number, head.digest = entry.number, entry.digest
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
