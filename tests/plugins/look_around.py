"""Run Voiceboard with Chorus in its folder of adapters, and print where Chorus shows up."""

import json
import os
import sys
from pathlib import Path

import django

from catalog.providers import adapters

adapters.__path__.append(str(Path(__file__).parent / "adapters"))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from catalog.jobs.syncs.run import sync_account  # noqa: E402
from catalog.models import Membership, Team  # noqa: E402
from catalog.models.credentials.key_rotation import prepare_installation  # noqa: E402
from tests import factories  # noqa: E402
from tests.migrated import copy_database  # noqa: E402


def main() -> None:
    """Connect an account of Chorus, fetch its voices, and look at the pages."""
    settings.ALLOWED_HOSTS = ["testserver"]
    copy_database(Path(settings.DATA_DIR))
    prepare_installation()
    team = Team.objects.create(name="Aurora")
    ana = factories.make_user("Ana", team, Membership.Role.ADMIN)
    account = factories.make_account(team, provider="chorus")
    factories.make_credential(ana, account, "chorus-key-123456789")
    sync_account(account.pk, timezone.now)
    client = Client()
    client.force_login(ana, backend=settings.AUTHENTICATION_BACKENDS[0])
    pages = {
        path: client.get(path).content.decode() for path in ("/voices/", "/keys/add/", "/clone/")
    }
    json.dump(pages, sys.stdout)


if __name__ == "__main__":
    main()
