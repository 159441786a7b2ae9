"""Request clones while calls fail and processes are killed, and count the damage.

    python scripts/chaos [--broker embedded|redis] [--jobs 200] [--kills 60] [--seed N]

Real workers and the real scheduler run on their own database and broker, with the sandbox's
providers. Without ``--broker``, it runs once with each. Redis runs without persistence, so a kill
loses its messages. Exits with 1 if any count isn't 0.
"""

import argparse
import math
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

from losses import Account, count_losses, look_at
from processes import Processes, free_port
from sounds import make_sound

BROKERS = ("embedded", "redis")
JOBS_AN_ACCOUNT, MOST_ACCOUNTS_EACH = 10, 4
QUICK_FAULTS = (
    *("drop_before", "drop_after", "rate_limit", "error_before", "error_after"),
    *("gateway_before", "gateway_after", "cut_json", "cut_body", "html", "no_id"),
)
# The duration of each, well below the time after which an empty check is trusted.
SLOW_FAULTS = {"slow_before": 2.0, "slow_after": 4.0, "late": 1.5, "drip": 0.002}
SETTLE_SECONDS = "6"
# More in a row at one account than a job has attempts would only show that it gives up.
MOST_FAULTS = 4


def main() -> int:
    """Run what the command line asks for."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--broker", choices=BROKERS)
    reader.add_argument("--jobs", type=int, default=200)
    reader.add_argument("--kills", type=int, default=60)
    reader.add_argument("--minutes", type=float, default=25, help="when to give up")
    reader.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = reader.parse_args()
    if options.broker is None:
        again = [
            sys.executable,
            str(Path(__file__).parent),
            *sys.argv[1:],
            "--seed",
            str(options.seed),
        ]
        runs = [subprocess.run([*again, "--broker", each], check=False) for each in BROKERS]
        return max(run.returncode for run in runs)
    with tempfile.TemporaryDirectory(prefix="voiceboard-chaos-") as folder, ExitStack() as stack:
        processes = stack.enter_context(Processes(Path(folder), options.broker == "redis"))
        return Chaos(options, processes, stack).run()


class Chaos:
    """One run: a sandbox, the product, and the faults and kills."""

    def __init__(self, options: argparse.Namespace, processes: Processes, stack: ExitStack) -> None:
        self.options, self.processes = options, processes
        self.random = random.Random(options.seed)  # noqa: S311  (no secret)
        self.deadline = time.monotonic() + 60 * options.minutes
        self.kills: Counter[str] = Counter()
        self.faults = self.asked = self.hits = 0
        port = free_port()
        # The product reads its settings during setup, so set the sandbox's address first.
        os.environ.update(processes.environment)
        os.environ["VOICEBOARD_SANDBOX_PORT"] = str(port)
        os.environ["VOICEBOARD_SETTLE_SECONDS"] = SETTLE_SECONDS
        import django

        django.setup()
        from django.core.management import call_command

        from catalog.sandbox import running_sandbox

        call_command("prepare")
        self.sandbox = stack.enter_context(running_sandbox(voices=3, port=port))
        self.accounts = self._open_accounts()
        self.samples = [self._add_sample(pitch) for pitch in (110, 150, 210)]

    def run(self) -> int:
        """Request clones, inject faults, and kill processes; wait for the end; print a report."""
        options, started = self.options, time.monotonic()
        self.processes.start_all()
        for number in range(options.kills):
            wanted = math.ceil(options.jobs * (number + 1) / options.kills)
            self._ask(wanted - self.asked)
            self._spoil(self.random.randint(1, 3))
            self.processes.wait_for_worker()
            time.sleep(self.random.uniform(0.5, 4))
            if self.random.random() < 0.3:
                self._cancel_one()
            self.hits += bool(self._count_held())
            self.kills[self.processes.kill_one(self.random)] += 1
        while self._count_running() and time.monotonic() < self.deadline:
            self.processes.keep_up()
            time.sleep(1)
        return self._report(time.monotonic() - started)

    # Requests

    def _open_accounts(self) -> list[Account]:
        from catalog.jobs.syncs.run import sync_account
        from catalog.models import Credential, ProviderAccount, Team, User

        self.user = User.objects.get(email="ana@example.com")
        team = Team.objects.visible_to(self.user).get()
        accounts = []
        wanted = self.options.jobs // (JOBS_AN_ACCOUNT * len(self.sandbox.slugs))
        numbers = range(11, 11 + min(max(1, wanted), MOST_ACCOUNTS_EACH))
        for slug, number in product(self.sandbox.slugs, numbers):
            name = f"full-{number}"
            row = ProviderAccount.objects.create(team=team, provider=slug, ref=name)
            key = Credential(team=team, owner=self.user, provider=slug, account=row, health="good")
            key.seal_secrets(f"sandbox-{slug}-{name}")
            key.save()
            sync_account(row.pk, lambda: datetime.now(UTC))
            account = Account(slug, name, key)
            account.voices = look_at(self.sandbox.address, account)[0]
            accounts.append(account)
        return accounts

    def _add_sample(self, pitch: int) -> Any:
        from django.core.files.uploadedfile import SimpleUploadedFile

        from catalog.audio.formats import FORMATS
        from catalog.services.samples import add_sample

        return add_sample(
            self.user,
            team=self.accounts[0].credential.team,
            form_token=uuid.uuid4(),
            file=SimpleUploadedFile(f"{pitch}.wav", make_sound(pitch), "audio/wav"),
            audio_format=FORMATS["wav"],
            now=datetime.now(UTC),
        )

    def _ask(self, count: int) -> None:
        """Request this many clones, several of them in one batch."""
        from catalog.services.clones import CloneRequest, SampleCut, request_clones
        from catalog.services.consents import ConsentStatement

        while count > 0:
            chosen = self.random.sample(self.accounts, min(count, self.random.randint(1, 4)))
            params = CloneRequest(
                form_token=uuid.uuid4(),
                cuts=[SampleCut(self.random.choice(self.samples))],
                name=f"Chaos {self.asked}",
                description="",
                consent=ConsentStatement("Ada", True, relation="permission", allowed_use="any"),
                language="en",
                gender="female",
                transcript="Nobody says anything.",
            )
            keys = [account.credential for account in chosen]
            request_clones(self.user, credentials=keys, params=params, now=datetime.now(UTC))
            self.asked += len(chosen)
            count -= len(chosen)

    def _cancel_one(self) -> None:
        from catalog.models import CloneJob
        from catalog.services.clones import NothingToDo, cancel_clone

        job = self.random.choice([*CloneJob.objects.active().order_by("created_at"), None])
        if job is None:
            return
        try:
            cancel_clone(self.user, job=job, now=datetime.now(UTC))
        except NothingToDo:
            return  # it just ended

    # Faults

    def _spoil(self, count: int) -> None:
        from catalog.sandbox.faults import Fault, FaultKind

        for _ in range(count):
            account = self.random.choice(self.accounts)
            if self._count_waiting(account) >= MOST_FAULTS:
                continue
            kind = self.random.choice([*QUICK_FAULTS, *SLOW_FAULTS])
            fault = Fault(
                FaultKind(kind),
                account.slug,
                key=f"sandbox-{account.slug}-{account.name}",
                # Most affect the call that makes the voice, others a check or a sync.
                method=self.random.choice(["POST", "POST", "GET", "*"]),
                after=self.random.choice([0, 0, 1]),
                seconds=SLOW_FAULTS.get(kind, 1.0),
                retry_after=self.random.choice([None, 1, 3]),
            )
            self.sandbox.faults.add(fault)
            self.faults += 1

    def _count_waiting(self, account: Account) -> int:
        key = f"sandbox-{account.slug}-{account.name}"
        return sum(
            fault["key"] == f"…{key[-4:]}" and fault["provider"] == account.slug
            for fault in self.sandbox.faults.as_json()
        )

    # Results

    def _count_running(self) -> int:
        from catalog.models import CloneJob

        return CloneJob.objects.active().count()

    def _count_held(self) -> int:
        from catalog.models import CloneJob

        return CloneJob.objects.filter(state=CloneJob.State.RUNNING).count()

    def _report(self, seconds: float) -> int:
        from catalog.models import CloneJob

        losses = count_losses(self.sandbox.address, self.accounts, self.asked)
        states = Counter(CloneJob.objects.values_list("state", flat=True))
        met = self.faults - len(self.sandbox.faults.as_json())
        summary = [
            f"broker: {self.options.broker}, seed: {self.options.seed}, {seconds:.0f} s",
            f"jobs: {self.asked} ({_in_words(states)}), faults met: {met}",
            f"kill -9: {self.kills.total()} ({_in_words(self.kills)}),"
            f" {self.hits} of them while workers held jobs",
            *losses.lines,
        ]
        sys.stdout.writelines(f"{line}\n" for line in summary)
        sys.stdout.flush()
        return int(bool(losses))


def _in_words(counts: "Counter[str]") -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
