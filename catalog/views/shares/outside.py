"""What outsiders see of a link: no account, no ids, and nothing that a provider is asked for.

Everyone is an outsider here, also people who are signed in.
"""

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.core.crypto import hash_token
from catalog.core.media import has_media
from catalog.forms.base.text_fields import complaint_about
from catalog.forms.shares import OutsideVoteForm, SharePasswordForm
from catalog.forms.users.rate_limits import may_vote_outside, start_share_guess
from catalog.models import Share
from catalog.queries.shares import (
    find_share,
    get_shared_page,
    is_password_proof,
    is_share_open,
    make_password_proof,
)
from catalog.services.shares import VoteRefused, cast_outside_vote, note_view, opens_share
from catalog.views.base.media import send_sound
from catalog.views.base.refusals import log_refusal

COOKIE = "visitor"
_SALT = "catalog.visitor"
_LIVES = 90 * 24 * 3600
# A browser remembers the links that it opened last.
_MOST_KEPT = 20


class Visitor:
    """What a browser keeps: a random number, the links it has seen, and proofs of passwords."""

    def __init__(self, request: HttpRequest) -> None:
        self.kept: dict[str, Any] = {"id": secrets.token_urlsafe(16), "seen": [], "proofs": []}
        try:
            word = request.COOKIES.get(COOKIE, "")
            self.kept |= signing.loads(word, salt=_SALT, max_age=_LIVES)
        except signing.BadSignature:
            pass

    def name_for(self, share: Share) -> str:
        """Return what stands for this browser in the votes of this link."""
        return hash_token(f"{share.token_hash} {self.kept['id']}")

    def has_seen(self, share: Share) -> bool:
        """Return whether this browser has opened the link before, and remember that it did."""
        mark, seen = share.token_hash[:16], self.kept["seen"]
        self.kept["seen"] = [*(each for each in seen if each != mark), mark][-_MOST_KEPT:]
        return mark in seen

    def may_open(self, share: Share) -> bool:
        """Return whether the link has no password, or this browser entered it."""
        proofs = self.kept["proofs"]
        return not share.password or any(is_password_proof(share, each) for each in proofs)

    def unlock(self, share: Share) -> None:
        """Remember that the link's password was entered."""
        self.kept["proofs"] = [*self.kept["proofs"], make_password_proof(share)][-_MOST_KEPT:]

    def keep(self, response: HttpResponseBase) -> HttpResponseBase:
        """Store this in the browser."""
        response.set_cookie(
            COOKIE,
            signing.dumps(self.kept, salt=_SALT),
            max_age=_LIVES,
            httponly=True,
            samesite="Lax",
            secure=settings.IS_BEHIND_TLS,
        )
        return response


def by_link(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Pass the link of the token to the view if it works, and keep it out of search engines.

    The address is not sent to other sites: the policy for all pages is "same-origin". With
    "no-referrer", browsers would send forms with "Origin: null", which CSRF protection refuses.
    """

    @wraps(view)
    def gate(request: HttpRequest, token: str, **values: str) -> HttpResponseBase:
        request.user = AnonymousUser()
        share = find_share(token)
        if share is None or not is_share_open(share, timezone.now()):
            log_refusal(request, "share link")
            status = 404 if share is None else 410
            response: HttpResponseBase = render(request, "catalog/shares/ended.html", status=status)
        else:
            response = view(request, token, share, Visitor(request), **values)
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return gate


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def share_open(
    request: HttpRequest, token: str, share: Share, visitor: Visitor
) -> HttpResponseBase:
    """Show what the link is for, after its password if it has one."""
    if not visitor.may_open(share):
        return _ask_password(request, token, share, visitor)
    if request.method == "POST":
        return redirect("catalog:share-open", token)
    if request.method == "GET" and not visitor.has_seen(share):
        note_view(share=share, now=timezone.now())
    return visitor.keep(_show(request, token, share, visitor))


def _ask_password(
    request: HttpRequest, token: str, share: Share, visitor: Visitor
) -> HttpResponseBase:
    form = SharePasswordForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        usages = start_share_guess(request, share)
        if not usages:
            log_refusal(request, "too many attempts")
            form.add_error("password", "Too many attempts. Wait five minutes, then try again.")
            status = 429
        elif opens_share(share=share, password=form.cleaned_data["password"]):
            for usage in usages:
                usage.rollback()
            visitor.unlock(share)
            return visitor.keep(redirect("catalog:share-open", token))
        else:
            log_refusal(request, "share password")
            form.add_error("password", "This isn't the password of the link.")
    return render(request, "catalog/shares/password.html", {"form": form}, status=status)


def _show(
    request: HttpRequest, token: str, share: Share, visitor: Visitor, *, status: int = 200
) -> HttpResponse:
    page = get_shared_page(share, visitor.name_for(share), timezone.localdate())
    context = {"page": page, "share": share, "token": token, "voter": visitor.kept.get("name", "")}
    return render(request, "catalog/shares/outside.html", context, status=status)


@require_POST
@by_link
def share_vote(
    request: HttpRequest, token: str, share: Share, visitor: Visitor
) -> HttpResponseBase:
    """Store a vote under the name that the outsider typed."""
    response = redirect("catalog:share-open", token)
    if not visitor.may_open(share):
        return response
    form, browser = OutsideVoteForm(request.POST), visitor.name_for(share)
    if not may_vote_outside(request):
        log_refusal(request, "too many attempts")
        messages.error(request, "Too many votes from your network. Wait a minute, then try again.")
    elif not form.is_valid():
        messages.error(request, complaint_about(form, "Enter your name and choose one voice."))
    else:
        page, values = get_shared_page(share, browser, timezone.localdate()), form.cleaned_data
        visitor.kept["name"] = values["name"]
        try:
            cast_outside_vote(page=page, browser=browser, now=timezone.now(), **values)
        except VoteRefused as exc:
            messages.error(request, str(exc))
        else:
            messages.success(request, "Your vote is stored. You can change it until voting ends.")
    return visitor.keep(response)


@require_safe
@by_link
def share_audio(
    request: HttpRequest, token: str, share: Share, visitor: Visitor, key: str
) -> HttpResponseBase:
    """Send a clip that is stored here; nothing is fetched from a provider."""
    if not visitor.may_open(share):
        raise Http404
    page = get_shared_page(share, "", timezone.localdate())
    clip = page.find(key)
    if clip is None or not has_media(clip.path):
        raise Http404
    return send_sound(request, clip.path, clip.content_type, title=clip.name)
