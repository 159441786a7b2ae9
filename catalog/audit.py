"""Write what was done into the log, in the transaction of the act itself.

Every entry is signed together with the digest of the one before it, under a key that is sealed:
who changes, removes or moves a row in the database cannot make the chain fit again.
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

Value = str | int | bool | None
Facts = Mapping[str, Value]

# Named one by one: a column that is added later must not change the digest of older entries.
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
    """Where an act came from: the request's number and the address of who sent it."""

    request_number: str = ""
    address: str = ""


_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)


@contextmanager
def acting_from(origin: Origin) -> Iterator[None]:
    """Write the origin into every entry that is made inside."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def current_request_number() -> str:
    """Return the number of the request that is being answered, "" outside of one."""
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
    """Add one entry; the actor is None when Voiceboard acts by itself. Never pass a secret.

    Of the facts, ``before`` and ``after`` name the values that the act changed.

    What a worker does carries the number of the request that asked for it: that of the last
    entry about ``follows`` (of several, the first that has one), or else about the target.

    Call it last: from here to the end of the transaction, every other writer of the log waits.
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
    _append(entry)
    return entry


def _take_values(facts: dict[str, Value | Facts], name: str) -> dict[str, Value]:
    values = facts.pop(name, {})
    return dict(values) if isinstance(values, Mapping) else {"value": values}


def identify(target: object) -> str:
    """Return the words by which the log names a thing: its kind and id."""
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
    """Return the digest of everything that the entry says and of where it stands."""
    said = {name: getattr(entry, name) for name in SIGNED}
    said["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, b"entry|" + text.encode(), hashlib.sha256).hexdigest()


def sign_head(head: AuditHead, key: bytes) -> str:
    """Return the signature over where the log ends."""
    text = f"head|{head.number}|{head.digest}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
