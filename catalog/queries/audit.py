"""The audit log as an admin reads it, and a check of its hash chain."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.timezone import get_current_timezone

from catalog.audit import sign_entry, sign_head
from catalog.models import AuditEntry, AuditHead, Installation, User
from catalog.models.audit import AuditEntryQuerySet

PAGE_SIZE = 50
NOBODY = "voiceboard"


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """A filter of the audit log; an empty field matches everything."""

    who: str = ""
    action: str = ""
    target: str = ""
    since: date | None = None
    until: date | None = None
    request: str = ""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The fields that are set, as pairs of name and text."""
        values = [(field.name, getattr(self, field.name)) for field in fields(self)]
        return [(name, str(value)) for name, value in values if value]

    @property
    def query_string(self) -> str:
        """The filter as a query string."""
        return urlencode(self.pairs)


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first; ``older`` is the number to continue below, None at the end."""

    entries: list[AuditEntry]
    older: int | None


def find_entries(user: User, wanted: AuditFilter) -> AuditEntryQuerySet:
    """Return the matching entries that the user may see, newest first."""
    rows = AuditEntry.objects.visible_to(user).order_by("-number")
    if wanted.who == NOBODY:
        rows = rows.filter(actor=None)
    elif wanted.who:
        rows = rows.filter(actor=int(wanted.who))
    if wanted.action:
        rows = rows.filter(action=wanted.action)
    if wanted.target:
        rows = rows.filter(
            Q(target__icontains=wanted.target) | Q(target_name__icontains=wanted.target)
        )
    if wanted.request:
        rows = rows.filter(request_number=wanted.request)
    if wanted.since:
        rows = rows.filter(at__gte=_find_moment(wanted.since, time.min))
    if wanted.until:
        # The end of the day itself, because the last date that exists has no next day.
        rows = rows.filter(at__lte=_find_moment(wanted.until, time.max))
    return rows


def _find_moment(day: date, at: time) -> datetime:
    """Return a time of a day in the reader's time zone."""
    try:
        return datetime.combine(day, at, get_current_timezone()).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, at, UTC)


def get_audit_page(user: User, wanted: AuditFilter, below: int | None) -> AuditPage:
    """Return one page of the log, with entries below the given number."""
    rows = find_entries(user, wanted)
    if below is not None:
        rows = rows.filter(number__lt=below)
    entries = list(rows[: PAGE_SIZE + 1])
    shown = entries[:PAGE_SIZE]
    return AuditPage(shown, shown[-1].number if len(entries) > PAGE_SIZE else None)


def find_audit_choices(user: User) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the people in the log as pairs of id and name, and all actions in it."""
    rows = AuditEntry.objects.visible_to(user).order_by()
    people = dict(rows.exclude(actor=None).order_by("number").values_list("actor_id", "actor_name"))
    who = sorted(((str(pk), name) for pk, name in people.items()), key=lambda pair: pair[1])
    return who, sorted(rows.values_list("action", flat=True).distinct())


def get_audit_head() -> AuditHead:
    """Return the stored end of the log, or an unsaved one if the log is empty."""
    return AuditHead.objects.first() or AuditHead()


def find_breaks(anchor: tuple[int, str] | None = None) -> list[str]:
    """Return a message for every place where the log was altered.

    ``anchor`` is the number and digest of an entry, noted outside the database: only that reveals
    that the whole database was replaced by an older state.
    """
    key = Installation.objects.get().open_audit_key()
    found = list(_walk_chain(key, get_audit_head()))
    if anchor is not None:
        rows = AuditEntry.objects.filter(number=anchor[0], digest=anchor[1])
        if not rows.exists():
            words = f"Entry {anchor[0]} is not the one that the anchor names."
            found.append(words + _say_restored())
    return found


def _say_restored() -> str:
    rows = AuditEntry.objects.filter(action="backup restored").order_by("-number")
    last = rows.values_list("number", "at").first()
    if last is None:
        return ""
    return f" A backup was restored on {last[1]:%Y-%m-%d at %H:%M} UTC (entry {last[0]})."


def _walk_chain(key: bytes, head: AuditHead) -> Iterator[str]:
    number, digest, is_whole = 0, "", True
    for entry in AuditEntry.objects.order_by("number").iterator(chunk_size=1000):
        is_next = entry.number == number + 1
        if not is_next:
            yield _say_missing(number + 1, entry.number - 1)
        # After a break, the next entry can only be checked against what it says itself.
        previous = digest if is_next and is_whole else entry.previous
        is_whole = _is_as_written(entry, key, previous)
        if not is_whole:
            yield f"Entry {entry.number} was changed or moved."
        number, digest = entry.number, entry.digest
    if head.number > number:
        yield _say_missing(number + 1, head.number)
    elif number and not _is_end(head, key, number, digest):
        yield "The stored end of the log was changed."


def _is_as_written(entry: AuditEntry, key: bytes, previous: str) -> bool:
    if not entry.digest and not previous and not entry.previous:
        return True  # From before the chain existed; its first entry follows.
    return entry.previous == previous and hmac.compare_digest(entry.digest, sign_entry(entry, key))


def _is_end(head: AuditHead, key: bytes, number: int, digest: str) -> bool:
    if not head.signature and not digest:
        return True
    is_signed = hmac.compare_digest(head.signature, sign_head(head, key))
    return is_signed and (head.number, head.digest) == (number, digest)


def _say_missing(first: int, last: int) -> str:
    one = f"Entry {first} is missing."
    return one if first == last else f"Entries {first} to {last} are missing."
