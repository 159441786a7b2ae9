"""The settings that a provider stores for a voice: show, change, reset, and reload them."""

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from catalog import policies
from catalog.forms.voices.settings import VoiceSettingsForm
from catalog.models import Voice
from catalog.queries.voices.settings import get_voice_settings
from catalog.services.voices.settings import change_settings, read_settings_again, reset_settings
from catalog.views.base.requests import Request, render_part, signed_in


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def voice_settings(request: Request, pk: int) -> HttpResponseBase:
    voice = _get_voice(request, pk)
    form = VoiceSettingsForm(
        voice.info.voice_settings, request.POST if request.method == "POST" else None
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        change_settings(request.user, voice=voice, values=values, now=timezone.now())
        return _back_to(voice)
    may_tune = policies.may_tune(request.user, voice.account.team)
    status = 200 if request.method != "POST" else 422 if may_tune else 403
    return render_part(
        request,
        page="catalog/voices/settings.html",
        part="catalog/voices/_settings.html",
        context={
            "voice": voice,
            "settings": get_voice_settings(voice, form.data if form.is_bound else None),
            "may_tune": may_tune,
            "problems": form.problems,
        },
        status=status,
    )


@signed_in
@require_POST
def voice_settings_read(request: Request, pk: int) -> HttpResponseBase:
    voice = _get_voice(request, pk)
    read_settings_again(request.user, voice=voice, now=timezone.now())
    return _back_to(voice)


@signed_in
@require_POST
def voice_settings_reset(request: Request, pk: int) -> HttpResponseBase:
    voice = _get_voice(request, pk)
    reset_settings(request.user, voice=voice, now=timezone.now())
    return _back_to(voice)


def _back_to(voice: Voice) -> HttpResponseBase:
    return redirect(f"{resolve_url('catalog:voice-detail', pk=voice.pk)}#settings")


def _get_voice(request: Request, pk: int) -> Voice:
    rows = Voice.objects.visible_to(request.user).select_related("account__team")
    return get_object_or_404(rows, pk=pk)
