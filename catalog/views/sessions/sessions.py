"""Where a person is signed in, and a new password by a link."""

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.forms.users.setup import PasswordForm
from catalog.queries.users.sessions import find_sessions
from catalog.services.users.sign_in import (
    ResetSpent,
    end_other_sessions,
    end_session,
    find_password_link,
    set_password_by_link,
)
from catalog.views.base.requests import Request, signed_in_for_oneself
from catalog.views.errors import DeadLink


def _current(request: Request) -> str:
    return request.session.session_key or ""


@signed_in_for_oneself
@require_safe
def session_list(request: Request) -> HttpResponseBase:
    sessions = find_sessions(request.user, _current(request), timezone.now())
    return render(request, "catalog/accounts/sessions.html", {"sessions": sessions})


@signed_in_for_oneself
@require_POST
def session_end(request: Request, pk: int) -> HttpResponseBase:
    end_session(request.user, session=_get_session(request, pk), now=timezone.now())
    messages.success(request, "That browser is signed out.")
    return redirect("catalog:session-list")


@signed_in_for_oneself
@require_POST
def session_end_others(request: Request) -> HttpResponseBase:
    count = end_other_sessions(request.user, current=_current(request), now=timezone.now())
    words = "every other browser is signed out." if count else "you are signed in only here."
    messages.success(request, words.capitalize())
    return redirect("catalog:session-list")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password_by_link(request: HttpRequest, token: str) -> HttpResponseBase:
    link = find_password_link(token, now=timezone.now())
    if link is None:
        raise DeadLink
    form = PasswordForm(link.user, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        context = {"form": form, "person": link.user}
        return render(request, "catalog/accounts/password.html", context, status=status)
    try:
        set_password_by_link(token=token, now=timezone.now(), **form.cleaned_data)
    except ResetSpent:
        raise DeadLink from None
    messages.success(request, "The new password is set. Sign in with it.")
    return redirect("account_login")


def _get_session(request: Request, pk: int) -> UserSession:
    shown = find_sessions(request.user, _current(request), timezone.now())
    found = next((row.session for row in shown if row.session.pk == pk), None)
    if found is None:
        raise Http404
    return found
