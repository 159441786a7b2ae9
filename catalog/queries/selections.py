"""A stored selection of voices, limited to those that the user can still see."""

from collections import defaultdict
from dataclasses import dataclass

from catalog.models import Selection, Team, User, Voice

PAGE_SIZE = 50
_NAMES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Voices that the last change left out for one reason; ``names`` are the first of them."""

    reason: str
    names: list[str]
    count: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the last change did to a selection."""

    words: str
    left: list[LeftOut]
    can_undo: bool

    @property
    def left_count(self) -> int:
        """The number of voices that were left out."""
        return sum(left.count for left in self.left)


@dataclass(frozen=True, slots=True)
class SelectionPage:
    """A page of a selection; ``chosen_count`` were chosen, ``count`` are still visible."""

    selection: Selection
    voices: list[Voice]
    count: int
    chosen_count: int
    deletable_count: int
    archived_count: int
    speaking_count: int
    outcome: Outcome | None
    page: int
    page_count: int


def get_selection(user: User, selection_id: int) -> Selection:
    """Return one of the user's selections; raises Selection.DoesNotExist."""
    return Selection.objects.visible_to(user).get(pk=selection_id)


def get_selection_page(user: User, selection_id: int, page: int = 1) -> SelectionPage:
    """Return one page of a selection, in order; raises Selection.DoesNotExist."""
    selection = get_selection(user, selection_id)
    ids = list_selected(user, selection)
    page_count = max(1, -(-len(ids) // PAGE_SIZE))
    page = min(max(1, page), page_count)
    shown = ids[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    rows = Voice.objects.filter(pk__in=shown).select_related("account")
    voices = {row.pk: row for row in rows}
    able = Voice.objects.visible_to(user).filter(pk__in=ids)
    owned = Voice.objects.visible_to(user).deletable().filter(pk__in=ids).select_related("account")
    return SelectionPage(
        selection=selection,
        voices=[voices[pk] for pk in shown],
        count=len(ids),
        chosen_count=len(selection.voice_ids),
        deletable_count=sum(voice.is_removable for voice in owned),
        archived_count=able.archived().count(),
        speaking_count=sum(
            voice.can_speak for voice in able.only("remote_deleted_at", "state", "provider")
        ),
        outcome=_read_outcome(user, selection),
        page=page,
        page_count=page_count,
    )


def can_undo(selection: Selection) -> bool:
    """Return whether the last change of the selection changed something that can be undone."""
    return bool(selection.outcome.get("count") and selection.outcome["undo"])


def _read_outcome(user: User, selection: Selection) -> Outcome | None:
    if not selection.outcome:
        return None
    pairs = selection.outcome["left"]
    shown = [pk for _, ids in pairs for pk in ids[:_NAMES_SHOWN]]
    rows = Voice.objects.visible_to(user).filter(pk__in=shown)
    names = {row.pk: row.shown_name for row in rows.only("name", "own_name")}
    left = [
        LeftOut(reason, [names[pk] for pk in ids[:_NAMES_SHOWN] if pk in names], len(ids))
        for reason, ids in pairs
    ]
    return Outcome(selection.outcome["words"], left, can_undo(selection))


def list_selected(user: User, selection: Selection) -> list[int]:
    """Return the chosen ids in order, without voices that the user can no longer see."""
    rows = Voice.objects.visible_to(user).filter(pk__in=selection.voice_ids)
    seen = set(rows.values_list("pk", flat=True))
    return [pk for pk in selection.voice_ids if pk in seen]


def find_selected_by_team(user: User, selection: Selection) -> dict[Team, list[Voice]]:
    """Return the chosen voices by team."""
    rows = Voice.objects.visible_to(user).filter(pk__in=selection.voice_ids)
    found: dict[Team, list[Voice]] = defaultdict(list)
    for voice in rows.select_related("account__team").defer("search_text", "details"):
        found[voice.account.team].append(voice)
    return dict(found)
