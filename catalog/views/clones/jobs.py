"""List clone jobs, show their state, and cancel or retry them."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from catalog import policies
from catalog.core.media import find_media_size, read_media_part
from catalog.forms.clones.filters import JobFilterForm
from catalog.models import CloneJob
from catalog.queries.clones import (
    JOB_STATES,
    awaits_first_speech,
    find_clone_jobs,
    find_sister_jobs,
    get_clone_job,
    list_clone_providers,
)
from catalog.queries.samples import show_report
from catalog.queries.speakers import find_sample_obstacle, find_speaker_obstacles
from catalog.services.budgets import OverBudget
from catalog.services.clones import NothingToDo, cancel_clone, look_again, retry_clone
from catalog.services.consents.statements import ConsentNeeded
from catalog.views.base.media import send_sound
from catalog.views.base.requests import Request, go_back, is_partial, render_part, signed_in


@signed_in
@require_safe
def job_list(request: Request) -> HttpResponseBase:
    form = JobFilterForm(request.GET)
    page = find_clone_jobs(request.user, form.wanted, form.page)
    context = {
        "page": page,
        "obstacles": _find_obstacles(page.jobs),
        "wanted": form.wanted,
        "states": [(name, label) for name, (label, _) in JOB_STATES.items()],
        "providers": list_clone_providers(),
        "address": reverse("catalog:job-list") + form.wanted.query_string(page.page),
        "previous": (form.wanted.query_string(page.page - 1) or "?") if page.page > 1 else "",
        "next": form.wanted.query_string(page.page + 1) if page.page < page.page_count else "",
        "is_admin": policies.may_delete_voices(request.user, request.team),
    }
    return render_part(
        request, page="catalog/clones/list.html", part="catalog/clones/_jobs.html", context=context
    )


def _find_obstacles(jobs: list[CloneJob]) -> dict[int, str]:
    """Return by speaker why a job that ended without a voice can't be retried."""
    speakers = {job.batch.speaker_id for job in jobs if job.can_be_retried}
    return find_speaker_obstacles(speakers, timezone.now().date())


def _get_job(request: Request, pk: uuid.UUID) -> CloneJob:
    try:
        return get_clone_job(request.user, pk)
    except CloneJob.DoesNotExist:
        raise Http404 from None


@signed_in
@require_safe
def job_detail(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    job = _get_job(request, pk)
    context: dict[str, Any] = {
        "job": job,
        "awaits_speech": awaits_first_speech(job, timezone.now()),
        "may_steer": policies.may_steer_job(request.user, job),
        "obstacles": _find_obstacles([job]),
    }
    if not is_partial(request):
        context["sisters"] = find_sister_jobs(request.user, job)
        sources = list(job.batch.sources.all())
        context["samples_obstacle"] = find_sample_obstacle([each.sample for each in sources])
        # The required length applies to all samples together.
        info = job.account.info if len(sources) == 1 else None
        context["sources"] = [(source, show_report(source.sample, info)) for source in sources]
    response = render_part(
        request,
        page="catalog/clones/detail.html",
        part="catalog/clones/_status.html",
        context=context,
    )
    if job.is_finished and is_partial(request):
        # Refresh the notification bell now instead of at its next poll.
        response["HX-Trigger"] = "notices-changed"
    return response


@signed_in
@require_POST
def job_cancel(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    job = _get_job(request, pk)
    try:
        cancel_clone(request.user, job=job, now=timezone.now())
    except NothingToDo as exc:
        messages.info(request, str(exc))
    return go_back(request, reverse("catalog:job-detail", args=[job.pk]))


@signed_in
@require_POST
def job_retry(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    job = _get_job(request, pk)
    try:
        again = retry_clone(request.user, job=job, now=timezone.now())
    except (NothingToDo, ConsentNeeded, OverBudget) as exc:
        messages.info(request, str(exc))
        return go_back(request, reverse("catalog:job-detail", args=[job.pk]))
    return redirect("catalog:job-detail", again.pk)


@signed_in
@require_POST
def job_reconcile(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    job = _get_job(request, pk)
    try:
        look_again(request.user, job=job, now=timezone.now())
    except NothingToDo as exc:
        messages.info(request, str(exc))
    return redirect("catalog:job-detail", job.pk)


@signed_in
@require_safe
def job_sound(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    """Send the first version of the voice while it is still being made."""
    job = _get_job(request, pk)
    if not job.has_first_sound:
        raise Http404
    title = f"{job.name} – first version"
    return send_sound(request, job.first_sound_path, "audio/mpeg", title=title)


@signed_in
@require_safe
def job_proof(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    """Send the proof of consent as a download, so it is never opened inside our pages."""
    consent = _get_job(request, pk).batch.consent
    size = find_media_size(consent.proof_path) if consent.proof_path else None
    if size is None:
        raise Http404
    return StreamingHttpResponse(
        read_media_part(consent.proof_path, 0, size),
        content_type=consent.proof_type,
        headers={
            "Content-Disposition": content_disposition_header(True, consent.proof_filename),
            "Content-Length": str(size),
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
