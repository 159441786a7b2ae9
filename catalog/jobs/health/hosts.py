"""The machines of this installation, and the settings in which they must not differ."""

import hashlib
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from catalog.models import Host, Installation

_SILENCE = timedelta(seconds=60)


class HostsDiffer(Exception):
    """This host may not join the others; the message says why, and no value."""


def join_hosts(now: datetime) -> None:
    """Add this host to those that are running; raises HostsDiffer if it doesn't fit them."""
    ours = _hash_settings()
    others = Host.objects.filter(seen_at__gt=now - _SILENCE).exclude(name=settings.HOST_NAME)
    for other in others.order_by("name"):
        names = sorted({*ours, *other.settings})
        differing = [name for name in names if ours.get(name) != other.settings.get(name)]
        if differing:
            words = f"{', '.join(differing)} must be the same here as on host {other.name}."
            raise HostsDiffer(f"{words} If that host no longer runs, wait a minute.")
        _demand_shared_places(other.name)
    values = {"seen_at": now, "settings": ours}
    Host.objects.update_or_create(name=settings.HOST_NAME, defaults=values)


def note_host(now: datetime) -> None:
    """Record that this host is still running."""
    Host.objects.filter(name=settings.HOST_NAME).update(seen_at=now)


def _demand_shared_places(other: str) -> None:
    words = f"Voiceboard also runs on host {other}. Several hosts need"
    if connection.vendor == "sqlite":
        raise HostsDiffer(f"{words} PostgreSQL. Set DATABASE_URL.")
    if not settings.MEDIA_STORE_URL and not settings.MEDIA_IS_SHARED:
        raise HostsDiffer(
            f"{words} a bucket for files. Set VOICEBOARD_FILES, or VOICEBOARD_FILES_SHARED=1 if"
            " media/ is a folder that they share."
        )
    if settings.BROKER_IS_EMBEDDED:
        raise HostsDiffer(f"{words} Redis or RabbitMQ. Set CELERY_BROKER_URL.")


def _hash_settings() -> dict[str, str]:
    """Return a hash of each setting by its variable, made with a key of this installation."""
    broker = urlsplit(settings.CELERY_BROKER_URL)
    values = {
        "VOICEBOARD_SECRET_KEY": settings.SECRET_KEY,
        # Each host may have a user of its own.
        "CELERY_BROKER_URL": f"{broker.scheme}://{broker.hostname}:{broker.port}{broker.path}",
        "VOICEBOARD_FILES": settings.MEDIA_STORE_URL,
        "VOICEBOARD_DEMO": str(settings.DEMO),
        # A machine without these would be a way around them.
        "VOICEBOARD_SECOND_FACTOR": str(settings.SECOND_FACTOR_REQUIRED),
        "VOICEBOARD_OIDC_ISSUER": settings.OIDC_ISSUER,
        "VOICEBOARD_OIDC_ROLES": str(settings.OIDC_ROLES),
        "VOICEBOARD_OIDC_GROUPS_CLAIM": settings.OIDC_GROUPS_CLAIM,
        "VOICEBOARD_OIDC_SCOPES": str(settings.OIDC_SCOPES),
        "VOICEBOARD_OIDC_ONLY": str(settings.OIDC_ONLY),
        "VOICEBOARD_OIDC_TRUSTS_MFA": str(settings.OIDC_TRUSTS_MFA),
        **{
            f"VOICEBOARD_{slug.upper()}_BASE_URL": url
            for slug, url in settings.PROVIDER_BASE_URLS.items()
            if url.startswith("http")
        },
    }
    key = bytes(Installation.objects.values_list("hash_key", flat=True).get())[:64]
    return {
        name: hashlib.blake2b(value.encode(), key=key, digest_size=12).hexdigest()
        for name, value in values.items()
    }
