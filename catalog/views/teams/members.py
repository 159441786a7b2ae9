"""Members of a team: roles, removal, two-factor, password links, and switching teams."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBadRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import policies
from catalog.core.locales import say_number
from catalog.forms.base.text_fields import complaint_about
from catalog.forms.teams import InvitationForm, RemovalForm, RoleForm, TeamForm
from catalog.models import Membership, PasswordLink, Team
from catalog.queries.teams import (
    find_invitations,
    find_members,
    find_password_links,
    find_successors,
)
from catalog.services.teams.members import (
    GroupsDecide,
    LastAdmin,
    NewOwnerNeeded,
    change_role,
    count_belongings,
    lift_suspension,
    remove_member,
    suspend_member,
)
from catalog.services.teams.teams import (
    NameMapped,
    OwnFactorNeeded,
    choose_team,
    let_clones_speak,
    make_team,
    rename_team,
    require_second_factor,
)
from catalog.services.users.password_links import make_password_link, withdraw_password_link
from catalog.templating.formats import with_article
from catalog.views.base.next_url import same_place
from catalog.views.base.requests import Request, signed_in, signed_in_for_oneself
from catalog.views.sessions.reauthentication import confirmed

_NAME_MAPPED = (
    "Company groups give roles in the team with this name, so it can't be changed or used again."
    " Ask whoever runs this server."
)
_LAST_ADMIN = "A team needs an admin. Make someone else an admin first."


def show_people(request: Request, status: int = 200, **context: Any) -> HttpResponseBase:
    """Render the members page, optionally with an invalid form or a new link."""
    may_manage = policies.may_manage_people(request.user, request.team)
    members = find_members(request.user, with_suspended=may_manage)
    context = {
        "members": members,
        "resettable": policies.find_resettable(request.user, members) if may_manage else [],
        "roles": Membership.Role.choices,
        "rights": policies.RIGHTS,
        "may_manage": may_manage,
        "may_read_log": policies.may_read_log(request.user, request.team),
        "invitations": find_invitations(request.user, timezone.now()) if may_manage else [],
        "password_links": find_password_links(request.user, timezone.now()) if may_manage else [],
        "invitation_form": InvitationForm(),
        "team_form": TeamForm(initial={"name": request.team.name}),
        "link": "",
        "link_words": "",
        "is_demanded_of_all": settings.SECOND_FACTOR_REQUIRED,
        **context,
    }
    return render(request, "catalog/teams/members.html", context, status=status)


@signed_in
@require_safe
def member_list(request: Request) -> HttpResponseBase:
    return show_people(request)


@signed_in
@confirmed
@require_POST
def member_role(request: Request, pk: int) -> HttpResponseBase:
    membership = _get_member(request, pk)
    if not policies.may_manage_people(request.user, membership.team):
        raise PermissionDenied
    # The role stands in the address of a button that undoes a change.
    form = RoleForm(request.POST if "role" in request.POST else request.GET)
    if not form.is_valid():
        return HttpResponseBadRequest("This role doesn't exist.")
    role, before = form.cleaned_data["role"], membership.role
    try:
        change_role(request.user, membership=membership, role=role, now=timezone.now())
    except LastAdmin:
        messages.error(request, _LAST_ADMIN)
    except GroupsDecide:
        words = f"This person's role comes from their groups at {settings.OIDC_LABEL}."
        messages.error(request, words)
    else:
        label = with_article(Membership.Role(role).label.lower())
        # Who gives up their own rights can't take them back.
        may_undo = role != before and membership.user != request.user
        undo = f"{reverse('catalog:member-role', args=[pk])}?role={before}" if may_undo else ""
        words = f"{membership.user} is now {label} of {request.team}."
        messages.success(request, words, extra_tags=undo)
    return redirect("catalog:member-list")


@signed_in
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def member_remove(request: Request, pk: int) -> HttpResponseBase:
    membership = _get_any_member(request, pk)
    if not policies.may_remove_member(request.user, membership):
        raise PermissionDenied
    candidates = find_successors(membership)
    belongings = count_belongings(membership)
    data = request.POST if request.method == "POST" else None
    form = RemovalForm(candidates, data, needs_new_owner=any(belongings.values()))
    if request.method == "POST" and form.is_valid():
        try:
            _remove(request, membership, form)
        except LastAdmin:
            form.add_error(None, _LAST_ADMIN)
        except NewOwnerNeeded:
            form.add_error("new_owner", "Choose a new owner.")
        else:
            return redirect("catalog:member-list")
    context = {
        "form": form,
        "membership": membership,
        "is_self": membership.user_id == request.user.pk,
        "candidates": candidates,
        "belongings": [_count_in_words(*each) for each in belongings.items() if each[1]],
    }
    status = 422 if form.is_bound else 200
    return render(request, "catalog/teams/remove.html", context, status=status)


def _count_in_words(name: str, count: int) -> str:
    singular = {"searches": "search"}.get(name, name.removesuffix("s"))
    return f"{say_number(count)} {singular if count == 1 else name}"


def _remove(request: Request, membership: Membership, form: RemovalForm) -> None:
    remove_member(
        request.user,
        membership=membership,
        new_owner=form.chosen_owner,
        reason=form.cleaned_data["reason"],
        now=timezone.now(),
    )
    is_self = membership.user_id == request.user.pk
    who = "You are" if is_self else f"{membership.user} is"
    messages.success(request, f"{who} no longer in {request.team}.")


@signed_in
@confirmed
@require_POST
def member_suspend(request: Request, pk: int) -> HttpResponseBase:
    """Suspend a member, or lift the suspension with ``is_suspended=0``."""
    membership = _get_any_member(request, pk)
    if not policies.may_suspend_member(request.user, membership):
        raise PermissionDenied
    # It stands in the address of a button that undoes a suspension.
    wanted = request.POST.get("is_suspended") or request.GET.get("is_suspended")
    if wanted == "1":
        suspend_member(request.user, membership=membership, now=timezone.now())
        undo = f"{reverse('catalog:member-suspend', args=[pk])}?is_suspended=0"
        messages.success(request, f"{membership.user} is suspended.", extra_tags=undo)
    elif wanted == "0":
        lift_suspension(request.user, membership=membership, now=timezone.now())
        messages.success(request, f"{membership.user} can open {request.team} again.")
    else:
        return HttpResponseBadRequest("Say whether to suspend this person.")
    return redirect("catalog:member-list")


@signed_in
@require_POST
def team_rename(request: Request, pk: int) -> HttpResponseBase:
    team = get_object_or_404(Team.objects.visible_to(request.user), pk=pk)
    if not policies.may_manage_people(request.user, team):
        raise PermissionDenied
    form = TeamForm(request.POST)
    if not form.is_valid():
        return show_people(request, 422, team_form=form)
    try:
        rename_team(request.user, team=team, name=form.cleaned_data["name"], now=timezone.now())
    except NameMapped:
        form.add_error("name", _NAME_MAPPED)
        return show_people(request, 422, team_form=form)
    return redirect("catalog:member-list")


@signed_in
@confirmed
@require_POST
def team_require_two_factor(request: Request, pk: int) -> HttpResponseBase:
    team = get_object_or_404(Team.objects.visible_to(request.user), pk=pk)
    wanted = request.POST.get("is_required") == "1"
    try:
        require_second_factor(request.user, team=team, is_required=wanted, now=timezone.now())
    except OwnFactorNeeded:
        messages.error(request, "Set up two-factor authentication for your own account first.")
    return redirect("catalog:member-list")


@signed_in
@require_POST
def team_first_speech(request: Request, pk: int) -> HttpResponseBase:
    team = get_object_or_404(Team.objects.visible_to(request.user), pk=pk)
    speaks = request.POST.get("speaks") == "1"
    let_clones_speak(request.user, team=team, speaks=speaks, now=timezone.now())
    return redirect("catalog:member-list")


@never_cache
@signed_in
@confirmed
@require_POST
def member_password(request: Request, pk: int) -> HttpResponseBase:
    """Show the link directly in the response; it isn't stored and can't be shown again."""
    membership = _get_member(request, pk)
    token = make_password_link(request.user, membership=membership, now=timezone.now())
    path = reverse("catalog:password-by-link", args=[token])
    words = f"Send this link to {membership.user}. It works once and expires in 24 hours."
    return show_people(request, link=request.build_absolute_uri(path), link_words=words)


@signed_in
@require_POST
def password_link_withdraw(request: Request, pk: int) -> HttpResponseBase:
    rows = PasswordLink.objects.visible_to(request.user).select_related("user")
    link = get_object_or_404(rows, pk=pk)
    withdraw_password_link(request.user, link=link, now=timezone.now())
    messages.success(request, "The link no longer works.")
    return redirect("catalog:member-list")


@signed_in
@require_POST
def team_create(request: Request) -> HttpResponseBase:
    if not policies.may_make_team(request.user):
        raise PermissionDenied
    form = TeamForm(request.POST)
    if not form.is_valid():
        words = complaint_about(form, "Enter a team name with at most 80 characters.")
        return HttpResponseBadRequest(words)
    try:
        team = make_team(request.user, name=form.cleaned_data["name"], now=timezone.now())
    except NameMapped:
        return HttpResponseBadRequest(_NAME_MAPPED)
    messages.success(request, f"Team {team} created.")
    return redirect("catalog:member-list")


@signed_in_for_oneself
@require_POST
def team_choose(request: Request, pk: int) -> HttpResponseBase:
    """Switch teams and stay on the page if the other team has it."""
    team = next((each.team for each in request.memberships if each.team_id == pk), None)
    if team is None:
        raise Http404
    choose_team(request.user, team=team, now=timezone.now())
    return redirect(same_place(request))


def _get_any_member(request: Request, pk: int) -> Membership:
    rows = Membership.everyone.visible_to(request.user).select_related("user", "team")
    return get_object_or_404(rows, pk=pk)


def _get_member(request: Request, pk: int) -> Membership:
    rows = Membership.objects.visible_to(request.user).select_related("user", "team")
    return get_object_or_404(rows, pk=pk)
