"""Compare the ledger with the sandbox's bill: `python scripts/bench_ledger.py [CALLS] [SEED]`.

Nine of ten calls meet a fault, and many workers die before or after one of their commits.
"""

import os
import sys
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

_PART = 500


def main() -> None:
    """Print the figures."""
    numbers = [int(word) for word in sys.argv[1:]]
    calls, seed = [*numbers, *(10_000, 17)[len(numbers) :]]
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from catalog.models import Team
    from catalog.models.credentials.key_rotation import prepare_installation
    from catalog.providers import base
    from catalog.sandbox.server import running_sandbox
    from tests import factories
    from tests.ledgers import SLOWNESS, Ledger, speaking_quickly

    call_command("migrate", verbosity=0)
    prepare_installation()
    team = Team.objects.create(name="Aurora")
    person = factories.make_user("Ana", team, "admin")
    with (
        running_sandbox() as sandbox,
        speaking_quickly(),
        mock.patch.object(base, "_TIME_TO_CREATE", SLOWNESS / 2),
    ):
        settings.PROVIDER_BASE_URLS = {slug: sandbox.url(slug) for slug in sandbox.slugs}
        ledger = Ledger(sandbox, person, team, seed)
        for start in range(0, calls, _PART):
            ledger.drive(min(_PART, calls - start), slow=0.05)
            sys.stderr.write(f"{start + _PART} calls\n")
        report(ledger)


def report(ledger: "Ledger") -> None:  # type: ignore[name-defined] # noqa: F821
    """Print the ledger beside the bill, then after reading the history of the provider."""
    from catalog.jobs.usage import read_uses
    from tests.ledgers import in_an_hour

    found = ledger.compare()
    deaths, write = ledger.deaths, sys.stdout.write
    write(f"faults: {ledger.faults.total()}, deaths: {deaths[True]} before a commit, ")
    write(f"{deaths[False]} after one\n")
    write(f"calls on the bill without a row: {found.unexplained}\n")
    write(f"rows charged without a call on the bill: {found.not_billed}\n")
    write(f"characters billed: {found.billed}, charged in the ledger: {found.charged}\n")
    write(f"characters in unclear rows: {found.unclear}, of them on the bill: {found.resolved}\n")
    write(f"characters that differ: {found.difference}\n")
    for slug, account in ledger.accounts.items():
        if account.info.tells_uses:
            before = ledger.sums(slug)
            read_uses(account.pk, in_an_hour)
            write(f"{account.info.label} (charged, unclear, billed) before its history was read: ")
            write(f"{before}, after: {ledger.sums(slug)}\n")


if __name__ == "__main__":
    main()
