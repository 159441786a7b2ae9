"""Sign-in by the company's provider: the way there, the way back, and what goes wrong between."""

import logging
import re
from typing import Any

import requests
from allauth.account.internal.flows.reauthentication import resume_request
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from catalog.forms.users.rate_limits import may_send_logout
from catalog.services.teams.company_roles import apply_groups
from catalog.services.teams.invitations import find_invitation
from catalog.services.users.company_sign_in import (
    AddressTaken,
    AddressUnconfirmed,
    IdentityTaken,
    admit_identity,
    connect_identity,
    end_company_sessions,
)
from catalog.views.base.requests import Request, signed_in_for_oneself
from catalog.views.sessions.presence import note_proof
from catalog.views.sessions.reauthentication import confirmed
from catalog.views.users.openid import (
    PROVIDER_ID,
    CompanyOAuth2Adapter,
    GroupsElsewhere,
    ProviderSession,
    identify_person,
    read_groups,
    read_logout,
    spend_logout,
)

_LOG = logging.getLogger(__name__)
# What someone goes to the provider for.
_LOGIN, _CONNECT, _CONFIRM = "login", "connect", "confirm"
# How long ago a person may have proved themselves to the provider, to count as just now.
_FRESH_SECONDS = 300
# What can be wrong with an answer: no connection, wrong tokens, missing or strange fields.
_FAULTS = (requests.RequestException, OAuth2Error, KeyError, TypeError, ValueError)


class CompanyAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Decides whom the provider's answer signs in."""

    def list_apps(self, request: HttpRequest, **wanted: Any) -> list[SocialApp]:
        """Return the one provider, which the settings name."""
        return [
            SocialApp(
                provider="openid_connect",
                provider_id=PROVIDER_ID,
                name=settings.OIDC_LABEL,
                client_id=settings.OIDC_CLIENT_ID,
                secret=settings.OIDC_CLIENT_SECRET,
                settings={"server_url": settings.OIDC_ISSUER},
            )
        ]

    def get_requests_session(self) -> ProviderSession:
        """Return a session for calls to the provider."""
        return ProviderSession()

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Return False: accounts are made in pre_social_login, without a form."""
        return False

    def on_authentication_error(self, request: HttpRequest, provider: Any, **values: Any) -> None:
        """Say what went wrong, in words, with a way back."""
        raise ImmediateHttpResponse(_explain_failure(request, values.get("exception")))

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Connect, confirm, or find the account to sign in to."""
        process = sociallogin.state.get("process")
        if process == _CONNECT:
            raise ImmediateHttpResponse(_connect(request, sociallogin))
        if process == _CONFIRM:
            raise ImmediateHttpResponse(_confirm(request, sociallogin))
        groups = _read_groups(request, sociallogin)
        if not sociallogin.is_existing:
            _admit(request, sociallogin)
        if settings.OIDC_ROLES and sociallogin.user.is_active:
            apply_groups(sociallogin.user, groups=groups, now=timezone.now())
        # Kept for the end of this request, in which the sign-in ends if no code is asked for.
        request.company_factor = settings.OIDC_TRUSTS_MFA and sociallogin.has_factor  # type: ignore[attr-defined]


@never_cache
@require_safe
def company_login(request: HttpRequest) -> HttpResponseBase:
    """Send the person to the provider to sign in."""
    if request.user.is_authenticated:
        return redirect(get_next_redirect_url(request) or settings.LOGIN_REDIRECT_URL)
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        # Whoever is signed in at the provider would be signed in here without doing anything.
        query = request.META.get("QUERY_STRING", "")
        return redirect(f"{reverse('account_login')}{'?' if query else ''}{query}")
    return _leave(request, _LOGIN)


@never_cache
@signed_in_for_oneself
@confirmed
@require_POST
def company_connect(request: Request) -> HttpResponseBase:
    """Show the link to the provider: a form may not lead to another site."""
    answer = _leave(request, _CONNECT)
    if answer.status_code != 302:
        return answer
    return render(request, "catalog/users/connect.html", {"address": answer["Location"]})


@never_cache
@require_safe
def company_confirm(request: HttpRequest) -> HttpResponseBase:
    """Send someone who has no password to the provider, to confirm that it's them."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    return _leave(request, _CONFIRM, prompt="login", max_age="0")


@never_cache
@require_safe
def company_callback(request: HttpRequest) -> HttpResponseBase:
    """Take the provider's answer."""
    view = OAuth2CallbackView.adapter_view(CompanyOAuth2Adapter(request, PROVIDER_ID))
    try:
        answer: HttpResponseBase = view(request)
    except _FAULTS as exc:
        return _explain_failure(request, exc)
    return answer


@never_cache
@csrf_exempt
@sensitive_post_parameters()
@require_POST
def company_logout(request: HttpRequest) -> HttpResponse:
    """End a person's sessions when the provider sends a logout token, which it signs."""
    attempt = may_send_logout(request)
    if not attempt:
        return JsonResponse({"error": "invalid_request"}, status=429)
    try:
        claims = read_logout(request.POST.get("logout_token", ""))
    except requests.RequestException as exc:
        _LOG.warning("A logout token couldn't be checked: %s", type(exc).__name__)
        return JsonResponse({"error": "temporarily_unavailable"}, status=503)
    except _FAULTS as exc:
        _LOG.warning("A logout token was refused: %s", type(exc).__name__)
        return JsonResponse({"error": "invalid_request"}, status=400)
    attempt.rollback()
    subject = claims.get("sub")
    end_company_sessions(
        uid=identify_person(claims["iss"], str(subject)) if subject else "",
        sid=str(claims.get("sid", "")),
        now=timezone.now(),
    )
    spend_logout(claims)
    return HttpResponse()


