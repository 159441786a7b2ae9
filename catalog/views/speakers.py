"""Speakers, and the clones made of their voices."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from catalog.forms.speakers import SpeakerMergeForm, SpeakerSplitForm
from catalog.models import Consent, Sample, Speaker
from catalog.policies.speakers import (
    may_arrange_speaker,
    may_erase_consent,
    may_erase_sample,
    may_withdraw,
)
from catalog.queries.bundles import find_bundled_clones, may_export
from catalog.queries.consents.requests import find_speaker_requests
from catalog.queries.speakers import (
    find_arrangeable,
    find_batches,
    find_consent_end,
    find_erasing_obstacle,
    find_made_from,
    find_made_under,
    find_speaker_obstacle,
    find_speakers,
    get_consent,
    trace_speaker,
)
from catalog.queries.withdrawals import can_be_withdrawn, find_withdrawals, find_withdrawals_of
from catalog.services.speakers import (
    CannotArrange,
    MergeUnconfirmed,
    erase_consent,
    erase_recording,
    merge_speakers,
    split_speaker,
)
from catalog.views.base.requests import Request, signed_in
from catalog.views.sessions.reauthentication import confirmed


@signed_in
@require_safe
def speaker_list(request: Request) -> HttpResponseBase:
    context = {
        "speakers": find_speakers(request.user),
        "withdrawals": find_withdrawals(request.user),
    }
    return render(request, "catalog/speakers/list.html", context)


@signed_in
@require_safe
def speaker_detail(request: Request, pk: int) -> HttpResponseBase:
    try:
        lineage = trace_speaker(request.user, pk)
    except Speaker.DoesNotExist:
        raise Http404 from None
    today = timezone.now().date()
    context = {
        "lineage": lineage,
        "obstacle": find_speaker_obstacle(pk, today),
        "consent_end": find_consent_end(pk, today),
        "bundled": find_bundled_clones(lineage.speaker),
        "requests": find_speaker_requests(request.user, lineage.speaker),
        "withdrawals": find_withdrawals_of(request.user, lineage.speaker),
        "may_arrange": may_arrange_speaker(request.user, lineage.speaker),
        "erasable_samples": {
            each.pk for each in lineage.samples if may_erase_sample(request.user, each)
        },
        "erasable_consents": {
            each.pk for each in lineage.consents if may_erase_consent(request.user, each)
        },
        "may_export": may_export(request.user, lineage.speaker),
        "may_withdraw": can_be_withdrawn(lineage.speaker)
        and may_withdraw(request.user, lineage.speaker),
    }
    return render(request, "catalog/speakers/detail.html", context)


def _get_speaker(request: Request, pk: int) -> Speaker:
    speaker = get_object_or_404(
        Speaker.objects.visible_to(request.user).select_related("team"), pk=pk
    )
    if not may_arrange_speaker(request.user, speaker):
        raise PermissionDenied
    return speaker


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def speaker_merge(request: Request, pk: int) -> HttpResponseBase:
    speaker = _get_speaker(request, pk)
    speakers = find_arrangeable(request.user, speaker)
    form = SpeakerMergeForm(speakers, request.POST if request.method == "POST" else None)
    warnings: list[str] = []
    if form.is_bound and form.is_valid():
        other = next(each for each in speakers if each.pk == form.cleaned_data["other"])
        is_confirmed = form.cleaned_data["is_confirmed"]
        now, values = timezone.now(), {"speaker": speaker, "other": other}
        try:
            merge_speakers(request.user, is_confirmed=is_confirmed, now=now, **values)
        except MergeUnconfirmed as exc:
            warnings = [str(exc)]
            form.add_error("is_confirmed", "Confirm that they are the same person.")
        except CannotArrange as exc:
            form.add_error("other", str(exc))
        else:
            messages.success(request, f"{other.name} is now part of {speaker.name}.")
            return redirect("catalog:speaker-detail", pk)
    context = {"form": form, "speaker": speaker, "speakers": speakers, "warnings": warnings}
    status = 422 if form.is_bound else 200
    return render(request, "catalog/speakers/merge.html", context, status=status)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def speaker_split(request: Request, pk: int) -> HttpResponseBase:
    speaker = _get_speaker(request, pk)
    batches = find_batches(request.user, speaker)
    form = SpeakerSplitForm(batches, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        name, chosen = form.cleaned_data["name"], form.cleaned_data["batch"]
        ids = [each.pk for each in batches if str(each.pk) in chosen]
        try:
            made = split_speaker(
                request.user, speaker=speaker, name=name, batch_ids=ids, now=timezone.now()
            )
        except CannotArrange as exc:
            form.add_error("batch", str(exc))
        else:
            return redirect("catalog:speaker-detail", made.pk)
    chosen = request.POST.getlist("batch")
    context = {"form": form, "speaker": speaker, "batches": batches, "chosen": chosen}
    status = 422 if form.is_bound else 200
    return render(request, "catalog/speakers/split.html", context, status=status)


@signed_in
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def sample_erase(request: Request, pk: uuid.UUID) -> HttpResponseBase:
    sample = get_object_or_404(
        Sample.objects.visible_to(request.user).select_related("team"), pk=pk
    )
    if not may_erase_sample(request.user, sample):
        raise PermissionDenied
    problem = find_erasing_obstacle(sample)
    if request.method == "POST" and not problem:
        erase_recording(request.user, sample=sample, now=timezone.now())
        messages.success(request, f"{sample.filename} is deleted.")
        return redirect("catalog:speaker-list")
    context = {"sample": sample, "problem": problem, "voices": find_made_from(request.user, sample)}
    status = 422 if request.method == "POST" else 200
    return render(request, "catalog/speakers/sample.html", context, status=status)


@signed_in
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def consent_erase(request: Request, pk: int, consent_pk: int) -> HttpResponseBase:
    try:
        consent = get_consent(request.user, pk, consent_pk)
    except Consent.DoesNotExist:
        raise Http404 from None
    if not may_erase_consent(request.user, consent):
        raise PermissionDenied
    if request.method == "POST":
        erase_consent(request.user, consent=consent, now=timezone.now())
        messages.success(request, "The consent is deleted.")
        return redirect("catalog:speaker-detail", pk)
    context = {"consent": consent, "voices": find_made_under(request.user, consent)}
    return render(request, "catalog/speakers/consent.html", context)
