"""Speakers, and the clones made of their voices."""

from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.models import Speaker
from catalog.policies.withdrawals import may_withdraw
from catalog.queries.consents.requests import find_speaker_requests
from catalog.queries.speakers import (
    find_consent_end,
    find_speaker_obstacle,
    find_speakers,
    trace_speaker,
)
from catalog.queries.withdrawals import can_be_withdrawn, find_withdrawals, find_withdrawals_of
from catalog.views.base.requests import Request, signed_in


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
        "requests": find_speaker_requests(request.user, lineage.speaker),
        "withdrawals": find_withdrawals_of(request.user, lineage.speaker),
        "may_withdraw": can_be_withdrawn(lineage.speaker)
        and may_withdraw(request.user, lineage.speaker),
    }
    return render(request, "catalog/speakers/detail.html", context)
