"""The codes that an authenticator app would show."""

from allauth.mfa.totp.internal import auth

from tests import factories


def code_of(secret: str = factories.TOTP_SECRET) -> str:
    now = next(auth.yield_hotp_counters_from_time())
    return auth.format_hotp_value(auth.hotp_value(secret, now))
