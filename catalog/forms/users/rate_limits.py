"""Rate limits on guesses of passwords and codes, and devices that users have signed in on.

Guesses are counted per account and IP address, which keeps people elsewhere from locking a
colleague out. A device on which the user has signed in before has a count of its own.
"""

import secrets
from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import get_adapter as get_factor_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

from catalog.models import Share, User

_SALT = "catalog.device"
_MOST_PEOPLE = 8  # users who share one browser
# The longest that browsers keep a cookie: https://developer.chrome.com/blog/cookie-max-age-expires
_LIVES = timedelta(days=400)


def start_password_guess(request: HttpRequest, email: str) -> Any:
    """Count a guess at the account's password; return None if there were too many."""
    email = email.strip().lower()
    return _start(request, "password", email, User.objects.filter(email=email).first())


def may_mail_link(request: HttpRequest, user: User) -> bool:
    """Return whether another link may be emailed; links sent before still work."""
    return bool(find_device(request, user) or _consume(request, "mailed_link", str(user.pk)))


def may_answer_link(request: HttpRequest) -> bool:
    """Return whether this IP address may submit another join form."""
    return bool(_consume(request, "signup", ""))


def start_share_guess(request: HttpRequest, share: Share) -> list[Any]:
    """Count a guess at a link's password; return nothing if there were too many.

    Take each back with ``rollback`` if the password is right.
    """
    name = f"share {share.pk}"
    usages = [
        _consume(request, "share_password", f"{ratelimit.get_ip(request)} {name}"),
        _consume(request, "share_password_anywhere", name),
    ]
    return usages if all(usages) else []


def may_vote_outside(request: HttpRequest) -> bool:
    """Return whether this IP address may send another vote by a link."""
    return bool(_consume(request, "share_vote", ratelimit.get_ip(request)))


def may_send_logout(request: HttpRequest) -> Any:
    """Count a logout token from this IP address; take it back with ``rollback`` if it's good."""
    return _consume(request, "logout_token", "")


def find_device(request: HttpRequest, user: User) -> str | None:
    """Return the device's id if the user has signed in on it with the current password."""
    kept = _read_cookie(request)
    mark = kept["people"].get(str(user.pk), "")
    return kept["device"] if constant_time_compare(mark, _mark_of(user)) else None


def remember_device(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Set the cookie that identifies this browser as a known device of the user."""
    kept = _read_cookie(request)
    others = [(pk, mark) for pk, mark in kept["people"].items() if pk != str(user.pk)]
    people = dict([*others[1 - _MOST_PEOPLE :], (str(user.pk), _mark_of(user))])
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps({"device": kept["device"], "people": people}, salt=_SALT),
        max_age=_LIVES,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read_cookie(request: HttpRequest) -> dict[str, Any]:
    word = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    try:
        kept: dict[str, Any] = signing.loads(word, salt=_SALT, max_age=_LIVES)
    except signing.BadSignature:
        return {"device": secrets.token_urlsafe(12), "people": {}}
    return kept


def _mark_of(user: User) -> str:
    # A new password makes every device unknown again.
    return salted_hmac(_SALT, user.password, algorithm="sha256").hexdigest()[:32]


def _start(request: HttpRequest, kind: str, name: str, user: User | None) -> Any:
    device = find_device(request, user) if user else None
    if device:
        return _consume(request, f"{kind}_known", f"{device} {name}")
    return _consume(request, kind, f"{ratelimit.get_ip(request)} {name}")


def _consume(request: HttpRequest, action: str, key: str) -> Any:
    # The limits are in the ACCOUNT_RATE_LIMITS setting.
    return ratelimit.consume(request, app="allauth.account", action=action, key=key)


class _GuessedCode:
    """Counts guesses of a code like guesses of a password.

    Someone who has the password could try six-digit codes from many addresses at once. That is
    why unknown devices also share one count, which is reset by a new password.
    """

    user: User
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        usages = self._start_guess()
        for factor in Authenticator.objects.filter(user=self.user):
            if factor.wrap().validate_code(code):
                for usage in usages:
                    usage.rollback()
                factor.user = self.user
                self.authenticator = factor
                return code
        raise get_factor_adapter().validation_error("incorrect_code")

    def _start_guess(self) -> list[Any]:
        request, name = context.request, str(self.user.pk)
        usages = [_start(request, "code", name, self.user)]
        if not find_device(request, self.user):
            usages.append(_consume(request, "code_anywhere", f"{name} {_mark_of(self.user)}"))
        if not all(usages):
            raise get_adapter().validation_error("too_many_login_attempts")
        return usages


class CodeForm(_GuessedCode, AuthenticateForm):  # type: ignore[misc]
    """The two-factor code at sign-in."""


class CodeAgainForm(_GuessedCode, ReauthenticateForm):  # type: ignore[misc]
    """The two-factor code before a sensitive action."""
