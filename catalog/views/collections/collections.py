"""Collections: list, show, change, remove, and reorder them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import policies
from catalog.forms.base.text_fields import complaint_about
from catalog.forms.collections import CollectionForm, EntryForm, MoveForm
from catalog.forms.voices.filters import read_page
from catalog.models import Collection, CollectionEntry, Voice
from catalog.queries.bundles import may_export_collection
from catalog.queries.collections import (
    CollectionPage,
    find_bundled_voices,
    find_closed_of,
    find_collections,
    find_possible_maintainers,
    find_seen_speakers,
    find_team_of_collection,
    get_collection_page,
)
from catalog.queries.shares import find_shares_of
from catalog.services.collections import (
    change_collection,
    drop_voice,
    make_collection,
    move_entry,
    note_entry,
    remove_collection,
    restore_collection,
)
from catalog.views.base.requests import Request, own_teams, signed_in
from catalog.views.errors import NotOpen


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def collection_list(request: Request) -> HttpResponseBase:
    form = CollectionForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        collection = make_collection(
            request.user,
            team=request.team,
            name=form.cleaned_data["name"],
            description=form.cleaned_data["description"],
            is_shared=form.is_shared,
            now=timezone.now(),
        )
        return redirect("catalog:collection-detail", pk=collection.pk)
    context = {
        "collections": find_collections(request.user),
        "form": form,
        "may_share": policies.may_share_with_team(request.user, request.team),
        "may_clone": policies.may_clone(request.user, request.team),
        "page": None,
    }
    status = 422 if form.is_bound else 200
    return render(request, "catalog/collections/list.html", context, status=status)


@signed_in
@require_safe
def collection_detail(request: Request, pk: int) -> HttpResponseBase:
    page = _get_page(request, pk, read_page(request.GET.get("page", "")))
    context = {
        "page": page,
        "collection": page.collection,
        "marks": page.marks,
        "may_share": policies.may_share_with_team(request.user, request.team),
        "share_count": find_shares_of(page.collection),
        "may_export": may_export_collection(request.user, page.collection),
        "bundled": find_bundled_voices(page.collection),
        "seen_speakers": find_seen_speakers(request.user, page.collection),
    }
    return render(request, "catalog/collections/detail.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def collection_change(request: Request, pk: int) -> HttpResponseBase:
    collection = _get_collection(request, pk)
    people = find_possible_maintainers(collection)
    posted = request.POST if request.method == "POST" else None
    form = CollectionForm(posted, initial=CollectionForm.initial_of(collection), people=people)
    if not form.is_bound or not form.is_valid():
        context = {
            "collection": collection,
            "form": form,
            "may_share": policies.may_share_with_team(request.user, collection.team),
            "page": {"closed": find_closed_of(request.user, collection)},
        }
        status = 422 if form.is_bound else 200
        return render(request, "catalog/collections/change.html", context, status=status)
    chosen = set(form.cleaned_data["maintainers"])
    change_collection(
        request.user,
        collection=collection,
        name=form.cleaned_data["name"],
        description=form.cleaned_data["description"],
        is_shared=form.is_shared,
        maintainers=[member.user for member in people if member.user_id in chosen],
        now=timezone.now(),
    )
    return redirect("catalog:collection-detail", pk=pk)


@signed_in
@require_POST
def collection_remove(request: Request, pk: int) -> HttpResponseBase:
    collection = _get_collection(request, pk)
    remove_collection(request.user, collection=collection, now=timezone.now())
    undo = reverse("catalog:collection-restore", args=[pk])
    messages.success(request, f"The collection {collection.name} was removed.", extra_tags=undo)
    return redirect("catalog:collection-list")


@signed_in
@require_POST
def collection_restore(request: Request, pk: int) -> HttpResponseBase:
    collection = _get_collection(request, pk)
    restore_collection(request.user, collection=collection, now=timezone.now())
    return redirect("catalog:collection-detail", pk=pk)


@signed_in
@require_POST
def entry_move(request: Request, pk: int, entry_pk: int) -> HttpResponseBase:
    entry = _get_entry(request, pk, entry_pk)
    form = MoveForm(request.POST)
    if form.is_valid():
        move_entry(request.user, entry=entry, by=form.cleaned_data["by"], now=timezone.now())
    return _back_to(pk, entry)


@signed_in
@require_POST
def entry_note(request: Request, pk: int, entry_pk: int) -> HttpResponseBase:
    entry = _get_entry(request, pk, entry_pk)
    form = EntryForm(request.POST)
    if form.is_valid():
        note_entry(request.user, entry=entry, note=form.cleaned_data["note"], now=timezone.now())
    else:
        messages.error(request, complaint_about(form, "A note can have at most 300 characters."))
    return _back_to(pk, entry)


@signed_in
@require_POST
def entry_drop(request: Request, pk: int, voice_pk: int) -> HttpResponseBase:
    collection = _get_collection(request, pk)
    voice = get_object_or_404(Voice.objects.visible_to(request.user), pk=voice_pk)
    drop_voice(request.user, collection=collection, voice=voice, now=timezone.now())
    messages.success(request, f"{voice.shown_name} was removed from {collection.name}.")
    return redirect("catalog:collection-detail", pk=pk)


def _get_page(request: Request, pk: int, number: int) -> CollectionPage:
    try:
        return get_collection_page(request.user, pk, number)
    except Collection.DoesNotExist:
        raise _explain_closed(request, pk) from None


def _explain_closed(request: Request, pk: int) -> NotOpen:
    """Return an error that helps, but says the same about a personal collection and about none."""
    if team := find_team_of_collection(request.user, pk, own_teams(request)):
        return NotOpen.in_other_team(team)
    words = (
        "It's personal, it belongs to a team that you aren't in, or it was removed."
        " If the person who sent you the link is in"
    )
    words = f"{words} {request.team} too, ask them to share it with the team."
    return NotOpen("You can't open this collection", words)


def _get_collection(request: Request, pk: int) -> Collection:
    rows = Collection.objects.visible_to(request.user).select_related("team", "owner")
    collection = get_object_or_404(rows, pk=pk)
    if not policies.may_change_collection(request.user, collection):
        raise PermissionDenied
    return collection


def _get_entry(request: Request, pk: int, entry_pk: int) -> CollectionEntry:
    collection = _get_collection(request, pk)
    return get_object_or_404(
        CollectionEntry,
        collection=collection,
        pk=entry_pk,
        voice__in=Voice.objects.visible_to(request.user),
    )


def _back_to(pk: int, entry: CollectionEntry) -> HttpResponseBase:
    return redirect(f"{reverse('catalog:collection-detail', args=[pk])}#v-{entry.voice_id}")
