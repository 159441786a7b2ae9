"""The history of a voice: what the audit log says about it, in sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from catalog.audit import identify
from catalog.core.locales import say_day
from catalog.models import AuditEntry, CloneJob, Protection, User, Voice

# Entries on a voice's page; the audit log has all of them.
_SHOWN = 30

# What everyone who can see the voice may read about it: nothing that its page keeps from them, such
# as who gave which rating. An action that isn't listed here is shown in the audit log only.
_SENTENCES = {
    "voice renamed": "{who} renamed this voice from “{old}” to “{new}”.",
    "voice relabeled": "{who} changed the team's labels.",
    "voice archived": "{who} archived this voice.",
    "voice unarchived": "{who} unarchived this voice.",
    # As it was called in logs of version 0.1.
    "voices archived": "{who} archived this voice.",
    "voices unarchived": "{who} unarchived this voice.",
    "voice tagged": "{who} added the tag “{tag}”.",
    "tag removed": "{who} removed the tag “{tag}”.",
    "note added": "{who} added a note.",
    "note changed": "{who} edited a note.",
    "note removed": "{who} removed a note.",
    "note restored": "{who} restored a note.",
    "voice settings changed": "{who} changed the voice's settings at {provider}.",
    "voice settings reset": "{who} reset the voice's settings at {provider}.",
    "voice owner changed": "{who} made {new} the owner of this voice.",
    "voice kept": "{who} kept this voice until {new}.",
    "keep date changed": "{who} now keeps this voice until {new} instead of {old}.",
    "voice no longer kept": "{who} no longer keeps this voice.",
    "pin": "{who} pinned this voice, so that no cleanup deletes it.",
    "hold": "{who} put this voice on legal hold, so that no cleanup deletes it.",
    "protection lifted": "{who} lifted the protection from cleanups.",
    "voice deleted": "Cleanup plan {plan}, approved by {who}, deleted this voice at {provider}.",
    "voice hidden": "Cleanup plan {plan}, approved by {who}, archived this voice.",
    "voice skipped": "Cleanup plan {plan} left this voice out.",
    "deletion failed": "Cleanup plan {plan}, approved by {who}, couldn't delete this voice.",
    "clone requested": "{who} requested this clone.",
    "clone ready": "Cloning finished.",
}
_WITH_REASON = ("voice deleted", "voice skipped", "deletion failed")


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event: a sentence, the changed values as name, before, and after, and the reason."""

    at: datetime
    words: str
    changes: list[tuple[str, Any, Any]]
    reason: str = ""


def find_history(user: User, voice: Voice) -> list[HistoryLine]:
    """Return the latest events of a voice that the user can see, newest first."""
    targets = [identify(voice)]
    targets += [identify(job) for job in CloneJob.objects.visible_to(user).filter(voice=voice)]
    rows = AuditEntry.objects.visible_to(user).filter(
        target__in=targets, action__in=["voice protected", *_SENTENCES]
    )
    entries = list(rows.order_by("-number")[:_SHOWN])
    lines = [_read(entry, voice) for entry in entries] + _list_own_times(voice, entries)
    return sorted(lines, key=lambda line: line.at, reverse=True)[:_SHOWN]


def _list_own_times(voice: Voice, entries: list[AuditEntry]) -> list[HistoryLine]:
    """Return the events that only the voice's own row knows about."""
    known = {entry.action for entry in entries}
    found = [(voice.added_at, "Voiceboard found this voice at {label}.")]
    # In version 0.1, an entry about several voices didn't name them.
    if voice.archived_at and not known & {"voice archived", "voices archived"}:
        found.append((voice.archived_at, "This voice was archived together with others."))
    if voice.remote_deleted_at and "voice deleted" not in known:
        found.append((voice.remote_deleted_at, "{label} no longer lists this voice."))
    return [HistoryLine(at, words.format(label=voice.info.label), []) for at, words in found]


def _read(entry: AuditEntry, voice: Voice) -> HistoryLine:
    action, reason = entry.action, entry.reason if entry.action in _WITH_REASON else ""
    if action == "voice protected":
        action, reason = entry.after.get("kind", Protection.Kind.PIN), entry.after.get("reason", "")
    facts = {"plan": "", "tag": "", **entry.facts}
    values = {
        "who": entry.who,
        "old": _first_of(entry.before),
        "new": _first_of(entry.after),
        "provider": voice.info.label,
        "plan": facts["plan"],
        "tag": facts["tag"],
    }
    return HistoryLine(entry.at, _SENTENCES[action].format(**values), _changes_of(entry), reason)


def _first_of(values: Mapping[str, Any]) -> str:
    name, value = next(iter(values.items()), ("", ""))
    if value and name == "kept until":
        return f"{say_day(date.fromisoformat(str(value)))}"
    return str(value)


def _changes_of(entry: AuditEntry) -> list[tuple[str, Any, Any]]:
    if entry.action == "voice relabeled":
        changed = [each for each in entry.changes if each[1] != each[2]]
        return [(name, old, new or "the provider's label") for name, old, new in changed]
    if entry.action.startswith("voice settings"):
        pairs = [(name, str(said).partition(" -> ")) for name, said in entry.facts.items()]
        return [(name, before, after) for name, (before, _, after) in pairs if before != after]
    return []
