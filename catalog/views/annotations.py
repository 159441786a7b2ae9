"""Stars, tags, notes, and ratings of a voice."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from catalog import policies
from catalog.forms.annotations import NoteForm, RatingForm, SwitchForm, TagForm
from catalog.models import Note, Tag, Voice
from catalog.queries.annotations import find_tag_names, find_voice_marks
from catalog.services.annotations import (
    change_note,
    rate_voice,
    remove_note,
    restore_note,
    star_voice,
    tag_voices,
    untag_voices,
    write_note,
)
from catalog.views.base.requests import Request, go_back, is_partial, signed_in


@signed_in
@require_POST
def voice_star(request: Request, pk: int) -> HttpResponseBase:
    voice = _get_voice(request, pk)
    form = SwitchForm(request.POST)
    is_on = form.cleaned_data["on"] if form.is_valid() else True
    star_voice(request.user, voice=voice, is_on=is_on, now=timezone.now())
    if not is_partial(request):
        return go_back(request, _address_of(voice), anchor=f"v-{pk}")
    context = {"voice": voice, "is_starred": is_on}
    return render(request, "catalog/voices/_starred.html", context)


@signed_in
@require_POST
def voice_tag(request: Request, pk: int) -> HttpResponseBase:
    voice = _get_voice_to_annotate(request, pk)
    form = TagForm(request.POST)
    if not form.is_valid():
        return _show_marks(request, voice, focus="tags", form=form)
    names = form.cleaned_data["tags"]
    team = voice.account.team
    tag_voices(request.user, team=team, voices=[voice], names=names, now=timezone.now())
    return _show_marks(request, voice, focus="tags")


@signed_in
@require_POST
def voice_untag(request: Request, pk: int, tag_pk: int) -> HttpResponseBase:
    voice = _get_voice_to_annotate(request, pk)
    tag = get_object_or_404(Tag.objects.visible_to(request.user), pk=tag_pk)
    untag_voices(request.user, voices=[voice], tag=tag, now=timezone.now())
    return _show_marks(request, voice, focus="tags")


@signed_in
@require_POST
def voice_rate(request: Request, pk: int) -> HttpResponseBase:
    voice = _get_voice_to_annotate(request, pk)
    form = RatingForm(request.POST)
    if not form.is_valid():
        return _show_marks(request, voice, focus="rating", form=form)
    value = form.cleaned_data["value"] or None
    rate_voice(request.user, voice=voice, value=value, now=timezone.now())
    return _show_marks(request, voice, focus="rating")


@signed_in
@require_POST
def note_create(request: Request, pk: int) -> HttpResponseBase:
    voice = _get_voice_to_annotate(request, pk)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _show_marks(request, voice, focus="note", form=form)
    write_note(request.user, voice=voice, text=form.cleaned_data["text"], now=timezone.now())
    return _show_marks(request, voice, focus="note")


@signed_in
@require_POST
def note_change(request: Request, pk: int) -> HttpResponseBase:
    note = _get_note(request, pk)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _show_marks(request, note.voice, focus=f"note-{pk}", form=form)
    change_note(request.user, note=note, text=form.cleaned_data["text"], now=timezone.now())
    return _show_marks(request, note.voice)


@signed_in
@require_POST
def note_remove(request: Request, pk: int) -> HttpResponseBase:
    note = _get_note(request, pk)
    remove_note(request.user, note=note, now=timezone.now())
    undo = reverse("catalog:note-restore", args=[pk])
    messages.success(request, "Note removed.", extra_tags=undo)
    return redirect("catalog:voice-detail", pk=note.voice_id)


@signed_in
@require_POST
def note_restore(request: Request, pk: int) -> HttpResponseBase:
    note = _get_note(request, pk)
    restore_note(request.user, note=note, now=timezone.now())
    return redirect("catalog:voice-detail", pk=note.voice_id)


def _show_marks(
    request: Request, voice: Voice, *, focus: str = "", form: Any = None
) -> HttpResponseBase:
    """Render the annotations for a swap, or redirect to the voice; shows the form's errors."""
    error = " ".join(words for found in form.errors.values() for words in found) if form else ""
    if is_partial(request):
        context = {**marks_context(request, voice), "focus": {focus: True}, "error": error}
        if error:
            context["typed_tags"] = request.POST.get("tags", "")
        status = 422 if error else 200
        return render(request, "catalog/voices/_marks.html", context, status=status)
    if error:
        messages.error(request, error)
    return redirect(f"{_address_of(voice)}#marks")


def marks_context(request: Request, voice: Voice) -> dict[str, Any]:
    """Return the context of the part with the team's annotations."""
    team = voice.account.team
    return {
        "voice": voice,
        "marks": find_voice_marks(request.user, voice),
        "tag_names": find_tag_names(request.user),
        "may_annotate": policies.may_annotate(request.user, team),
        "moderates": policies.may_moderate_notes(request.user, team),
        "focus": {},
        "error": "",
        "typed_tags": "",
    }


def _get_voice(request: Request, pk: int) -> Voice:
    rows = Voice.objects.visible_to(request.user).select_related("account__team")
    return get_object_or_404(rows, pk=pk)


def _address_of(voice: Voice) -> str:
    return reverse("catalog:voice-detail", args=[voice.pk])


def _get_voice_to_annotate(request: Request, pk: int) -> Voice:
    voice = _get_voice(request, pk)
    if not policies.may_annotate(request.user, voice.account.team):
        raise PermissionDenied
    return voice


def _get_note(request: Request, pk: int) -> Note:
    rows = Note.objects.visible_to(request.user).select_related("voice__account__team")
    note = get_object_or_404(rows, pk=pk)
    if not policies.may_change_note(request.user, note):
        raise PermissionDenied
    return note
