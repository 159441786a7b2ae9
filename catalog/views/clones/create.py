"""The clone form: samples, providers, name, and consent on one page."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from catalog import policies
from catalog.audio.analysis import noise_is_installed
from catalog.forms.base.text_fields import strip_marks
from catalog.forms.clones.create import CloneForm, keep_typed, repeat_clone
from catalog.forms.samples.reading_texts import READINGS
from catalog.forms.samples.upload import (
    CutForm,
    SampleRow,
    SampleSelection,
    UploadForm,
    read_sample_ids,
    read_upload,
)
from catalog.models import Charge, CloneBatch, CloneJob, Consent, Sample
from catalog.queries.budgets import Limit, find_first_limit, find_limits
from catalog.queries.clones import (
    CloneTarget,
    find_clone_targets,
    find_earlier_clones,
    find_old_slots,
    find_samples,
    get_clone_job,
)
from catalog.queries.consents.requests import find_usable_consents
from catalog.queries.health.background import has_worker
from catalog.queries.samples import show_report
from catalog.queries.speakers import SpeakerNote, find_speaker_note
from catalog.queries.teams import get_team_policy
from catalog.services.budgets import OverBudget
from catalog.services.clones import CloneRequest, SampleCut, request_clones
from catalog.services.consents.statements import (
    ConsentContradicted,
    ConsentNeeded,
    ConsentStatement,
)
from catalog.services.samples import CannotClean, add_sample, clean_sample
from catalog.tasks import enqueue_slots_once
from catalog.views.base.requests import Request, signed_in

_SLOTS_ARE_FRESH = timedelta(seconds=10)
_MOST_TRIES = 10


@dataclass(slots=True)
class _CloneFormState:
    """The clone form in its current state, with the samples in it."""

    request: Request
    targets: list[CloneTarget]
    form: CloneForm
    shelf: SampleSelection


# A cached form would return with a token that already belongs to a batch.
@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def clone_create(request: Request) -> HttpResponseBase:
    if not policies.may_clone(request.user, request.team):
        return render(request, "catalog/clones/create.html", {"may_clone": False}, status=403)
    targets = find_clone_targets(request.user)
    if request.method != "POST":
        return _show(_open_desk(request, targets), status=200)
    desk = _read_desk(request, targets)
    if "act" in request.POST:
        desk.shelf.rearrange(request.POST["act"])
        if (sample := desk.shelf.find_to_clean(request.POST["act"])) is not None:
            _clean(desk, sample)
        kept = keep_typed(request.POST)
        kept |= {name: kept.get(name) or words for name, words in _hear(desk.shelf.rows).items()}
        desk.form = _make_form(request, targets, initial=kept)
        return _show(desk, status=422 if desk.shelf.complaints else 200)
    are_good = desk.shelf.is_valid()
    if not desk.form.is_valid() or not are_good or not desk.form.check_length(desk.shelf.seconds):
        return _show(desk, status=422)
    batch = _request(desk)
    return _lead_on(request, batch) if batch else _show(desk, status=422)


def _request(desk: _CloneFormState) -> CloneBatch | None:
    """Request the clones; None with an error in the form if they can't be made."""
    request = desk.request
    try:
        return request_clones(
            request.user,
            credentials=desk.form.chosen_credentials,
            params=_read_clone_request(desk),
            now=timezone.now(),
        )
    except ConsentContradicted:
        # Someone attested a contradicting consent just now; validating again reports it.
        desk.form = _make_form(request, desk.targets, request.POST, request.FILES)
    except ConsentNeeded as exc:
        desk.form.add_error("speaker" if "speaker" in desk.form.fields else None, str(exc))
    except OverBudget as exc:
        desk.form.add_error("credential", str(exc))
    return None


def _make_form(
    request: Request, targets: list[CloneTarget], *bound: Any, **values: Any
) -> CloneForm:
    return CloneForm(
        *bound,
        user=request.user,
        targets=targets,
        today=timezone.localdate(),
        recorded=_find_recorded(request),
        level=get_team_policy(request.team).consent_level,
        **values,
    )


