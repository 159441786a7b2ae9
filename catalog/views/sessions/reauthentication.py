"""Ask for the password again before sensitive actions, then continue with the action."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from allauth.account.internal.flows.reauthentication import stash_and_reauthenticate
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import resolve
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from catalog.core.crypto import CannotOpen
from catalog.models.installation import open_text, seal_text
from catalog.templating.form_token import TEAM_FIELD
from catalog.views.base.requests import is_partial
from catalog.views.middleware.page_team import TEAM_HEADER, refuse_other_team
from catalog.views.sessions.presence import has_proof

# The posted form is kept encrypted in the session meanwhile, as it may hold a key.
_PLACE = ("session", "kept form")
_KEPT_SECONDS = 15 * 60
_OF_THIS_REQUEST = ("memberships", "team", "around")

View = Callable[..., HttpResponseBase]


def confirmed(view: View) -> View:
    """Require a recent password or code before the view may write."""

    @wraps(view)
    def ask_first(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST" or has_proof(request):
            return view(request, *args, **kwargs)
        answer = stash_and_reauthenticate(request, _keep(request), f"{__name__}.go_on")
        if is_partial(request):
            return HttpResponse(headers={"HX-Redirect": answer.url})
        return answer  # type: ignore[no-any-return]

    return ask_first


@sensitive_variables()
def go_on(request: HttpRequest, state: dict[str, Any]) -> HttpResponseBase:
    """Perform the request that was interrupted to ask for the password."""
    kept = _open(state)
    if kept is None or kept["user"] != request.user.pk:
        messages.error(request, "The request expired, so nothing was changed. Try again.")
        return redirect("catalog:voice-list")
    address = urlsplit(kept["path"])
    match = resolve(address.path)
    # Someone without a password confirms at the company's provider, and comes back by a link.
    request.method = "POST"
    request.GET, request.POST = QueryDict(address.query), QueryDict(kept["body"])
    request.META["QUERY_STRING"] = address.query
    request.path = request.path_info = address.path
    request.META["HTTP_REFERER"] = kept["referer"]
    request.resolver_match = match
    for name in _OF_THIS_REQUEST:
        vars(request).pop(name, None)
    return refuse_other_team(request) or match.func(request, *match.args, **match.kwargs)


@sensitive_variables()
def _keep(request: HttpRequest) -> dict[str, str]:
    body = request.POST.copy()
    if TEAM_HEADER in request.headers:
        body.setdefault(TEAM_FIELD, request.headers[TEAM_HEADER])
    kept = {
        "user": request.user.pk,
        "path": request.get_full_path(),
        "body": body.urlencode(),
        "referer": request.headers.get("Referer", ""),
        "at": timezone.now().timestamp(),
    }
    return {"sealed": seal_text(json.dumps(kept), *_PLACE)}


@sensitive_variables()
def _open(state: dict[str, Any]) -> dict[str, Any] | None:
    try:
        kept: dict[str, Any] = json.loads(open_text(state["sealed"], *_PLACE))
    except CannotOpen:
        # The master key was rotated in the meantime.
        return None
    age = timezone.now().timestamp() - kept["at"]
    return kept if age < _KEPT_SECONDS else None
