"""Ask for a clone, and see the truth about it."""

import uuid
from typing import Any

from django.http import Http404, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from catalog import policies
from catalog.audio import FORMATS
from catalog.forms.clones import CloneForm
from catalog.models import CloneJob, Sample
from catalog.queries.clones import find_clone_jobs, find_clone_targets, get_clone_job
from catalog.queries.reports import show_report
from catalog.services.clones import CloneWish, request_clone
from catalog.views.requests import Request, is_partial, render_part, signed_in


# Kept by the browser, the form would come back with a token that already stands for a job.
@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def clone_create(request: Request) -> HttpResponseBase:
    targets = find_clone_targets(request.user)
    if request.method != "POST":
        first = next((target for target in targets if target.is_open), None)
        initial = {"credential": str(first.credential.pk)} if first else {}
        kept = _find_kept(request, request.GET.get("kept", ""))
        form = CloneForm(targets=targets, kept=kept, initial=initial)
        return _show_form(request, form, status=200)
    kept = _find_kept(request, request.POST.get("kept", ""))
    form = CloneForm(request.POST, request.FILES, targets=targets, kept=kept)
    if not form.is_valid() or form.audio_format is None:
        return _show_form(request, form, status=422)
    wish = CloneWish(
        form_token=form.cleaned_data["form_token"],
        file=None if kept else form.cleaned_data["sample"],
        kept_sample=kept,
        audio_format=form.audio_format,
        name=form.cleaned_data["name"],
        description=form.cleaned_data["description"],
        speaker=form.cleaned_data["speaker"],
        has_consent=form.cleaned_data["consent"],
        removes_noise=form.cleaned_data["removes_noise"],
        language=form.cleaned_data["language"],
        gender=form.cleaned_data["gender"],
        transcript=form.cleaned_data["transcript"],
    )
    job = request_clone(
        request.user, credential=form.chosen_credential, wish=wish, now=timezone.now()
    )
    address = reverse("catalog:job-detail", args=[job.pk])
    if _is_upload(request):
        return JsonResponse({"next": address}, status=201)
    return redirect(address)


def _find_kept(request: Request, pk: str) -> Sample | None:
    """Return a recording that the person brought before, None where there is no such one."""
    try:
        rows = Sample.objects.visible_to(request.user).filter(owner=request.user, pk=uuid.UUID(pk))
    except ValueError:
        return None
    return rows.first()


def _show_form(request: Request, form: CloneForm, *, status: int) -> HttpResponseBase:
    context: dict[str, Any] = {
        "form": form,
        "targets": list(form.targets.values()),
        "may_clone": policies.may_clone(request.user, request.team),
        "formats": [found.label for found in FORMATS.values()],
        "shown": show_report(form.kept) if form.kept else None,
    }
    if not context["may_clone"]:
        status = 403
    template = "catalog/clones/_form.html" if _is_upload(request) else "catalog/clones/create.html"
    return render(request, template, context, status=status)


def _is_upload(request: Request) -> bool:
    return request.headers.get("X-Upload") == "1"


@signed_in
@require_safe
def job_list(request: Request) -> HttpResponseBase:
    jobs = find_clone_jobs(request.user)
    context = {"jobs": jobs, "is_running": any(not job.is_finished for job in jobs)}
    return render_part(
        request, page="catalog/clones/list.html", part="catalog/clones/_jobs.html", context=context
    )


@signed_in
@require_safe
def job_detail(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    try:
        job = get_clone_job(request.user, pk)
    except CloneJob.DoesNotExist:
        raise Http404 from None
    return render_part(
        request,
        page="catalog/clones/detail.html",
        part="catalog/clones/_status.html",
        context={
            "job": job,
            "announce": is_partial(request) and job.is_finished,
            "sample": job.sample,
            "shown": show_report(job.sample, job.account.info),
        },
    )
