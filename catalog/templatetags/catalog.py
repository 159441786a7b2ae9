"""Icons from the sprite, waveforms from stored peaks, numbers, lengths and sizes in words."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import qrcode
from django import template
from django.template import Context, engines
from django.template.defaultfilters import truncatechars
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil

from catalog.audio.formats import FORMATS
from catalog.models import Team
from catalog.providers.types import ProviderInfo
from catalog.queries.searches.facets import Facet, FacetChoice

register = template.Library()
# The hidden field by which each form that writes names the team of its page.
TEAM_FIELD = "in_team"
# What Django says of less than a minute.
_NOTHING = "0\xa0minutes"
_CHECKED = format_html(" checked{}", "")
_DISABLED = format_html(" disabled{}", "")


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, classes: str = "") -> SafeString:
    """Draw one icon of the sprite; it is decoration, the words beside it carry the meaning."""
    return format_html(
        '<svg class="i {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        classes,
        static("icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True, name="csrf_token")
def form_fields_of(context: Context) -> SafeString:
    """Draw what every form that writes begins with; stands in for Django's tag of this name."""
    return draw_form_fields(str(context.get("csrf_token", "")), context.get("page_team"))


def draw_form_fields(token: str, team: Team | None) -> SafeString:
    """Draw the CSRF token, and the team of the page for whoever works in one."""
    fields = [("csrfmiddlewaretoken", token)]
    if team is not None:
        fields.append((TEAM_FIELD, str(team.pk)))
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', fields)


@register.simple_tag
def tile(info: ProviderInfo) -> SafeString:
    """Draw the two letters of a provider."""
    return _draw_tile(info.hue, info.initials)


@lru_cache(maxsize=64)
def _draw_tile(hue: int, initials: str) -> SafeString:
    return format_html('<span class="mono-tile hue-{}" aria-hidden="true">{}</span>', hue, initials)


@register.simple_tag(takes_context=True)
def jinja(context: Context, name: str, **more: object) -> SafeString:
    """Draw a part that is written for Jinja2, with what the page around it has."""
    part = engines["jinja"].get_template(name)
    around: Any = context.flatten()
    return SafeString(part.render({**around, **more}, around["request"]))


@register.simple_tag
def voice_url(name: str, pk: int) -> str:
    """Return an address of one voice; on a page of voices there are so many that ``url`` shows."""
    before, after = _split_address(name)
    return f"{before}{int(pk)}{after}"


@lru_cache(maxsize=64)
def _split_address(name: str) -> tuple[str, str]:
    before, _, after = reverse(f"catalog:{name}", args=[0]).rpartition("0")
    return before, after


@register.simple_tag
def choices(facet: Facet, shown: Sequence[FacetChoice]) -> SafeString:
    """Draw boxes of a facet with their counts; there are many, and a template takes ten times."""
    name = facet.name
    drawn = [
        f"{_draw_box(name, value, label, is_on, count > 0)}{count:,}</output></label>"
        for value, label, count, is_on in shown
    ]
    return SafeString("".join(drawn))


@lru_cache(maxsize=8192)
def _draw_box(name: str, value: str, label: str, is_on: bool, has_any: bool) -> SafeString:
    """Draw what of a choice stays the same whatever is counted."""
    # Nobody ticks their way into an empty list; what is ticked can be taken back.
    state = _CHECKED if is_on else "" if has_any else _DISABLED
    return format_html(
        '<label class="opt{}" id="l-{}-{}"><input type="checkbox" name="{}" value="{}"'
        ' form="filters"{}><span>{}</span><output>',
        "" if has_any else " zero",
        name,
        quote(value, safe=""),
        name,
        value,
        state,
        label,
    )


@register.filter
def ago(moment: datetime, now: datetime | None = None) -> str:
    """Say how long ago it was, as people do: "just now", "5 minutes ago"."""
    passed = timesince(moment, now)
    return "just now" if passed == _NOTHING else f"{passed} ago"


@register.filter
def ahead(moment: datetime, now: datetime | None = None) -> str:
    """Say in what time it will be: "in 5 minutes", or "soon" when less than one is left."""
    left = timeuntil(moment, now)
    return "soon" if left == _NOTHING else f"in {left}"


@register.filter
def with_article(noun: str) -> str:
    """Put "a" or "an" in front of the noun."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


@register.filter
def grouped(number: int) -> str:
    """Write a number so that a million is read at a glance: 1,000,000."""
    return f"{number:,}"


@register.simple_tag
def wave(peaks: Sequence[int]) -> str:
    """Return the path of a waveform in a box of 256 by 32: one bar for each of the peaks."""
    if not peaks:
        return ""
    places = _list_places(len(peaks))
    return "".join([place + _draw_bar(peak) for place, peak in zip(places, peaks, strict=True)])


@lru_cache(maxsize=256)
def _list_places(count: int) -> list[str]:
    step = 256 / count
    return [f"M{place * step + step / 2:g} " for place in range(count)]


@lru_cache(maxsize=1024)
def _draw_bar(peak: int) -> str:
    height = max(1.0, peak * 0.3)
    return f"{16 - height / 2:g}v{height:g}"


def shorten(text: str, most: int) -> str:
    """Return the text with at most so many letters."""
    # Most are short enough; to find out where a long one may be cut takes a hundred times as long.
    return text if len(text) <= most else truncatechars(text, most)


def round_mean(mean: float) -> str:
    """Say a mean with one digit, or with none where it is whole."""
    return f"{mean:.1f}".removesuffix(".0")


@register.filter
def format_words(slugs: Collection[str]) -> str:
    """Name file formats as people do: "WAV, MP3"."""
    return ", ".join(found.label for slug, found in FORMATS.items() if slug in slugs)


@register.filter
def clock(seconds: float | None) -> str:
    """Say a length as 0:07, or "" when it is not known."""
    if seconds is None:
        return ""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


@register.filter
def of(found: Mapping[Any, Any], key: object) -> object:
    """Return what a mapping holds for a key that is not known to the template, or None."""
    return found.get(key) if found else None


@register.filter
def in_words(value: object) -> str:
    """Say a JSON value as a person would; a text stays as the provider wrote it."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict):
        return ", ".join(f"{as_title(key)}: {in_words(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(in_words(each) for each in value)
    return "Unknown" if value is None else str(value)


@register.filter
def as_title(name: object) -> str:
    """Say the name of a JSON field in words: "fine_tuning" as "Fine tuning"."""
    return str(name).replace("_", " ").capitalize()


@register.filter
def json_pairs(values: dict[str, object]) -> list[tuple[str, object]]:
    """Return the pairs of a JSON object in their order."""
    return list(values.items())


@register.simple_tag
def qr_path(text: str) -> str:
    """Return the path of a QR code, one unit a module, with its size in qr_size."""
    return "".join(
        f"M{column} {line}h1v1h-1z"
        for line, row in enumerate(_qr_rows(text))
        for column, is_dark in enumerate(row)
        if is_dark
    )


@register.simple_tag
def qr_size(text: str) -> int:
    """Return how many modules the code is wide and high."""
    return len(_qr_rows(text))


def _qr_rows(text: str) -> list[list[bool]]:
    code = qrcode.QRCode(border=2)
    code.add_data(text)
    code.make(fit=True)
    rows: list[list[bool]] = code.get_matrix()
    return rows
