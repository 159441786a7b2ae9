"""Clones at many accounts of the sandbox, and what became of them.

As a program, it does what it reads from its standard input, and answers each line with JSON:

ask COUNT    request this many clones
running      count those that have not ended
state        count clones by state
report       say what was lost or doubled; nothing if all is well
"""

import json
import random
import sys
import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import product
from typing import Any

import django
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import close_old_connections

django.setup()

from catalog.audio.formats import FORMATS  # noqa: E402  (needs the loaded apps)
from catalog.jobs.syncs.run import sync_account  # noqa: E402
from catalog.models import (  # noqa: E402
    CloneJob,
    Credential,
    Evacuation,
    EvacuationLine,
    ProviderAccount,
    Sample,
    Team,
    User,
)
from catalog.queries.evacuations.targets import LineChoice  # noqa: E402
from catalog.services.clones import (  # noqa: E402
    CloneRequest,
    NothingToDo,
    SampleCut,
    cancel_clone,
    request_clones,
)
from catalog.services.consents.statements import ConsentStatement  # noqa: E402
from catalog.services.evacuations.plans import (  # noqa: E402
    Ending,
    choose_replacements,
    create_evacuation,
    start_clones,
)
from catalog.services.samples import add_sample  # noqa: E402
from tests.servers.losses import Account, Losses, count_losses, look_at  # noqa: E402
from tests.servers.sounds import make_sound  # noqa: E402

FIRST_ACCOUNT = 11
PITCHES = (110, 150, 210)


class Clones:
    """What Ana requests, at accounts of her own. ``sandbox`` is the sandbox's address."""

    def __init__(
        self, sandbox: str, slugs: Iterable[str], accounts_each: int, chance: random.Random
    ) -> None:
        self.sandbox, self.random = sandbox, chance
        self.asked = self.moved = 0
        self.user = User.objects.get(email="ana@example.com")
        self.team = Team.objects.visible_to(self.user).get()
        numbers = range(FIRST_ACCOUNT, FIRST_ACCOUNT + accounts_each)
        self.accounts = [self._open_account(slug, each) for slug, each in product(slugs, numbers)]
        self.samples = [self._add_sample(pitch) for pitch in PITCHES]

    def _open_account(self, slug: str, number: int) -> Account:
        name = f"full-{number}"
        row = ProviderAccount.objects.create(team=self.team, provider=slug, ref=name)
        key = Credential(team=self.team, owner=self.user, provider=slug, account=row, health="good")
        key.seal_secrets(f"sandbox-{slug}-{name}")
        key.save()
        sync_account(row.pk, lambda: datetime.now(UTC))
        account = Account(slug, name, key)
        account.voices = look_at(self.sandbox, account)[0]
        return account

    def _add_sample(self, pitch: int) -> Sample:
        return add_sample(
            self.user,
            team=self.team,
            form_token=uuid.uuid4(),
            file=SimpleUploadedFile(f"{pitch}.wav", make_sound(pitch), "audio/wav"),
            audio_format=FORMATS["wav"],
            now=datetime.now(UTC),
        )

    def ask(self, count: int) -> None:
        """Request this many clones, several of them in one batch."""
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

    def evacuate(self, most: int) -> int:
        """Move some of the ready clones to another account by a plan; return how many."""
        jobs = CloneJob.objects.filter(state=CloneJob.State.READY, voice__isnull=False)
        free = jobs.exclude(voice__evacuation_lines__isnull=False).select_related("account")
        chosen = list(free.order_by("created_at")[:most])
        if not chosen:
            return 0
        now = datetime.now(UTC)
        away = {job.account_id for job in chosen}
        targets = [each for each in self.accounts if each.credential.account_id not in away]
        target = self.random.choice(targets)
        plan = create_evacuation(
            self.user,
            team=self.team,
            voice_ids=[job.voice_id for job in chosen],
            ending=Ending(),
            now=now,
        )
        wanted = LineChoice(EvacuationLine.Choice.CLONE, target.credential)
        choices = dict.fromkeys(plan.lines.values_list("pk", flat=True), wanted)
        choose_replacements(self.user, evacuation=plan, choices=choices, now=now)
        count = start_clones(self.user, evacuation=plan, is_confirmed=True, now=now)
        self.asked += count
        self.moved += count
        return count

    def cancel_one(self) -> None:
        """Cancel one of the clones that are being made, or none."""
        job = self.random.choice([*CloneJob.objects.active().order_by("created_at"), None])
        if job is None:
            return
        try:
            cancel_clone(self.user, job=job, now=datetime.now(UTC))
        except NothingToDo:
            return  # it just ended

    def count_running(self) -> int:
        """Return how many have not ended, or have yet to be requested by a plan."""
        plans = Evacuation.objects.filter(state__in=Evacuation.ACTIVE_STATES)
        return CloneJob.objects.active().count() + plans.count()

    def count_held(self) -> int:
        """Return how many a worker holds."""
        return CloneJob.objects.filter(state=CloneJob.State.RUNNING).count()

    def count_states(self) -> "Counter[str]":
        """Return how many are in each state."""
        return Counter(CloneJob.objects.values_list("state", flat=True))

    def count_losses(self) -> Losses:
        """Compare the jobs with the voices at the sandbox."""
        losses = count_losses(self.sandbox, self.accounts, self.asked)
        lines = EvacuationLine.objects.filter(choice=EvacuationLine.Choice.CLONE)
        for line in lines.select_related("evacuation").prefetch_related("batch__jobs"):
            made = 0 if line.batch is None else len(line.batch.jobs.all())
            if made != 1 or line.evacuation.is_starting:
                losses.unplanned.append(f"{line}: {line.state}, {line.message} {made} jobs")
        return losses


def _answer(clones: Clones, line: str) -> Any:
    verb, *numbers = line.split()
    if verb == "ask":
        clones.ask(int(numbers[0]))
        return clones.asked
    if verb == "running":
        return clones.count_running()
    if verb == "state":
        return clones.count_states()
    losses = clones.count_losses()
    return losses.lines if losses else []


def main() -> None:
    """Answer each line of the standard input; the arguments are those of ``Clones``."""
    sandbox, slugs, accounts_each = sys.argv[1:]
    clones = Clones(sandbox, slugs.split(","), int(accounts_each), random.Random(len(slugs)))
    for line in sys.stdin:
        close_old_connections()  # the database may have been away
        sys.stdout.write(f"{json.dumps(_answer(clones, line))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
