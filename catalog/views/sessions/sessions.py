"""Active sessions: where a user is signed in."""

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from catalog.queries.users.sessions import find_sessions
from catalog.services.users.sign_in import end_other_sessions, end_session
from catalog.views.base.requests import Request, signed_in_for_oneself
from catalog.views.sessions.reauthentication import confirmed


def _current(request: Request) -> str:
    return request.session.session_key or ""


@signed_in_for_oneself
@require_safe
def session_list(request: Request) -> HttpResponseBase:
    sessions = find_sessions(request.user, _current(request), timezone.now())
    return render(request, "catalog/sessions/list.html", {"sessions": sessions})


@signed_in_for_oneself
@require_POST
@confirmed
def session_end(request: Request, pk: int) -> HttpResponseBase:
    end_session(request.user, session=_get_session(request, pk), now=timezone.now())
    messages.success(request, "Device signed out.")
    return redirect("catalog:session-list")


@signed_in_for_oneself
@require_POST
@confirmed
def session_end_others(request: Request) -> HttpResponseBase:
    count = end_other_sessions(request.user, current=_current(request), now=timezone.now())
    if count:
        messages.success(request, "You're signed out of all other devices.")
    else:
        messages.success(request, "No other devices were signed in.")
    return redirect("catalog:session-list")


def _get_session(request: Request, pk: int) -> UserSession:
    shown = find_sessions(request.user, _current(request), timezone.now())
    found = next((row.session for row in shown if row.session.pk == pk), None)
    if found is None:
        raise Http404
    return found
