"""The pages of a speaker, who has no account: read the consent aloud, and withdraw it later."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from catalog.forms.consents import ConsentRecordingForm
from catalog.forms.users.rate_limits import may_answer_link
from catalog.jobs.consents.receipts import write_speakers_receipt
from catalog.models import ConsentRequest, User
from catalog.queries.consents.wording import Wording, choose_wording, find_wording
from catalog.queries.installation import get_public_key_file
from catalog.services.consents.requests import (
    RequestSpent,
    ask_withdrawal,
    find_consent_request,
    find_given_consent,
    send_recording,
)
from catalog.views.base.media import name_file
from catalog.views.errors import DeadLink, too_many


@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def consent_speak(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the sentence to whoever has the link, and take the recording."""
    wanted = find_consent_request(token, now=timezone.now())
    if wanted is None:
        raise _dead(_find_wording(request))
    return take_recording(request, wanted)


def take_recording(
    request: HttpRequest, wanted: ConsentRequest, user: User | None = None
) -> HttpResponseBase:
    """Show the page that records a request, and store what it posts."""
    is_post = request.method == "POST"
    wording = _choose_wording(request, wanted)
    posted = (request.POST, request.FILES) if is_post else ()
    form = ConsentRecordingForm(*posted, wording=wording)
    if is_post and not may_answer_link(request):
        return _slow_down(request, wording)
    if not is_post or not form.is_valid():
        context = {
            "form": form,
            "wanted": wanted,
            "wording": wording,
            "is_team": user is not None,
        }
        status = 422 if form.is_bound else 200
        return _unlisted(render(request, "catalog/consents/speak.html", context, status=status))
    try:
        page_token = send_recording(
            request=wanted,
            file=form.cleaned_data["recording"],
            audio_format=form.audio_format,
            now=timezone.now(),
            user=user,
        )
    except RequestSpent:
        raise _dead(wording) from None
    return _open_given(page_token, wording)


@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def consent_given(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the speaker what became of the recording, and let them withdraw."""
    given = _find_given(request, token)
    wording = _choose_wording(request, given)
    if request.method == "POST":
        if not may_answer_link(request):
            return _slow_down(request, wording)
        ask_withdrawal(request=given, now=timezone.now())
        messages.success(request, wording.say("state_withdrawn"))
        return _open_given(token, wording)
    context = {
        "given": given,
        "page": request.build_absolute_uri(request.path),
        "token": token,
        "wording": wording,
    }
    return _unlisted(render(request, "catalog/consents/given.html", context))


@never_cache
@sensitive_variables("token")
@require_safe
def consent_given_receipt(request: HttpRequest, token: str) -> HttpResponseBase:
    """Send the speaker the receipt with the address of their page."""
    given = _find_given(request, token)
    if not given.receipt:
        raise _dead(_find_wording(request))
    page = request.build_absolute_uri(request.path.removesuffix("receipt/"))
    title = _choose_wording(request, given).say("receipt_name", name=given.speaker.name)
    return send_receipt(write_speakers_receipt(given, page), title)


def send_receipt(content: str, title: str) -> HttpResponse:
    """Return the receipt as a download."""
    name = name_file(title, ".json")
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = str(content_disposition_header(True, name))
    response["Cache-Control"] = "private, no-store"
    return _unlisted(response)


@require_safe
def signing_key(request: HttpRequest) -> HttpResponseBase:
    """Send the public key that verifies receipts of this installation."""
    return HttpResponse(get_public_key_file(), content_type="application/x-pem-file")


def _find_given(request: HttpRequest, token: str) -> ConsentRequest:
    given = find_given_consent(token)
    if given is None:
        raise _dead(_find_wording(request))
    return given


def _choose_wording(request: HttpRequest, wanted: ConsentRequest) -> Wording:
    return choose_wording(wanted.language, request.GET.get("lang", ""))


def _find_wording(request: HttpRequest) -> Wording:
    """Return the wording for a link of which nothing is known."""
    return find_wording(request.headers.get("Accept-Language", ""))


def _dead(wording: Wording) -> DeadLink:
    return DeadLink(wording.say("dead_title"), wording.say("dead_words"), wording.language)


def _slow_down(request: HttpRequest, wording: Wording) -> HttpResponse:
    title, words = wording.say("many_title"), wording.say("many_words")
    return too_many(request, title, words, wording.language)


def _open_given(token: str, wording: Wording) -> HttpResponse:
    query = f"?lang={wording.language}" if wording.language == "en" and wording.other else ""
    return redirect(reverse("catalog:consent-given", args=[token]) + query)


def _unlisted(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
