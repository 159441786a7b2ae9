"""A recording before it is cloned: bring it, and see what a worker thinks of it."""

import uuid

from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from catalog import policies
from catalog.audio import FORMATS
from catalog.forms.clones import SampleForm
from catalog.models import Sample
from catalog.queries.reports import show_report
from catalog.services.samples import bring_sample
from catalog.storage import media_path
from catalog.views.media import send_sound
from catalog.views.requests import Request, render_part, signed_in


@signed_in
@require_POST
def sample_create(request: Request) -> HttpResponseBase:
    form = SampleForm(request.POST, request.FILES)
    is_upload = request.headers.get("X-Upload") == "1"
    if not policies.may_clone(request.user, request.team):
        return render(request, "catalog/samples/refused.html", {"form": None}, status=403)
    if not form.is_valid() or form.audio_format is None:
        if is_upload:
            words = " ".join(str(error) for error in form.errors["sample"])
            return JsonResponse({"error": words}, status=422)
        return render(request, "catalog/samples/refused.html", {"form": form}, status=422)
    sample = bring_sample(
        request.user,
        team=request.team,
        file=form.cleaned_data["sample"],
        audio_format=form.audio_format,
        now=timezone.now(),
    )
    address = reverse("catalog:sample-detail", args=[sample.pk])
    return JsonResponse({"next": address}, status=201) if is_upload else redirect(address)


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
    path = media_path(sample.path)
    if not path.is_file():
        return render(request, "error.html", {"code": 404}, status=404)
    return send_sound(request, path, FORMATS[sample.audio_format].content_type)
