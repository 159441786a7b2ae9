"""Voice cards, rendered once for each version of the list and cached."""

import secrets
from collections import OrderedDict

from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString

from catalog.core.locales import current_locale
from catalog.queries.speakers import find_voice_obstacles
from catalog.queries.voices.search import VoicePage
from catalog.templating.environment import find_macro

# About 2 kB each, per process.
_MOST_KEPT = 5000
_KEPT: OrderedDict[tuple[object, ...], list[str]] = OrderedDict()
# Placeholders in a cached card, for the viewer's filters and what the list says about the voice;
# random, so no text contains them.
_FILTERS, _FOOT = secrets.token_hex(16), secrets.token_hex(16)


def draw_cards(page: VoicePage, tray: list[int]) -> SafeString:
    """Return the HTML of the page's cards, in order."""
    context, sought = page.context, page.sought_languages
    today = timezone.now().date()
    # A card shows how many days a voice has left.
    same = (context.version, current_locale(), timezone.get_current_timezone_name(), today, sought)
    cards = {pk: _KEPT.get((*same, pk, pk in tray)) for pk in page.ids}
    draw = find_macro("parts/voices.html", "voice_card")
    fresh = page.load([pk for pk, parts in cards.items() if parts is None])
    # What changes a consent raises the version, and a consent ends with a day.
    askable = [each for each in fresh if each.can_speak and not each.can_play]
    obstacles = find_voice_obstacles(askable if context.may_speak else [], today)
    for voice in fresh:
        drawn = draw(
            voice,
            page.marks,
            tray,
            context.may_speak,
            filters=_FILTERS,
            foot=_FOOT,
            sought=sought,
            form="select",
            obstacle=obstacles.get(voice.pk, ""),
        )
        cards[voice.pk] = _KEPT[*same, voice.pk, voice.pk in tray] = drawn.split(_FILTERS)
    while len(_KEPT) > _MOST_KEPT:
        _KEPT.popitem(last=False)
    filters = escape(page.wanted.query_string())
    reasons = {pk: reason.on_day(today) for pk, reason in page.reasons.items()}
    draw_foot = find_macro("parts/voices.html", "card_foot")
    lacking = page.answer.lacking
    # Made of parts that the templates have escaped.
    return SafeString(
        "".join(
            filters.join(parts).replace(_FOOT, draw_foot(lacking.get(pk), reasons.get(pk)))
            for pk, parts in cards.items()
            if parts
        )
    )


forget_cards = _KEPT.clear
