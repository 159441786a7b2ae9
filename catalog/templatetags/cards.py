"""Cards of voices, and the parts of them that other pages show as well.

In Python, because a page has 24 of them, and a template takes thrice the time: it asks of every
piece anew whether it is safe. Here whatever is not ours passes ``escape``, Python's own: all that
it is given are texts, and Django's would ask each time.
"""

from collections.abc import Collection
from html import escape

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from catalog.models import PreviewClip, Voice
from catalog.queries.annotations import Marks
from catalog.queries.syntheses.history import preview_sentence
from catalog.templatetags.catalog import icon, round_mean, shorten, tile, voice_url, wave
from catalog.templatetags.labels import draw_labels, shown_badges

register = template.Library()


@register.simple_tag
def star_button(voice: Voice, *, is_starred: bool) -> SafeString:
    """Draw the star of one person."""
    return SafeString(_draw_star(voice.pk, _name_in_short(voice), is_starred=is_starred))


def _draw_star(pk: int, name: str, *, is_starred: bool) -> str:
    address = voice_url("voice-star", pk)
    value, pressed = ("0", "true") if is_starred else ("1", "false")
    return (
        f'<button class="icon-btn star" id="star-{pk}" form="acts" formaction="{address}"'
        f' hx-post="{address}" hx-swap="none" name="on" value="{value}" aria-pressed="{pressed}"'
        f' aria-label="Star {name}">{icon("star")}</button>'
    )


@register.simple_tag
def compare_button(voice: Voice, tray_ids: Collection[int], *, may_speak: bool) -> SafeString:
    """Draw what puts a voice into the tray, or takes it out."""
    if not may_speak or not voice.can_speak:
        return SafeString("")
    return SafeString(_draw_compare(voice.pk, _name_in_short(voice), is_on=voice.pk in tray_ids))


def _draw_compare(pk: int, name: str, *, is_on: bool) -> str:
    address, pressed = voice_url("tray-toggle", pk), "true" if is_on else "false"
    return (
        f'<button class="icon-btn cmp" id="cmp-{pk}" form="acts" formaction="{address}"'
        f' hx-post="{address}" hx-swap="none" aria-pressed="{pressed}"'
        f' aria-label="Compare {name}" title="Compare (C)">{icon("git-compare-arrows")}</button>'
    )


@register.simple_tag
def voice_state(voice: Voice) -> SafeString:
    """Draw what keeps a voice from speaking now, nothing for a voice that is fine."""
    if voice.is_gone:
        return SafeString(f'<p class="state s-gone">{icon("triangle-alert")}Gone</p>')
    note = escape(voice.state_note)
    told = f' title="{note}"' if note else ""
    if voice.is_pending:
        words = escape(shorten(voice.state_note.rstrip("."), 60)) or "Being made"
        return SafeString(f'<p class="state s-working"{told}>{icon("loader-circle")}{words}</p>')
    if voice.is_failed:
        return SafeString(f'<p class="state s-gone"{told}>{icon("triangle-alert")}Failed</p>')
    muted = f'<p class="state">{icon("volume-x")}Cannot speak here</p>' if voice.is_mute else ""
    return SafeString(muted)


@register.simple_tag
def voice_badges(voice: Voice) -> SafeString:
    """Draw what sets the voice apart, each with its reason."""
    drawn = [
        f'<li class="badge {badge.mood}" title="{escape(badge.reason)}">{icon(badge.icon)}'
        f'{escape(badge.word)}<span class="sr">. {escape(badge.reason)}</span></li>'
        for badge in shown_badges(voice)
    ]
    return SafeString(f'<ul class="badges">{"".join(drawn)}</ul>' if drawn else "")


@register.simple_tag
def no_preview(voice: Voice, *, may_speak: bool, is_generating: bool = False) -> SafeString:
    """Draw what stands in the place of a waveform."""
    label = escape(voice.info.label)
    if is_generating:
        return SafeString('<div class="wave empty"><span>A preview is being spoken</span></div>')
    if not may_speak or not voice.can_speak:
        return SafeString(f'<div class="wave empty"><span>No preview from {label}</span></div>')
    if Voice.Badge.KEY_MISSING in voice.values_of("badge"):
        return SafeString(
            '<div class="wave empty"><span>No preview, nor a key to speak one</span></div>'
        )
    cost, free = len(preview_sentence(voice)), ", free" if voice.info.speaks_free else ""
    return SafeString(
        '<div class="make"><button class="btn sm" form="acts"'
        f' formaction="{voice_url("preview-generate", voice.pk)}"'
        f' title="{label} has no preview of this voice">{icon("wand-sparkles")}'
        f"Generate (about {cost} characters{free})</button></div>"
    )


def known_clip(voice: Voice) -> PreviewClip | None:
    """Return the clip that is here, None where none was fetched."""
    return getattr(voice, "clip", None)


