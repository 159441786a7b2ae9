"""Add a voice to collections or remove it, on a page or in a dialog over another page."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from catalog import policies
from catalog.forms.collections import CollectForm
from catalog.models import Collection, Voice
from catalog.queries.annotations import find_voice_marks
from catalog.queries.collections import find_changeable_collections, find_collection_choice
from catalog.queries.comparisons import find_voice_rounds
from catalog.queries.voices.audience import find_audience
from catalog.queries.voices.references import find_references
from catalog.services.collections import collect_voices, drop_voice, make_collection
from catalog.views.base.requests import Request, is_partial, render_part, shown_address, signed_in


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def voice_collect(request: Request, pk: int) -> HttpResponseBase:
    voice = get_object_or_404(Voice.objects.visible_to(request.user), pk=pk)
    collections = find_changeable_collections(request.user)
    if request.method != "POST":
        return _show(request, voice)
    form = CollectForm(request.POST, collections=collections)
    if not form.is_valid():
        return _show(request, voice, form=form)
    now = timezone.now()
    collection = choose_collection(request, form, now)
    added = collect_voices(
        request.user,
        collection=collection,
        voices=[voice],
        now=now,
        note=form.cleaned_data["note"],
    )
    words = (
        f"Added to {collection.name}." if added else f"This voice is already in {collection.name}."
    )
    return _show_change(request, voice, words)


@signed_in
@require_POST
def voice_uncollect(request: Request, pk: int, collection_pk: int) -> HttpResponseBase:
    voice = get_object_or_404(Voice.objects.visible_to(request.user), pk=pk)
    rows = Collection.objects.visible_to(request.user).kept().select_related("team")
    collection = get_object_or_404(rows, pk=collection_pk)
    drop_voice(request.user, collection=collection, voice=voice, now=timezone.now())
    return _show_change(request, voice, f"Removed from {collection.name}.")


def choose_collection(request: Request, form: CollectForm, now: datetime) -> Collection:
    """Return the collection that was chosen, or a new personal one of the name that was entered."""
    return form.chosen or make_collection(
        request.user,
        team=request.team,
        name=form.cleaned_data["name"],
        description="",
        is_shared=False,
        now=now,
    )


def _show(request: Request, voice: Voice, form: CollectForm | None = None) -> HttpResponseBase:
    context = {
        "voice": voice,
        "choice": find_collection_choice(request.user, voice),
        "audience": find_audience(request.user, request.team, [voice]),
        "errors": [str(words) for found in form.errors.values() for words in found] if form else [],
        "note": form.data.get("note", "") if form else "",
    }
    return render_part(
        request,
        page="catalog/collections/collect.html",
        part="catalog/collections/_collect.html",
        context=context,
        status=422 if form else 200,
    )


def _show_change(request: Request, voice: Voice, words: str) -> HttpResponseBase:
    """Render the dialog again with a toast, and update the voice's page if it is behind it."""
    if not is_partial(request):
        messages.success(request, words)
        return redirect("catalog:voice-collect", pk=voice.pk)
    is_on_its_page = shown_address(request).path == reverse("catalog:voice-detail", args=[voice.pk])
    context: dict[str, Any] = {
        "voice": voice,
        "choice": find_collection_choice(request.user, voice),
        "audience": find_audience(request.user, request.team, [voice]),
        "words": words,
        "marks": None,
        "errors": [],
        "note": "",
    }
    if is_on_its_page:
        context |= {
            "marks": find_voice_marks(request.user, voice),
            "references": find_references(request.user, voice, timezone.now()),
            "rounds": find_voice_rounds(request.user, voice),
            "may_delete": policies.may_delete_voices(request.user, voice.account.team),
        }
    return render(request, "catalog/collections/_collected.html", context)
