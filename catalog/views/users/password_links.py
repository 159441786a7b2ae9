"""The page of a password link, where its user sets a new password."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from catalog.forms.users.setup import PasswordForm
from catalog.services.users.password_links import (
    ResetSpent,
    find_password_link,
    set_password_by_link,
)
from catalog.views.errors import DeadLink


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
        return render(request, "catalog/users/password.html", context, status=status)
    try:
        set_password_by_link(token=token, now=timezone.now(), **form.cleaned_data)
    except ResetSpent:
        raise DeadLink from None
    messages.success(request, "Password changed. Sign in with your new password.")
    return redirect("account_login")
