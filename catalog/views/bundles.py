"""Bundles: download a speaker or a collection as one file, and import such a file."""

import io
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from catalog import policies
from catalog.core.bundle_files import BundleRefused
from catalog.core.media import read_media
from catalog.forms.bundles import BundleForm, read_bundle
from catalog.models import BundledVoice, BundleImport, Collection, Speaker
from catalog.models.bundles import name_provider
from catalog.queries.bundles import Bundle, find_namesakes, most_bundle_bytes
from catalog.queries.collections import find_new_speakers, match_voices
from catalog.services.bundles import (
    NothingToExport,
    drop_bundle,
    drop_bundled,
    export_collection,
    export_speaker,
    import_bundle,
    keep_bundle,
    match_bundled,
)
from catalog.views.base.media import name_file
from catalog.views.base.requests import Request, signed_in
from catalog.views.sessions.reauthentication import confirmed


@signed_in
@confirmed
@require_POST
def speaker_export(request: Request, pk: int) -> HttpResponseBase:
    speaker = get_object_or_404(Speaker.objects.visible_to(request.user), pk=pk)
    try:
        made = export_speaker(request.user, speaker=speaker, now=timezone.now())
    except NothingToExport:
        messages.error(request, "The speaker has withdrawn, so nothing can be exported.")
        return redirect("catalog:speaker-detail", pk)
    return FileResponse(made, as_attachment=True, filename=name_file(speaker.name, ".zip"))


@signed_in
@confirmed
@require_POST
def collection_export(request: Request, pk: int) -> HttpResponseBase:
    rows = Collection.objects.visible_to(request.user).kept().select_related("team")
    collection = get_object_or_404(rows, pk=pk)
    try:
        made = export_collection(request.user, collection=collection, now=timezone.now())
    except NothingToExport as exc:
        words = f"{exc} has withdrawn. Remove their voices from the collection, then export it."
        messages.error(request, words)
    except BundleRefused as exc:
        messages.error(request, f"The collection wasn't exported. {exc}")
    else:
        return FileResponse(made, as_attachment=True, filename=name_file(collection.name, ".zip"))
    return redirect("catalog:collection-detail", pk)


@signed_in
@require_POST
def bundled_match(request: Request, pk: int) -> HttpResponseBase:
    rows = Collection.objects.visible_to(request.user).kept().select_related("team")
    collection = get_object_or_404(rows, pk=pk)
    found = match_bundled(request.user, collection=collection, now=timezone.now())
    words = f"{found} voice{pluralize(found)} found at your providers."
    messages.success(request, words if found else "None of these voices is at your providers yet.")
    return redirect("catalog:collection-detail", pk)


@signed_in
@require_POST
def bundled_drop(request: Request, pk: int, bundled_pk: int) -> HttpResponseBase:
    rows = BundledVoice.objects.visible_to(request.user).select_related("collection__team")
    voice = get_object_or_404(rows, collection=pk, pk=bundled_pk)
    drop_bundled(request.user, voice=voice, now=timezone.now())
    messages.success(request, f"{voice.shown_name} was removed from {voice.collection.name}.")
    return redirect("catalog:collection-detail", pk)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def bundle_create(request: Request) -> HttpResponseBase:
    """Take an upload, check all of it, and go on to what it would add."""
    if not policies.may_clone(request.user, request.team):
        raise PermissionDenied
    form = BundleForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if form.is_bound and form.is_valid():
        file, now = form.cleaned_data["file"], timezone.now()
        try:
            bundle = read_bundle(file, now)
        except BundleRefused as exc:
            form.add_error("file", str(exc))
        else:
            values = {"team": request.team, "file": file, "bundle": bundle, "now": now}
            kept = keep_bundle(request.user, **values)
            return redirect("catalog:bundle-detail", kept.pk)
    context = {"form": form, "most_bytes": most_bundle_bytes()}
    status = 422 if form.errors else 200
    return render(request, "catalog/bundles/create.html", context, status=status)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def bundle_detail(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    """Show what a bundle would add, and add it when that is confirmed."""
    kept = _get_kept(request, pk)
    if kept.imported_at is not None:
        return _go_to(kept.speaker or kept.collection)
    if request.method != "POST":
        if "collection" in kept.summary:
            return _show_collection(request, kept)
        context = {
            "kept": kept,
            "namesakes": find_namesakes(request.user, kept.summary["speaker"]),
        }
        return render(request, "catalog/bundles/detail.html", context)
    values: dict[str, Any] = {"kept": kept, "now": timezone.now()}
    try:
        imported = import_bundle(request.user, bundle=_read_again(kept), **values)
    except BundleRefused as exc:
        messages.error(request, str(exc))
        return redirect("catalog:bundle-create")
    messages.success(request, f"{imported.name} was imported.")
    return _go_to(imported)


def _show_collection(request: Request, kept: BundleImport) -> HttpResponseBase:
    described, speakers = kept.summary["voices"], kept.summary["speakers"]
    found = match_voices(request.user, kept.team, described)
    new = find_new_speakers(request.user, kept.team, described)
    lines = [
        each | {"provider": name_provider(each["provider"])}
        for each, voice in zip(described, found, strict=True)
        if voice is None
    ]
    context = {
        "kept": kept,
        "matched": [voice for voice in found if voice is not None],
        "absent": lines,
        "speakers": [each for each, is_new in zip(speakers, new, strict=True) if is_new],
        "known": [each for each, is_new in zip(speakers, new, strict=True) if not is_new],
    }
    return render(request, "catalog/bundles/collection.html", context)


@signed_in
@require_POST
def bundle_drop(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    kept = _get_kept(request, pk)
    drop_bundle(request.user, kept=kept)
    messages.success(request, "Nothing was imported, and the file was deleted.")
    kind = "speaker" if "speaker" in kept.summary else "collection"
    return redirect(f"catalog:{kind}-list")


def _get_kept(request: Request, pk: uuid.UUID) -> BundleImport:
    rows = BundleImport.objects.visible_to(request.user)
    rows = rows.select_related("team", "speaker", "collection")
    return get_object_or_404(rows, pk=pk)


def _read_again(kept: BundleImport) -> Bundle:
    try:
        return read_bundle(io.BytesIO(read_media(kept.path)), timezone.now())
    except FileNotFoundError:
        raise BundleRefused("The file is no longer here. Choose it again.") from None


def _go_to(imported: Speaker | Collection | None) -> HttpResponseBase:
    if imported is None:
        raise Http404
    kind = "speaker" if isinstance(imported, Speaker) else "collection"
    return redirect(f"catalog:{kind}-detail", imported.pk)
