"""Identities at the company's OpenID Provider."""

from django.apps import apps
from django.conf import settings

from catalog.models import User


def has_break_glass() -> bool:
    """Return whether someone can sign in while the company's provider is away."""
    return User.objects.filter(is_break_glass=True, is_active=True).exists()


def has_identity(user: User) -> bool:
    """Return whether the user can sign in by the company's provider."""
    if not settings.OIDC_ISSUER:
        return False
    # Installed only where a provider is configured.
    known = apps.get_model("socialaccount", "SocialAccount").objects
    return bool(known.filter(user=user, extra_data__iss=settings.OIDC_ISSUER).exists())