def _find_recorded(request: Request) -> Consent | None:
    """Return the recorded consent to clone with: from a button, the form, or the address."""
    verb, _, chosen = request.POST.get("act", "").partition(":")
    if verb != "recorded":
        chosen = (request.POST or request.GET).get("recorded", "")
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19):
        return None
    return find_usable_consents(request.user, timezone.now()).filter(pk=int(chosen)).first()


@never_cache
@signed_in
@require_safe
def clone_targets(request: Request) -> HttpResponseBase:
    """Render the targets with the current choice; polled while workers fetch free slots."""
    if not policies.may_clone(request.user, request.team):
        return HttpResponse(status=403)
    targets = find_clone_targets(request.user)
    ticked = {"credential": request.GET.getlist("credential")}
    form = _make_form(request, targets, initial=ticked)
    tries = request.GET.get("tries", "")
    context = {
        "form": form,
        "targets": targets,
        "may_clean_up": policies.may_delete_voices(request.user, request.team),
        "limit": _find_limit(request),
        **_await_slots(targets, int(tries) if tries.isdecimal() and len(tries) < 3 else 0),
    }
    return render(request, "catalog/clones/_targets.html", context)


@never_cache
@signed_in
@require_safe
def clone_speaker(request: Request) -> HttpResponseBase:
    """Render what to know of the speaker whose name was entered."""
    if not policies.may_clone(request.user, request.team):
        return HttpResponse(status=403)
    note = _find_note(request, request.GET.get("speaker", ""))
    return render(request, "catalog/clones/_speaker.html", {"speaker_note": note})


def _find_note(request: Request, name: str) -> SpeakerNote | None:
    return find_speaker_note(request.user, strip_marks(name[:120]), timezone.now().date())


def _find_limit(request: Request) -> Limit | None:
    limits = find_limits(request.user, request.team, timezone.now())
    return find_first_limit(limits, Charge.Unit.VOICES)


def _await_slots(targets: list[CloneTarget], tries: int = 0) -> dict[str, Any]:
    """Have workers fetch slots that are out of date; the page polls a limited number of times."""
    now = timezone.now()
    unknown = find_old_slots(targets, now, _SLOTS_ARE_FRESH)
    for account in unknown:
        enqueue_slots_once(account.pk)
    return {
        "slots_tries": tries + 1 if unknown and tries < _MOST_TRIES else 0,
        "old_slots": find_old_slots(targets, now, timedelta(minutes=1)),
    }


def _open_desk(request: Request, targets: list[CloneTarget]) -> _CloneFormState:
    first = next((target for target in targets if target.is_open), None)
    initial: dict[str, Any] = {"credential": [str(first.credential.pk)] if first else []}
    if speaker := request.GET.get("speaker"):
        initial["speaker"] = speaker[:120]
    wanted = read_sample_ids(request.GET)
    if job := _find_repeated(request):
        initial |= repeat_clone(job, targets, timezone.localdate())
        sources = job.batch.sources.order_by("position")
        wanted = wanted or [source.sample_id for source in sources]
    samples = find_samples(request.user, wanted)
    rows = [make_row(request, each) for each in samples]
    # Speech recognition only fills fields that are still empty.
    initial = {**_hear(rows), **{name: word for name, word in initial.items() if word}}
    form = _make_form(request, targets, initial=initial)
    return _CloneFormState(request, targets, form, SampleSelection(rows))


def _hear(rows: list[SampleRow]) -> dict[str, str]:
    """Return what speech recognition found in the samples, by field name."""
    heard = [row.shown.report for row in rows if row.shown]
    return {
        "transcript": " ".join(report.words for report in heard if report.words)[:2000],
        "language": next((report.language for report in heard if report.language), ""),
    }


def _find_repeated(request: Request) -> CloneJob | None:
    """Return the job whose values should fill the form, or None."""
    known = _as_uuid(request.GET.get("again", ""))
    if known is None:
        return None
    try:
        return get_clone_job(request.user, known)
    except CloneJob.DoesNotExist:
        return None


