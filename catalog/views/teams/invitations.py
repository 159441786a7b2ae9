"""Create and withdraw invitations, and join a team by one."""

from django.conf import settings
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
from catalog.forms.teams import InvitationForm
from catalog.forms.users.rate_limits import may_answer_link
from catalog.forms.users.setup import JoinForm
from catalog.models import Invitation
from catalog.services.teams.invitations import (
    InvitationSpent,
    KeptForAnother,
    answer_invitation,
    find_invitation,
    invite,
    withdraw_invitation,
)
from catalog.views.base.requests import Request, signed_in
from catalog.views.errors import DeadLink, too_many
from catalog.views.sessions.reauthentication import confirmed
from catalog.views.teams.join import join_team, keep_joining
from catalog.views.teams.members import show_people

_KEPT = "This link was used with another email. Sign in with that one, or ask for a new link."


@never_cache
@signed_in
@confirmed
@require_POST
def invitation_create(request: Request) -> HttpResponseBase:
    """Show the link directly in the response; it isn't stored and can't be shown again."""
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
    """Signed-in users join with one click; everyone else creates an account or signs in first.

    The response is the same whether or not the address has an account.
    """
    invitation = find_invitation(token, now=timezone.now())
    if invitation is None:
        raise DeadLink
    if request.user.is_authenticated or settings.OIDC_ONLY:
        return _join_by_account(request, token, invitation)
    form = JoinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and not may_answer_link(request):
        return too_many(request)
    if request.method == "POST" and form.is_valid():
        try:
            answer_invitation(token=token, now=timezone.now(), **form.cleaned_data)
        except InvitationSpent:
            raise DeadLink from None
        except KeptForAnother:
            form.add_error("email", _KEPT)
        else:
            keep_joining(request, token, invitation)
            return redirect("account_login")
    context = {"form": form, "invitation": invitation}
    status = 422 if form.is_bound else 200
    return render(request, "catalog/teams/join.html", context, status=status)


def _join_by_account(request: HttpRequest, token: str, invitation: Invitation) -> HttpResponseBase:
    if request.method != "POST" or not request.user.is_authenticated:
        return render(request, "catalog/teams/join.html", {"invitation": invitation, "form": None})
    join_team(request, token, invitation.team)
    return redirect("catalog:voice-list")
