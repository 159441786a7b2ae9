"""How each kind of place gets the new voice, what is copied to it, and how that is undone.

``PLACES`` in queries/voices/references.py finds the places. For a new kind, add one there and here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from catalog.models import (
    CollectionEntry,
    EvacuationChange,
    EvacuationLine,
    Note,
    Rating,
    SavedSearch,
    Selection,
    Star,
    TagUse,
    Voice,
)
from catalog.queries.voices.references import VoicePlace, list_typed_ids

Made = EvacuationChange.State.MADE
_BATCH = 500


@dataclass(slots=True)
class Replacing:
    """What is being replaced: the line and the new voice of each old one.

    ``people`` collects whose private things were changed.
    """

    lines: Mapping[int, EvacuationLine]
    successors: Mapping[int, Voice]
    old: Mapping[int, Voice]
    now: datetime
    people: set[int] = field(default_factory=set)

    def note(
        self, voice_id: int, kind: str, pk: int, before: dict[str, Any], after: dict[str, Any]
    ) -> EvacuationChange:
        """Return the row that remembers one change."""
        return EvacuationChange(
            line=self.lines[voice_id], kind=kind, target_pk=pk, before=before, after=after
        )


def _replace_entries(found: list[VoicePlace], replacing: Replacing) -> list[EvacuationChange]:
    rows = CollectionEntry.objects.select_for_update(no_key=True).in_bulk([p.pk for p in found])
    collections = {row.collection_id for row in rows.values()}
    new_ids = [voice.pk for voice in replacing.successors.values()]
    present = set(
        CollectionEntry.objects.filter(collection__in=collections, voice__in=new_ids).values_list(
            "collection", "voice"
        )
    )
    changes, moved, doubled = [], [], []
    for row in sorted(rows.values(), key=lambda each: (each.collection_id, each.position)):
        old, new = row.voice_id, replacing.successors[row.voice_id]
        before = {
            "voice": old,
            "collection": row.collection_id,
            "position": row.position,
            "note": row.note,
            "added_at": row.added_at.isoformat(),
        }
        if (row.collection_id, new.pk) in present:
            doubled.append(row.pk)
            changes.append(replacing.note(old, "collection", row.pk, before, {"voice": None}))
            continue
        present.add((row.collection_id, new.pk))
        row.voice = new
        moved.append(row)
        changes.append(replacing.note(old, "collection", row.pk, before, {"voice": new.pk}))
    CollectionEntry.objects.bulk_update(moved, ["voice"], batch_size=_BATCH)
    CollectionEntry.objects.filter(pk__in=doubled).delete()
    return changes


def _replace_in_selections(found: list[VoicePlace], replacing: Replacing) -> list[EvacuationChange]:
    rows = Selection.objects.select_for_update(no_key=True).in_bulk({p.pk for p in found})
    changes = []
    for row in rows.values():
        old = list(row.voice_ids)
        new = [replacing.successors[pk].pk if pk in replacing.successors else pk for pk in old]
        row.voice_ids = list(dict.fromkeys(new))
        first = next(pk for pk in old if pk in replacing.successors)
        before, after = {"voice_ids": old}, {"voice_ids": row.voice_ids}
        changes.append(replacing.note(first, "selection", row.pk, before, after))
    Selection.objects.bulk_update(rows.values(), ["voice_ids"], batch_size=_BATCH)
    return changes


def _replace_in_searches(found: list[VoicePlace], replacing: Replacing) -> list[EvacuationChange]:
    rows = SavedSearch.objects.select_for_update(no_key=True).in_bulk({p.pk for p in found})
    by_id = {voice.remote_id: pk for pk, voice in replacing.old.items()}
    changes = []
    for row in rows.values():
        typed = list_typed_ids(row.query, by_id)
        if not typed:
            continue
        before = {"query": row.query}
        for remote_id in typed:
            new = replacing.successors[by_id[remote_id]].remote_id
            row.query = _exchange(row.query, remote_id, new)
        after = {"query": row.query}
        changes.append(replacing.note(by_id[typed[0]], "search", row.pk, before, after))
    SavedSearch.objects.bulk_update(rows.values(), ["query"], batch_size=_BATCH)
    return changes


def _exchange(query: str, old: str, new: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode(
        [(name, value.replace(old, new) if name == "q" else value) for name, value in pairs]
    )


Replacer = Callable[[list[VoicePlace], Replacing], list[EvacuationChange]]
REPLACERS: dict[str, Replacer] = {
    "collection": _replace_entries,
    "selection": _replace_in_selections,
    "search": _replace_in_searches,
}


def _copy_stars(replacing: Replacing) -> list[EvacuationChange]:
    rows = Star.objects.filter(voice__in=replacing.successors)
    there = _pairs(Star.objects.filter(voice__in=_new_ids(replacing)).values_list("voice", "user"))
    made = [
        (row.voice_id, Star(user_id=row.user_id, voice=new, starred_at=replacing.now))
        for row, new in _missing(rows, replacing, there, lambda row: row.user_id)
    ]
    replacing.people |= {star.user_id for _, star in made}
    return _store(Star, "star", made, replacing)


def _copy_tags(replacing: Replacing) -> list[EvacuationChange]:
    rows = TagUse.objects.filter(voice__in=replacing.successors)
    there = _pairs(TagUse.objects.filter(voice__in=_new_ids(replacing)).values_list("voice", "tag"))
    made = [
        (row.voice_id, TagUse(tag_id=row.tag_id, voice=new))
        for row, new in _missing(rows, replacing, there, lambda row: row.tag_id)
    ]
    return _store(TagUse, "tag", made, replacing)


def _copy_ratings(replacing: Replacing) -> list[EvacuationChange]:
    rows = Rating.objects.filter(voice__in=replacing.successors)
    there = _pairs(
        Rating.objects.filter(voice__in=_new_ids(replacing)).values_list("voice", "user")
    )
    made = [
        (row.voice_id, Rating(user_id=row.user_id, voice=new, value=row.value))
        for row, new in _missing(rows, replacing, there, lambda row: row.user_id)
    ]
    return _store(Rating, "rating", made, replacing)


def _copy_notes(replacing: Replacing) -> list[EvacuationChange]:
    rows = Note.objects.kept().filter(voice__in=replacing.successors)
    there = _pairs(
        Note.objects.kept().filter(voice__in=_new_ids(replacing)).values_list("voice", "text")
    )
    made = [
        (
            row.voice_id,
            Note(
                voice=new,
                author_id=row.author_id,
                text=row.text,
                written_at=row.written_at,
                changed_at=row.changed_at,
            ),
        )
        for row, new in _missing(rows, replacing, there, lambda row: row.text)
    ]
    return _store(Note, "note", made, replacing)


COPIERS: dict[str, Callable[[Replacing], list[EvacuationChange]]] = {
    "tag": _copy_tags,
    "note": _copy_notes,
    "rating": _copy_ratings,
    "star": _copy_stars,
}


def _new_ids(replacing: Replacing) -> list[int]:
    return [voice.pk for voice in replacing.successors.values()]


def _pairs(rows: Iterable[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    return set(rows)


def _missing(
    rows: Iterable[Any],
    replacing: Replacing,
    there: set[tuple[Any, ...]],
    key: Callable[[Any], object],
) -> Iterable[tuple[Any, Voice]]:
    """Yield what the new voices lack; two old voices with the same new one count once."""
    for row in rows:
        new = replacing.successors[row.voice_id]
        if (new.pk, key(row)) not in there:
            there.add((new.pk, key(row)))
            yield row, new


def _store(
    model: Any, kind: str, made: list[tuple[int, Any]], replacing: Replacing
) -> list[EvacuationChange]:
    model.objects.bulk_create([row for _, row in made], batch_size=_BATCH)
    return [
        replacing.note(old, kind, row.pk, {}, {"voice": row.voice_id, **_content(row)})
        for old, row in made
    ]


def _content(row: Any) -> dict[str, Any]:
    """Return what tells whether someone changed a copy since."""
    return {name: getattr(row, name) for name in ("value", "text") if hasattr(row, name)}


def undo_change(change: EvacuationChange, *, people: set[int]) -> bool:
    """Restore what a place had before, if it still has what the plan put there."""
    if change.kind in COPIERS:
        return _remove_copy(change, people)
    return _UNDO[change.kind](change, people)


def _undo_entry(change: EvacuationChange, people: set[int]) -> bool:
    before, new = change.before, change.after["voice"]
    held = CollectionEntry.objects.filter(collection=before["collection"])
    if held.filter(voice=before["voice"]).exists():
        return False
    if new is not None:
        return bool(held.filter(pk=change.target_pk, voice=new).update(voice=before["voice"]))
    if not Voice.objects.filter(pk=before["voice"]).exists() or not held.exists():
        return False
    CollectionEntry.objects.create(
        collection_id=before["collection"],
        voice_id=before["voice"],
        position=before["position"],
        note=before["note"],
        added_at=datetime.fromisoformat(before["added_at"]),
    )
    return True


def _undo_selection(change: EvacuationChange, people: set[int]) -> bool:
    row = Selection.objects.select_for_update(no_key=True).filter(pk=change.target_pk).first()
    if row is None or row.voice_ids != change.after["voice_ids"]:
        return False
    row.voice_ids = change.before["voice_ids"]
    row.save(update_fields=["voice_ids"])
    return True


def _undo_search(change: EvacuationChange, people: set[int]) -> bool:
    rows = SavedSearch.objects.filter(pk=change.target_pk, query=change.after["query"])
    people |= set(rows.values_list("owner", flat=True))
    return bool(rows.update(query=change.before["query"]))


def _remove_copy(change: EvacuationChange, people: set[int]) -> bool:
    model: Any = _MODELS[change.kind]
    rows = model.objects.filter(pk=change.target_pk, **change.after)
    if change.kind == "star":
        people |= set(rows.values_list("user", flat=True))
    return bool(rows.delete()[0])


_UNDO: dict[str, Callable[[EvacuationChange, set[int]], bool]] = {
    "collection": _undo_entry,
    "selection": _undo_selection,
    "search": _undo_search,
}
_MODELS = {"tag": TagUse, "note": Note, "rating": Rating, "star": Star}
