"""The overview of voices and plans that expire, and of free slots."""

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog import policies
from catalog.queries.cleanups.expiry import get_end_board
from catalog.views.base.requests import Request, signed_in


@signed_in
@require_safe
def expiry_list(request: Request) -> HttpResponseBase:
    context = {
        "board": get_end_board(request.user, timezone.now()),
        "cleanup_tab": {"ends": True},
        "is_admin": policies.may_delete_voices(request.user, request.team),
        "may_clone": policies.may_clone(request.user, request.team),
    }
    return render(request, "catalog/cleanups/expiry.html", context)