def played(voice: Voice, clip: PreviewClip | None) -> SafeString:
    """Write what the player reads off a voice, whatever stands for it."""
    below = escape(voice.info.label)
    return SafeString(_draw_played(voice, clip, _name_in_short(voice), below, voice.can_play))


def _draw_played(
    voice: Voice, clip: PreviewClip | None, name: str, label: str, can_play: bool
) -> str:
    source = f' data-src="{voice_url("voice-preview", voice.pk)}"' if can_play else ""
    seconds = clip.seconds if clip and clip.seconds is not None else ""
    language = voice.language_name
    below = f"{label} · {escape(language)}" if language else label
    return (
        f'data-voice="{voice.pk}"{source} data-dur="{seconds}" data-name="{name}"'
        f' data-sub="{below}"'
    )


def _name_in_short(voice: Voice) -> str:
    return escape(shorten(voice.shown_name, 80))


@register.simple_tag
def draw_card(
    voice: Voice,
    marks: Marks,
    tray_ids: Collection[int],
    *,
    may_speak: bool,
    filters: str = "",
    foot: str = "",
    sought: Collection[str] = (),
) -> SafeString:
    """Draw one voice of a list, with what else is to be said at its end.

    ``sought`` are the languages that the list is filtered by: those of the voice are named.
    What it says beyond the voice and its clip comes into the keys of ``views.cards``.
    """
    pk, clip, info, can_play = voice.id, known_clip(voice), voice.info, voice.can_play
    name, label, collect = _name_in_short(voice), escape(info.label), voice_url("voice-collect", pk)
    can_compare = may_speak and voice.can_speak
    compare = _draw_compare(pk, name, is_on=pk in tray_ids) if can_compare else ""
    tags = f"{_draw_marks(marks, pk)}{draw_labels(voice, sought)}"
    sound = _draw_wave(voice, clip, label) if can_play else no_preview(voice, may_speak=may_speak)
    return SafeString(
        f'<li class="card" id="v-{pk}" {_draw_played(voice, clip, name, label, can_play)}>'
        f'<div class="card-head">{_draw_play(name, label, can_play)}<div class="who"><h3><a'
        f' href="{voice_url("voice-detail", pk)}" dir="auto">{escape(voice.shown_name)}</a></h3>\n'
        f'<p>{tile(info)}{label}<span aria-hidden="true">·</span>{voice.kind_name}</p></div>'
        f'<div class="acts">{compare}{_draw_star(pk, name, is_starred=pk in marks.starred)}</div>'
        f"</div>\n{sound}"
        f'{voice_badges(voice)}<p class="tone" dir="auto">{escape(shorten(voice.description, 160))}'
        f'</p>\n<div class="foot"><ul class="tags">{tags}</ul>'
        f'{voice_state(voice)}<div class="more-acts">'
        f"{_draw_alike(pk, name, filters) if can_play else ''}"
        f'<a class="icon-btn sm" href="{collect}" hx-get="{collect}" hx-target="#panel-in"'
        f' hx-swap="innerHTML" aria-label="Add {name} to a collection" title="Add to a collection">'
        f"{icon('folder-heart')}</a></div></div>{foot and conditional_escape(foot)}</li>\n"
    )


def _draw_play(name: str, label: str, can_play: bool) -> str:
    if not can_play:
        return (
            f'<span class="play none" title="No preview from {label}">{icon("volume-x")}'
            '<span class="sr">No preview</span></span>'
        )
    return (
        f'<button class="play" type="button" data-play aria-label="Play {name}">'
        f"{icon('play')}{icon('pause')}</button>"
    )


def _draw_wave(voice: Voice, clip: PreviewClip | None, label: str) -> str:
    told = ""
    if voice.is_preview_generated:
        why = f"{label} has no preview of this voice; this one was spoken for your team"
        told = f'<span class="dur" title="{why}">generated</span>'
    elif clip and clip.seconds:
        told = f'<span class="dur">{clip.seconds:.1f} s</span>'
    return (
        '<div class="wave" data-seek><svg viewBox="0 0 256 32" preserveAspectRatio="none"'
        f' aria-hidden="true"><path class="base" d="{wave(clip.peaks) if clip else ""}"/></svg>'
        f"{told}</div>\n"
    )


def _draw_marks(marks: Marks, pk: int) -> str:
    score, tags = marks.scores.get(pk), marks.tags.get(pk, ())
    told = ""
    if score:
        many = "" if score.count == 1 else "s"
        told = f'<li title="Mean of {score.count} rating{many}">★ {round_mean(score.mean)}</li>'
    return told + "".join(f'<li class="own" dir="auto">{escape(tag.name)}</li>' for tag in tags[:3])


def _draw_alike(pk: int, name: str, filters: str) -> str:
    return (
        f'<a class="icon-btn sm" href="{voice_url("voice-alike", pk)}{escape(filters)}"'
        f' aria-label="Sounds like {name}" title="Sounds like this">{icon("audio-lines")}</a>'
    )
