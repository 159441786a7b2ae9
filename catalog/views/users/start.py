"""The page of first steps, where a new installation begins."""

from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from catalog import policies
from catalog.queries.annotations import find_marks
from catalog.queries.users.start import find_first_steps, shows_start
from catalog.services.preferences import dismiss_start
from catalog.views.base.requests import Request, render_part, signed_in


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def start_detail(request: Request) -> HttpResponseBase:
    if request.method == "POST":
        dismiss_start(request.user)
        return redirect("catalog:voice-list")
    user, team = request.user, request.team
    steps = find_first_steps(user, team)
    context = {
        "steps": steps,
        "marks": find_marks(user, [voice.pk for voice in steps.voices]),
        "may_add_key": policies.may_add_credential(user, team),
        "may_invite": policies.may_manage_people(user, team),
        "may_clone": policies.may_clone(user, team),
        "can_dismiss": shows_start(user),
    }
    return render_part(
        request,
        page="catalog/users/start.html",
        part="catalog/users/_steps.html",
        context=context,
    )
