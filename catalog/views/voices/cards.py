"""Voice cards, rendered once and cached until something they show changes."""

import secrets
from collections import OrderedDict

from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString

from catalog.queries.annotations import Marks
from catalog.queries.voices.cards import CardState, find_card_states
from catalog.queries.voices.search import VoicePage
from catalog.templating.environment import find_macro
from catalog.views.base.requests import Request
from catalog.views.comparisons.tray import read_tray

# About 2 kB each, per process.
_MOST_KEPT = 5000
_KEPT: OrderedDict[tuple[object, ...], list[str]] = OrderedDict()
# Placeholder for the viewer's filters in a cached card; random, so no text contains it.
_FILTERS = secrets.token_hex(16)


def draw_cards(request: Request, page: VoicePage, marks: Marks, *, may_speak: bool) -> SafeString:
    """Return the HTML of the page's cards, in order."""
    tray = read_tray(request)
    states = find_card_states(page.ids)
    # A card shows how many days a voice has left.
    sought = tuple(page.wanted.chosen.get("language", ()))
    same = (timezone.now().date(), may_speak, sought)
    keys = {pk: (*state, *same, pk in tray, *_marks_on(marks, pk)) for pk, state in states.items()}
    cards = {pk: _KEPT.get(key) for pk, key in keys.items()}
    draw = find_macro("parts/voices.html", "voice_card")
    for voice in page.load([pk for pk in page.ids if pk in cards and not cards[pk]]):
        # A card may show only what is part of its key, or it would leak to other users.
        drawn = draw(voice, marks, tray, may_speak=may_speak, filters=_FILTERS, sought=sought)
        cards[voice.pk] = parts = drawn.split(_FILTERS)
        _keep(keys[voice.pk], parts)
    filters = escape(page.wanted.query_string())
    shown = (cards.get(pk) for pk in page.ids)
    # Made of parts that the template has escaped.
    return SafeString("".join(filters.join(parts) for parts in shown if parts))


def forget_cards() -> None:
    """Empty the cache."""
    _KEPT.clear()


def _marks_on(marks: Marks, pk: int) -> CardState:
    tags = tuple(tag.name for tag in marks.tags.get(pk, ()))
    return pk in marks.starred, tags, marks.scores.get(pk)


def _keep(key: tuple[object, ...], parts: list[str]) -> None:
    _KEPT[key] = parts
    while len(_KEPT) > _MOST_KEPT:
        _KEPT.popitem(last=False)