def _read_desk(request: Request, targets: list[CloneTarget]) -> _CloneFormState:
    """Read the form, and store its recordings even if other fields are invalid."""
    form = _make_form(request, targets, request.POST, request.FILES)
    samples = find_samples(request.user, read_sample_ids(request.POST))
    shelf = SampleSelection([make_row(request, each) for each in samples])
    token = UploadForm(request.POST).data.get("form_token", "")
    for file in request.FILES.getlist("files"):
        upload = read_upload(file)
        if upload.audio_format is None:
            shelf.complaints.append(upload.complaint)
        elif (known := _as_uuid(token)) is not None:
            sample = add_sample(
                request.user,
                team=request.team,
                form_token=known,
                file=file,
                audio_format=upload.audio_format,
                now=timezone.now(),
            )
            if sample.pk not in {row.sample.pk for row in shelf.rows}:
                shelf.rows.append(make_row(request, sample))
    return _CloneFormState(request, targets, form, shelf)


def _as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def make_row(request: Request, sample: Sample) -> SampleRow:
    """Return the form row of a sample."""
    cut = CutForm(
        request.POST if request.method == "POST" else {}, prefix=str(sample.pk), sample=sample
    )
    earlier = find_earlier_clones(request.user, sample)
    may_clean = noise_is_installed() and sample.original_id is None
    return SampleRow(sample, cut, earlier, show_report(sample), may_clean)


def _clean(desk: _CloneFormState, sample: Sample) -> None:
    try:
        clean_sample(desk.request.user, sample=sample, now=timezone.now())
    except CannotClean as exc:
        desk.shelf.complaints.append(str(exc))
    sample.refresh_from_db()


def _read_clone_request(desk: _CloneFormState) -> CloneRequest:
    values, recorded = desk.form.cleaned_data, desk.form.recorded
    consent = ConsentStatement.of(recorded) if recorded else _read_consent(desk)
    return CloneRequest(
        form_token=values["form_token"],
        cuts=[SampleCut(*cut) for cut in desk.shelf.cuts],
        name=values["name"],
        description=values["description"],
        consent=consent,
        recorded=recorded,
        removes_noise=values["removes_noise"],
        language=values["language"],
        gender=values["gender"],
        transcript=values["transcript"],
    )


def _read_consent(desk: _CloneFormState) -> ConsentStatement:
    values = desk.form.cleaned_data
    return ConsentStatement(
        speaker=values["speaker"],
        is_given=values["consent"],
        relation=values["relation"],
        allowed_use=values["allowed_use"],
        use_note=values["use_note"],
        given_by=values["given_by"],
        ends_on=values["ends_on"],
        proof=values["proof"],
        proof_ending=desk.form.proof_ending,
        proof_type=desk.form.proof_type,
        confirmed=values["confirmed"],
    )


def _lead_on(request: Request, batch: CloneBatch) -> HttpResponseBase:
    jobs = list(batch.jobs.order_by("created_at", "pk"))
    if len(jobs) == 1:
        address = reverse("catalog:job-detail", args=[jobs[0].pk])
    else:
        address = f"{reverse('catalog:job-list')}?batch={batch.pk}"
    if _is_upload(request):
        return JsonResponse({"next": address}, status=201)
    return redirect(address)


def _show(desk: _CloneFormState, *, status: int) -> HttpResponseBase:
    form = desk.form
    is_asked = "speaker" in form.fields and not form["speaker"].errors
    speaker = str(form["speaker"].value() or "") if is_asked else ""
    context: dict[str, Any] = {
        "form": form,
        "speaker_note": _find_note(desk.request, speaker),
        "shelf": desk.shelf,
        "targets": desk.targets,
        "may_clone": True,
        "may_clean_up": policies.may_delete_voices(desk.request.user, desk.request.team),
        "readings": READINGS,
        "recorded_consents": find_usable_consents(desk.request.user, timezone.now())[:20],
        "has_worker": has_worker(timezone.now()),
        "limit": _find_limit(desk.request),
        **_await_slots(desk.targets),
    }
    is_part = _is_upload(desk.request)
    template = "catalog/clones/_form.html" if is_part else "catalog/clones/create.html"
    return render(desk.request, template, context, status=status)


def _is_upload(request: Request) -> bool:
    return request.headers.get("X-Upload") == "1"
