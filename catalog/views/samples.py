"""Samples to clone from: upload, show, and play them."""

import uuid
from pathlib import Path
from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import policies
from catalog.audio.formats import FORMATS, AudioFormat
from catalog.forms.base.text_fields import complaint_about
from catalog.forms.samples.upload import UploadForm, read_upload
from catalog.models import Sample
from catalog.queries.samples import show_report
from catalog.services.samples import CannotClean, add_sample, clean_sample
from catalog.views.base.media import send_sound
from catalog.views.base.requests import Request, is_partial, render_part, signed_in
from catalog.views.clones.create import make_row


@signed_in
@require_POST
def sample_create(request: Request) -> HttpResponseBase:
    """Store one uploaded file; without JavaScript, files come with the whole form instead."""
    if not policies.may_clone(request.user, request.team):
        raise PermissionDenied
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        words = complaint_about(form, "Reload the page and choose the file again.")
        return JsonResponse({"error": words}, status=422)
    upload = read_upload(form.cleaned_data["file"])
    if upload.problem:
        return JsonResponse({"error": upload.complaint}, status=422)
    sample = add_sample(
        request.user,
        team=request.team,
        form_token=form.cleaned_data["form_token"],
        file=upload.file,
        audio_format=cast(AudioFormat, upload.audio_format),
        now=timezone.now(),
    )
    context = {"row": make_row(request, sample)}
    return render(request, "catalog/clones/_sample.html", context, status=201)


@signed_in
@require_safe
def sample_row(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    """Render the sample's row in the form, which polls until the sample is processed."""
    sample = get_object_or_404(Sample.objects.visible_to(request.user), pk=pk)
    if not is_partial(request):
        return redirect(f"{reverse('catalog:clone-create')}?sample={sample.pk}")
    return render(request, "catalog/clones/_sample.html", {"row": make_row(request, sample)})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def sample_clean(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    """Start noise removal, and show its progress and result."""
    sample = get_object_or_404(Sample.objects.visible_to(request.user), pk=pk)
    complaint = ""
    if request.method == "POST":
        try:
            clean_sample(request.user, sample=sample, now=timezone.now())
        except CannotClean as exc:
            complaint = str(exc)
        sample.refresh_from_db()
    if not is_partial(request):
        return redirect(f"{reverse('catalog:clone-create')}?sample={sample.pk}")
    context = {"row": make_row(request, sample), "sample": sample, "complaint": complaint}
    return render(request, "catalog/clones/_cleaned.html", context)


@signed_in
@require_safe
def sample_verdict(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    sample = get_object_or_404(Sample.objects.visible_to(request.user), pk=pk)
    if not is_partial(request):
        return redirect("catalog:sample-detail", sample.pk)
    context = {"sample": sample, "shown": show_report(sample)}
    return render(request, "catalog/samples/_verdict.html", context)


@signed_in
@require_safe
def sample_detail(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    sample = get_object_or_404(Sample.objects.visible_to(request.user), pk=pk)
    context = {
        "sample": sample,
        "shown": show_report(sample),
        "may_clone": policies.may_clone(request.user, request.team),
    }
    return render_part(
        request,
        page="catalog/samples/detail.html",
        part="catalog/samples/_report.html",
        context=context,
    )


@signed_in
@require_safe
def sample_audio(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    sample = get_object_or_404(Sample.objects.visible_to(request.user), pk=pk)
    if not sample.can_play:
        raise Http404
    found = FORMATS["mp3" if sample.copy_path else sample.audio_format]
    title = f"{Path(sample.filename).stem} – sample"
    return send_sound(request, sample.copy_path or sample.path, found.content_type, title=title)
