"""The account page, the theme, the first admin, and our settings for allauth."""

from functools import wraps
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import perform_login
from allauth.account.views import password_reset
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import policies
from catalog.forms.users.rate_limits import may_mail_link, remember_device, start_password_guess
from catalog.forms.users.regions import RegionForm
from catalog.forms.users.setup import SetupForm
from catalog.models import User
from catalog.models.installation import FACTOR_PLACE, open_text, seal_text
from catalog.queries.teams import find_suspended
from catalog.queries.users.identities import has_identity
from catalog.services.users.break_glass import note_break_glass
from catalog.services.users.password_links import mail_reset_link
from catalog.services.users.setup import LinkSpent, create_first_admin, setup_link_is_good
from catalog.services.users.sign_in import (
    note_account,
    note_failed_sign_in,
    note_provider_session,
)
from catalog.views.base.refusals import log_refusal
from catalog.views.base.requests import Request, View, signed_in_for_oneself
from catalog.views.context_processors import THEME_COOKIE, THEMES
from catalog.views.middleware.locales import REGION_COOKIE, ZONE_COOKIE
from catalog.views.sessions.presence import note_company
from catalog.views.teams.join import finish_joining

# Events that allauth would send email about, and their names in the audit log.
_NOTED = {
    "account/email/password_changed": "password changed",
    "account/email/password_reset": "password reset",
    "account/email/password_set": "password set",
    "mfa/email/totp_activated": "two-factor authentication turned on",
    "mfa/email/totp_deactivated": "two-factor authentication turned off",
    "mfa/email/recovery_codes_generated": "recovery codes generated",
}


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes public sign-up, limits guesses, and records account events in the audit log."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "Wrong email address or password.",
        "incorrect_password": "Wrong password.",
        # Matches the periods in ACCOUNT_RATE_LIMITS.
        "too_many_login_attempts": "Too many attempts. Wait 5 minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: accounts are only created by invitation."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Return whether the URL is one of ours; a malformed one is not."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Show no message; being signed in is visible anyway."""

    def post_login(self, request: HttpRequest, user: User, **values: Any) -> HttpResponse:
        """Record the sign-in, join the team of a pending invitation, and remember the device."""
        login = (values.get("signal_kwargs") or {}).get("sociallogin")
        if user.is_break_glass and not login:
            note_break_glass(user, now=timezone.now())
        else:
            note_account(user, action="signed in", now=timezone.now())
        response: HttpResponse = super().post_login(request, user, **values)
        if login:
            note_company(request, has_factor=getattr(request, "company_factor", False))
        if login and (sid := login.account.extra_data.get("sid")):
            note_provider_session(user, session_key=request.session.session_key or "", sid=sid)
        if finish_joining(request, user):
            response = redirect("catalog:voice-list")
        remember_device(request, response, user)
        return response

    def get_login_stages(self) -> list[str]:
        """Leave out the code if the company's provider asked for a second factor."""
        stages: list[str] = super().get_login_stages()
        if getattr(self.request, "company_factor", False):
            stages.remove("allauth.mfa.stages.AuthenticateStage")
        return stages

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the guess; allauth takes it back if the password was right."""
        usage = start_password_guess(request, str(credentials.get("email", "")))
        self._login_failed_rl_usage = usage
        if not usage:
            log_refusal(self.request, "too many passwords")
            raise self.validation_error("too_many_login_attempts")

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Email the link, with a limit that keeps strangers from flooding the mailbox."""
        if user.may_use_password and may_mail_link(self.request, user):
            site = self.request.build_absolute_uri("/")
            mail_reset_link(user=user, site=site, now=timezone.now())

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Return the ways to confirm one's identity, with the company's provider as the last."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if user.is_authenticated and has_identity(user):
            words, address = f"Use {settings.OIDC_LABEL}", reverse("company_confirm")
            methods.append({"id": "company", "description": words, "url": address})
        return methods

    def logout(self, request: HttpRequest) -> None:
        """Record the sign-out."""
        if request.user.is_authenticated:
            note_account(request.user, action="signed out", now=timezone.now())
        super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record the failed sign-in; rate limits keep their number low."""
        note_failed_sign_in(email=str(credentials.get("email", "")), now=timezone.now())

    def send_notification_mail(
        self, template_prefix: str, user: User, *args: Any, **kwargs: Any
    ) -> None:
        """Record the event instead of sending allauth's email."""
        if template_prefix in _NOTED:
            note_account(user, action=_NOTED[template_prefix], now=timezone.now())


class SealedFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Stores the secrets of second factors encrypted, like API keys."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "Wrong code. Enter the code your app shows now.",
    }

    def encrypt(self, text: str) -> str:
        """Return the encrypted text."""
        return seal_text(text, *FACTOR_PLACE)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the decrypted text."""
        return open_text(encrypted_text, *FACTOR_PLACE)


@signed_in_for_oneself
@require_safe
def account_detail(request: Request) -> HttpResponseBase:
    context = {
        "may_make_team": policies.may_make_team(request.user),
        "has_second_factor": policies.has_second_factor(request.user),
        "is_connected": has_identity(request.user),
        "suspended": find_suspended(request.user),
        "sends_mail": settings.SENDS_MAIL,
        "now": timezone.now(),
        "region_form": RegionForm(
            initial={
                "region": request.COOKIES.get(REGION_COOKIE, ""),
                "timezone": request.COOKIES.get(ZONE_COOKIE, ""),
            }
        ),
    }
    return render(request, "catalog/users/detail.html", context)


@signed_in_for_oneself
@require_POST
def region_set(request: Request) -> HttpResponseBase:
    """Store in cookies how this browser's user writes days and numbers, and their time zone."""
    form, response = RegionForm(request.POST), redirect("catalog:account-detail")
    if not form.is_valid():
        messages.error(request, "Choose a format and a time zone from the lists.")
        return response
    chosen = {
        REGION_COOKIE: form.cleaned_data["region"],
        ZONE_COOKIE: form.cleaned_data["timezone"],
    }
    for name, value in chosen.items():
        if value:
            _set_cookie(response, name, value)
        else:
            response.delete_cookie(name)
    messages.success(request, "Saved for this browser.")
    return response


def _set_cookie(response: HttpResponseBase, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=365 * 24 * 3600,
        samesite="Lax",
        httponly=True,
        secure=settings.IS_BEHIND_TLS,
    )


@require_POST
def theme_set(request: HttpRequest) -> HttpResponse:
    """Store the theme in a cookie, so the server can render pages in it from the start."""
    theme = request.POST.get("theme", "")
    back = request.headers.get("Referer", "")
    if not back.startswith(request.build_absolute_uri("/")):
        back = "/"
    is_script = bool(request.headers.get("X-Fetch"))
    response = HttpResponse(status=204) if is_script else HttpResponseRedirect(back)
    if theme in THEMES:
        _set_cookie(response, THEME_COOKIE, theme)
    return response


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponse:
    if not setup_link_is_good(token, now=timezone.now()):
        raise Http404
    form = SetupForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "catalog/users/setup.html", {"form": form}, status=status)
    try:
        user = create_first_admin(token=token, now=timezone.now(), **form.cleaned_data)
    except LinkSpent:
        raise Http404 from None
    start = reverse("catalog:start-detail")
    response: HttpResponse = perform_login(request, user, redirect_url=start)
    return response


def with_password(view: View) -> View:
    """Shut a page of allauth for people who sign in with the company's provider only."""

    @wraps(view)
    def gate(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.may_use_password:
            words = f"You sign in with {settings.OIDC_LABEL}, so you have no password here."
            messages.error(request, words)
            return redirect("catalog:account-detail")
        return view(request, *args, **kwargs)

    return gate


@require_http_methods(["GET", "HEAD", "POST"])
def password_forgotten(request: HttpRequest) -> HttpResponseBase:
    """Email a reset link, or say who can help if no mail server is configured."""
    if settings.OIDC_ONLY:
        return redirect("account_login")
    if not settings.SENDS_MAIL:
        return render(request, "account/password_reset_by_admin.html")
    response: HttpResponseBase = password_reset(request)
    return response