def _leave(request: HttpRequest, process: str, **parameters: str) -> HttpResponseBase:
    provider = get_adapter(request).get_provider(request, provider=PROVIDER_ID)
    try:
        answer: HttpResponseBase = provider.redirect(
            request, process, next_url=get_next_redirect_url(request), auth_params=parameters
        )
    except _FAULTS as exc:
        return _explain_failure(request, exc)
    return answer


def _admit(request: HttpRequest, login: SocialLogin) -> None:
    if not settings.OIDC_MAKES_ACCOUNTS and not _is_invited(login):
        words = "You don't have an account here yet. Ask an admin of your team to invite you."
        raise ImmediateHttpResponse(_refuse(request, words))
    said = login.person
    try:
        login.account = admit_identity(
            identity=login.account,
            email=str(said.get("email") or ""),
            name=str(said.get("name") or said.get("given_name") or ""),
            # Many companies' providers leave this out, because they manage all addresses.
            is_confirmed=said.get("email_verified", True) in {True, "true"},
            now=timezone.now(),
        )
        login.user = login.account.user
    except AddressUnconfirmed:
        words = f"{settings.OIDC_LABEL} didn't send a confirmed email address for you."
        answer = _refuse(request, f"{words} Ask the people who manage your account there.")
        raise ImmediateHttpResponse(answer) from None
    except AddressTaken:
        words = (
            "An account with your email address already exists here. Sign in with its password"
            f" first. Then open Account and choose Connect {settings.OIDC_LABEL}."
        )
        if settings.OIDC_ONLY:
            words = (
                "An account with your email address already exists here, but it isn't connected"
                f" to {settings.OIDC_LABEL}. Ask whoever runs this server to connect it."
            )
        raise ImmediateHttpResponse(_refuse(request, words)) from None


def _read_groups(request: HttpRequest, login: SocialLogin) -> set[str]:
    try:
        return read_groups(login.person) if settings.OIDC_ROLES else set()
    except GroupsElsewhere:
        # Read as "no groups", this would suspend the person.
        words = f"{settings.OIDC_LABEL} didn't send your groups, because you're in too many."
        words += " Ask the people who manage your account there."
        raise ImmediateHttpResponse(_refuse(request, words)) from None
    except OAuth2Error as exc:
        raise ImmediateHttpResponse(_explain_failure(request, exc)) from None


def _is_invited(login: SocialLogin) -> bool:
    try:
        match = resolve((login.get_redirect_url(None) or "").partition("?")[0])
    except Resolver404:
        return False
    token = match.kwargs.get("token", "") if match.url_name == "invitation-join" else ""
    return bool(token) and find_invitation(token, now=timezone.now()) is not None


def _connect(request: HttpRequest, login: SocialLogin) -> HttpResponseBase:
    if not request.user.is_authenticated:
        return redirect("account_login")
    try:
        connect_identity(request.user, identity=login.account, now=timezone.now())
    except IdentityTaken:
        words = "One of the two is already connected to another account, so nothing was changed."
        messages.error(request, words)
    else:
        messages.success(request, f"You can now sign in with {settings.OIDC_LABEL}.")
    return redirect("catalog:account-detail")


def _confirm(request: HttpRequest, login: SocialLogin) -> HttpResponseBase:
    since = timezone.now().timestamp() - int(login.person.get("auth_time") or 0)
    if not request.user.is_authenticated or login.user != request.user:
        return _refuse(request, "You confirmed as someone else, so nothing was changed.")
    if since > _FRESH_SECONDS:
        words = f"{settings.OIDC_LABEL} didn't ask you to sign in again, so nothing was changed."
        return _refuse(request, words)
    note_proof(None, request, reauthenticated=True)
    go_on: HttpResponseBase | None = resume_request(request)
    return go_on or redirect(login.get_redirect_url(request) or "catalog:account-detail")


def _explain_failure(request: HttpRequest, exc: BaseException | None) -> HttpResponse:
    # An error's message may hold what the provider sent; its type and the error's code don't.
    code = request.GET.get("error", "")
    known = code if re.fullmatch(r"[a-z_]{1,40}", code) else ""
    reason = type(exc).__name__ if exc else known or "unknown state"
    _LOG.warning("Sign-in by the provider failed: %s", reason)
    if known == "access_denied":
        return _refuse(request, f"{settings.OIDC_LABEL} refused, or you cancelled.")
    if isinstance(exc, requests.ConnectionError | requests.Timeout):
        words = f"{settings.OIDC_LABEL} can't be reached. Try again in a few minutes."
        return _refuse(request, words, status=503)
    if exc is None and not known:
        words = "This sign-in has expired, or was started in another browser. Try again."
        return _refuse(request, words)
    words = f"The answer of {settings.OIDC_LABEL} can't be accepted ({reason})."
    return _refuse(request, f"{words} Try again. If it happens again, tell your operator.")


def _refuse(request: HttpRequest, words: str, status: int = 403) -> HttpResponse:
    return render(request, "catalog/users/company.html", {"words": words}, status=status)
