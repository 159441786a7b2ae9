"""Request clones while calls fail and processes are killed, and count the damage.

    python scripts/chaos [--broker embedded|redis] [--jobs 200] [--kills 60] [--seed N]
    python scripts/chaos --hosts 2

Real workers and the real scheduler run on their own database and broker, with the sandbox's
providers. Without ``--broker``, it runs once with each. Redis runs without persistence, so a kill
loses its messages. Several hosts share PostgreSQL, Redis, and a bucket in Swift, each of which
goes away for some seconds now and then. Exits with 1 if any count isn't 0.
"""

import argparse
import math
import os
import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from processes import Processes, free_port

if TYPE_CHECKING:
    from tests.servers.losses import Account

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
# How often some of the clones that are ready move to another account by a replacement plan.
PLANS, MOST_MOVED = 0.3, 5


def main() -> int:
    """Run what the command line asks for."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--broker", choices=BROKERS)
    reader.add_argument("--hosts", type=int, default=1)
    reader.add_argument("--jobs", type=int, default=200)
    reader.add_argument("--kills", type=int, default=60)
    reader.add_argument("--minutes", type=float, default=25, help="when to give up")
    reader.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = reader.parse_args()
    if options.hosts > 1:
        options.broker = "redis"  # several hosts need a server
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
    with ExitStack() as stack:
        processes = stack.enter_context(Processes(options.broker == "redis", options.hosts))
        return Chaos(options, processes, stack).run()


class Chaos:
    """One run: a sandbox, the product, and the faults and kills."""

    def __init__(self, options: argparse.Namespace, processes: Processes, stack: ExitStack) -> None:
        self.options, self.processes = options, processes
        self.random = random.Random(options.seed)  # noqa: S311  (no secret)
        self.deadline = time.monotonic() + 60 * options.minutes
        self.kills: Counter[str] = Counter()
        self.faults = self.hits = 0
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
        from tests.servers.clones import Clones

        wanted = options.jobs // (JOBS_AN_ACCOUNT * len(self.sandbox.slugs))
        each = min(max(1, wanted), MOST_ACCOUNTS_EACH)
        self.clones = Clones(self.sandbox.address, self.sandbox.slugs, each, self.random)

    def run(self) -> int:
        """Request clones, inject faults, and kill processes; wait for the end; print a report."""
        from django.db import close_old_connections

        options, started = self.options, time.monotonic()
        clones = self.clones
        self.processes.start_all()
        for number in range(options.kills):
            wanted = math.ceil(options.jobs * (number + 1) / options.kills)
            close_old_connections()  # the database may have been away
            left = wanted - clones.asked
            if left > 0 and self.random.random() < PLANS:
                left -= clones.evacuate(MOST_MOVED)
            clones.ask(left)
            self._spoil(self.random.randint(1, 3))
            self.processes.wait_for_workers()
            time.sleep(self.random.uniform(0.5, 4))
            if self.random.random() < 0.3:
                clones.cancel_one()
            self.hits += bool(clones.count_held())
            self.kills[self.processes.kill_one(self.random)] += 1
        close_old_connections()
        while clones.count_running() and time.monotonic() < self.deadline:
            self.processes.keep_up()
            time.sleep(1)
        return self._report(time.monotonic() - started)

    # Faults

    def _spoil(self, count: int) -> None:
        from catalog.sandbox.faults import Fault, FaultKind

        for _ in range(count):
            account = self.random.choice(self.clones.accounts)
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

    def _count_waiting(self, account: "Account") -> int:
        key = f"sandbox-{account.slug}-{account.name}"
        return sum(
            fault["key"] == f"…{key[-4:]}" and fault["provider"] == account.slug
            for fault in self.sandbox.faults.as_json()
        )

    # Results

    def _report(self, seconds: float) -> int:
        losses, states = self.clones.count_losses(), self.clones.count_states()
        met = self.faults - len(self.sandbox.faults.as_json())
        summary = [
            f"hosts: {self.options.hosts}, broker: {self.options.broker},"
            f" seed: {self.options.seed}, {seconds:.0f} s",
            f"jobs: {self.clones.asked} ({_in_words(states)}), {self.clones.moved} of them by"
            f" replacement plans; faults met: {met}",
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
