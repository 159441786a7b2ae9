"""Invite people by a link, take the link back, and come in through one."""

from allauth.account.utils import perform_login
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from catalog import policies
from catalog.forms.accounts import JoinForm
from catalog.forms.teams import InvitationForm
from catalog.models import Invitation
from catalog.services.invitations import (
    AddressTaken,
    AlreadyThere,
    InvitationSpent,
    accept_invitation,
    find_invitation,
    invite,
    join_by_invitation,
    withdraw_invitation,
)
from catalog.views.errors import DeadLink
from catalog.views.members import show_people
from catalog.views.requests import Request, signed_in


@never_cache
@signed_in
@require_POST
def invitation_create(request: Request) -> HttpResponseBase:
    """Show the link in the answer itself: nothing else of ours ever knows it again."""
    if not policies.may_manage_people(request.user, request.team):
        raise PermissionDenied
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return show_people(request, 422, invitation_form=form)
    token = invite(request.user, team=request.team, now=timezone.now(), **form.cleaned_data)
    path = reverse("catalog:invitation-join", args=[token])
    return show_people(request, link=request.build_absolute_uri(path))


@signed_in
@require_POST
def invitation_withdraw(request: Request, pk: int) -> HttpResponseBase:
    rows = Invitation.objects.visible_to(request.user).select_related("team")
    invitation = get_object_or_404(rows, pk=pk)
    withdraw_invitation(request.user, invitation=invitation, now=timezone.now())
    messages.success(request, "The link no longer works.")
    return redirect("catalog:member-list")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_join(request: HttpRequest, token: str) -> HttpResponseBase:
    """Let somebody new sign up, and somebody who is signed in come in with one press."""
    invitation = find_invitation(token, now=timezone.now())
    if invitation is None:
        raise DeadLink
    if request.user.is_authenticated:
        return _join_known(request, token, invitation)
    form = JoinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = join_by_invitation(token=token, now=timezone.now(), **form.cleaned_data)
        except InvitationSpent:
            raise DeadLink from None
        except AddressTaken:
            form.add_error("email", "There is an account with this address. Sign in to come in.")
        else:
            response: HttpResponseBase = perform_login(request, user)
            return response
    context = {"form": form, "invitation": invitation}
    status = 422 if form.is_bound else 200
    return render(request, "catalog/teams/join.html", context, status=status)


def _join_known(request: HttpRequest, token: str, invitation: Invitation) -> HttpResponseBase:
    if request.method != "POST":
        return render(request, "catalog/teams/join.html", {"invitation": invitation})
    try:
        team = accept_invitation(request.user, token=token, now=timezone.now())  # type: ignore[arg-type]
    except InvitationSpent:
        raise DeadLink from None
    except AlreadyThere:
        messages.info(request, f"You are in {invitation.team} already; the link is still good.")
    else:
        messages.success(request, f"You now work in {team}.")
    return redirect("catalog:voice-list")
