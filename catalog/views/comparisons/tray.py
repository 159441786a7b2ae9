"""The tray that collects voices to compare; it is kept in the session."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from catalog import policies
from catalog.models import Voice
from catalog.models.comparisons import MOST_VOICES
from catalog.queries.comparisons import find_tray
from catalog.views.base.requests import Request, go_back, is_partial, signed_in

_KEY = "tray"


def read_tray(request: HttpRequest) -> list[int]:
    """Return the ids of the voices in the tray, in the order they were added."""
    kept = request.session.get(_KEY, [])
    return [pk for pk in kept if isinstance(pk, int)][:MOST_VOICES]


@signed_in
@require_POST
def tray_toggle(request: Request, pk: int) -> HttpResponseBase:
    """Add a voice to the tray or remove it; shows a message if it can't be added."""
    voice = get_object_or_404(
        Voice.objects.visible_to(request.user).select_related("account"), pk=pk
    )
    _check_may_compare(request)
    ids = read_tray(request)
    problem = ""
    if pk in ids:
        ids.remove(pk)
    elif len(ids) >= MOST_VOICES:
        problem = f"You can compare at most {MOST_VOICES} voices. Remove one first."
    elif not voice.can_speak:
        problem = f"{voice.shown_name} can't generate speech, so it can't be compared."
    else:
        ids.append(pk)
    request.session[_KEY] = ids
    return _show(request, [voice], problem)


@signed_in
@require_POST
def tray_clear(request: Request) -> HttpResponseBase:
    _check_may_compare(request)
    voices = find_tray(request.user, read_tray(request))
    request.session[_KEY] = []
    return _show(request, voices, "")


def drop_from_tray(request: HttpRequest, removed: list[int]) -> None:
    """Take voices out of the tray."""
    ids = read_tray(request)
    if set(ids) & set(removed):
        request.session[_KEY] = [pk for pk in ids if pk not in removed]


def empty_tray(request: HttpRequest, compared: list[Voice]) -> None:
    """Clear the tray once its voices are compared, unless it holds others too."""
    if set(read_tray(request)) <= {voice.pk for voice in compared}:
        request.session[_KEY] = []


def add_to_tray(request: HttpRequest, voices: list[Voice]) -> int:
    """Add voices that can speak, as many as fit; return how many of them are in the tray now."""
    able = [voice.pk for voice in voices if voice.can_speak]
    ids = list(dict.fromkeys([*read_tray(request), *able]))[:MOST_VOICES]
    request.session[_KEY] = ids
    return len(set(ids) & set(able))


def _show(request: Request, changed: list[Voice], problem: str) -> HttpResponseBase:
    if not is_partial(request):
        if problem:
            messages.error(request, problem)
        return go_back(request, reverse("catalog:comparison-create"))
    ids = read_tray(request)
    context = {
        "tray": find_tray(request.user, ids),
        "tray_ids": ids,
        "changed": changed,
        "problem": problem,
    }
    return render(request, "catalog/comparisons/_trayed.html", context)


def _check_may_compare(request: Request) -> None:
    if not policies.may_speak(request.user, request.team):
        raise PermissionDenied
