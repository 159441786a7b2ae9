"""A stored selection of voices, limited to those that the user can still see."""

from collections import defaultdict
from dataclasses import dataclass

from catalog.models import Selection, Team, User, Voice

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class SelectionPage:
    """A page of a selection; ``chosen_count`` were chosen, ``count`` are still visible."""

    selection: Selection
    voices: list[Voice]
    count: int
    chosen_count: int
    deletable_count: int
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
    owned = Voice.objects.visible_to(user).deletable().filter(pk__in=ids).select_related("account")
    return SelectionPage(
        selection=selection,
        voices=[voices[pk] for pk in shown],
        count=len(ids),
        chosen_count=len(selection.voice_ids),
        deletable_count=sum(voice.is_removable for voice in owned),
        page=page,
        page_count=page_count,
    )


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
