"""Bundles: download a speaker as one file, and import such a file from another installation."""

import io
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from catalog import policies
from catalog.core.bundle_files import BundleRefused
from catalog.core.media import read_media
from catalog.forms.bundles import BundleForm, most_bundle_bytes, read_bundle
from catalog.models import BundleImport, Speaker
from catalog.queries.bundles import SpeakerBundle, find_namesakes
from catalog.services.bundles import (
    NothingToExport,
    drop_bundle,
    export_speaker,
    import_bundle,
    keep_bundle,
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
        return redirect("catalog:speaker-detail", kept.speaker_id) if kept.speaker_id else _gone()
    if request.method != "POST":
        context = {
            "kept": kept,
            "namesakes": find_namesakes(request.user, kept.summary["speaker"]),
        }
        return render(request, "catalog/bundles/detail.html", context)
    values: dict[str, Any] = {"kept": kept, "now": timezone.now()}
    try:
        speaker = import_bundle(request.user, bundle=_read_again(kept), **values)
    except BundleRefused as exc:
        messages.error(request, str(exc))
        return redirect("catalog:bundle-create")
    messages.success(request, f"{speaker.name} was imported.")
    return redirect("catalog:speaker-detail", speaker.pk)


@signed_in
@require_POST
def bundle_drop(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    drop_bundle(request.user, kept=_get_kept(request, pk))
    messages.success(request, "Nothing was imported, and the file was deleted.")
    return redirect("catalog:speaker-list")


def _get_kept(request: Request, pk: uuid.UUID) -> BundleImport:
    rows = BundleImport.objects.visible_to(request.user).select_related("team")
    return get_object_or_404(rows, pk=pk)


def _read_again(kept: BundleImport) -> SpeakerBundle:
    try:
        return read_bundle(io.BytesIO(read_media(kept.path)), timezone.now())
    except FileNotFoundError:
        raise BundleRefused("The file is no longer here. Choose it again.") from None


def _gone() -> HttpResponseBase:
    raise Http404
