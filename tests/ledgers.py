"""Drives speech through faults and deaths, and compares the ledger with the sandbox's bill."""

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import httpx
from django.db import connections

from catalog.core.clock import database_now
from catalog.jobs.charges import settle_left
from catalog.jobs.syntheses import run_speech
from catalog.models import Charge, ProviderAccount, Synthesis, Team, User, Voice
from catalog.sandbox.characters import Character
from catalog.sandbox.faults import Fault, FaultKind
from catalog.sandbox.tts_simple import SimpleSpeaker
from tests import factories

SLUGS = ("elevenlabs", "inworld", "noiz", "stepfun", "telnyx")
# Enough for every text, where an account can run out.
_LIMITS = {
    "elevenlabs": {"character_limit": 10**8, "character_count": 0},
    "inworld": {"credit": 10.0**8},
    "noiz": {"credit": 10**8},
    "stepfun": {"balance": 10.0**8},
    "telnyx": {"balance": 10.0**8},
}
SLOWNESS = 0.25
FAULTS = (
    FaultKind.DROP_BEFORE,
    FaultKind.DROP_AFTER,
    FaultKind.LATE,
    FaultKind.RATE_LIMIT,
    FaultKind.ERROR_BEFORE,
    FaultKind.ERROR_AFTER,
    FaultKind.GATEWAY_BEFORE,
    FaultKind.GATEWAY_AFTER,
    FaultKind.TEXT_BEFORE,
    FaultKind.CUT_JSON,
    FaultKind.CUT_BODY,
    FaultKind.HTML,
)
# A call that takes too long, before or after it was charged.
SLOW = (FaultKind.SLOW_BEFORE, FaultKind.SLOW_AFTER)
_MOST_COMMITS = 9


@contextmanager
def speaking_quickly() -> Iterator[None]:
    """Have the sandbox answer every text with the same short sound: speaking takes the longest."""
    sound = SimpleSpeaker().speak("Yes.", Character())
    with mock.patch.object(SimpleSpeaker, "speak", return_value=sound):
        yield


class WorkerDied(BaseException):
    """The death of a worker. No handler catches it."""


class Death:
    """Kills the worker before or after one of its commits; outside them nothing is stored."""

    def __init__(self, number: int, *, is_before: bool) -> None:
        self._left, self._is_before = number, is_before

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Kill within the block."""
        database: Any = connections["default"]
        self._depth = len(database.savepoint_ids)
        self._in_test = database.in_atomic_block
        commit, release = database.commit, database.savepoint_commit

        def dying_commit() -> None:
            self._die(database.rollback, is_before=True)
            commit()
            self._die(is_before=False)

        def dying_release(sid: str) -> None:
            def undo() -> None:
                database.savepoint_rollback(sid)
                release(sid)

            self._die(undo, is_before=True)
            release(sid)
            self._die(is_before=False)

        database.commit, database.savepoint_commit = dying_commit, dying_release
        try:
            with database.execute_wrapper(self._watch):
                yield
        finally:
            del database.commit, database.savepoint_commit

    def _watch(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        database = context["connection"]
        is_alone = len(database.savepoint_ids) == self._depth
        is_alone = is_alone and database.in_atomic_block == self._in_test
        is_write = is_alone and sql.startswith(("UPDATE", "INSERT", "DELETE"))
        if is_write:
            self._die(is_before=True)
        result = execute(sql, params, many, context)
        if is_write:
            self._die(is_before=False)
        return result

    def _die(self, undo: Any = None, *, is_before: bool) -> None:
        if is_before:
            self._left -= 1
        if self._left == 0 and is_before == self._is_before:
            self._left = -1
            if undo is not None:
                undo()
            raise WorkerDied


@dataclass(frozen=True, slots=True)
class Comparison:
    """The ledger beside the bill, in characters; ``resolved`` are unclear rows that were billed."""

    charged: int
    unclear: int
    resolved: int
    billed: int
    unexplained: int
    not_billed: int

    @property
    def difference(self) -> int:
        """Characters by which the ledger and the bill differ."""
        return self.billed - self.charged - self.resolved


class Ledger:
    """Voices of five providers at the sandbox, and what was spoken with them."""

    def __init__(self, sandbox: Any, person: User, team: Team, seed: int = 17) -> None:
        self.sandbox, self.person, self.team = sandbox, person, team
        self.dice = random.Random(seed)
        self.deaths = Counter[bool]()
        self.faults = Counter[str]()
        self._numbers = itertools.count()
        self.accounts: dict[str, ProviderAccount] = {}
        self.voices = [self._add_voice(slug) for slug in SLUGS]

    def _add_voice(self, slug: str) -> Voice:
        provider: Any = self.sandbox._providers[slug]
        provider.configure("full", _LIMITS[slug])
        account = factories.make_account(self.team, provider=slug)
        factories.make_credential(self.person, account, f"sandbox-{slug}-full")
        self.accounts[slug] = account
        library = getattr(provider, "library", None) or provider._library
        return factories.make_voice(account, remote_id=next(iter(library)))

    def drive(self, count: int, *, slow: float = 0.1) -> None:
        """Request this many texts; most meet a fault, a death, or both."""
        for _ in range(count):
            number = next(self._numbers)
            voice = self.voices[number % len(self.voices)]
            words = "a " * self.dice.randint(1, 40)
            speech = factories.make_speech(
                self.person, voice, f"Line {number} {words}", created_at=database_now()
            )
            self._break(voice.provider, slow)
            self._run(speech)
        settle_left(database_now())

    def _break(self, slug: str, slow: float) -> None:
        roll = self.dice.random()
        if roll < 0.1:
            return
        kind = self.dice.choice(SLOW if roll < 0.1 + slow else FAULTS)
        self.faults[kind] += 1
        seconds = SLOWNESS if kind in SLOW else 0.02
        self.sandbox.faults.add(Fault(kind, slug, method="POST", seconds=seconds))

    def _run(self, speech: Synthesis) -> None:
        is_before = self.dice.random() < 0.5
        death = Death(self.dice.randint(1, 2 * _MOST_COMMITS), is_before=is_before)
        for _ in range(10):
            try:
                with death.waiting():
                    run_speech(speech.pk, database_now)
            except WorkerDied:
                self.deaths[is_before] += 1
            speech.refresh_from_db()
            if speech.is_finished:
                self.sandbox.faults.clear()
                return
            # As if the lease of a dead worker, or the wait, were over.
            Synthesis.objects.filter(pk=speech.pk).update(lease_until=None, not_before=None)
        raise AssertionError(f"{speech.state}, {speech.step}, {speech.message}")

    def read_bill(self) -> dict[str, Any]:
        """Return the bills that the sandbox kept, by provider."""
        found = httpx.get(f"{self.sandbox.address}/_control/bill").json()["providers"]
        return {slug: found[slug].get("full", {"characters": 0, "entries": []}) for slug in SLUGS}

    def compare(self) -> Comparison:
        """Compare text by text; every text is requested once."""
        billed = Counter[str]()
        for bill in self.read_bill().values():
            billed.update(entry["text"] for entry in bill["entries"])
        texts = dict(Synthesis.objects.values_list("pk", "text"))
        charged, unclear = Counter[str](), Counter[str]()
        for work, state in Charge.objects.values_list("work", "state"):
            charged[texts[work]] += state == Charge.State.CHARGED
            unclear[texts[work]] += state == Charge.State.UNCLEAR
        resolved = {text: min(unclear[text], billed[text] - charged[text]) for text in billed}
        return Comparison(
            charged=_count(charged),
            unclear=_count(unclear),
            resolved=sum(len(text) * max(0, count) for text, count in resolved.items()),
            billed=_count(billed),
            unexplained=sum(
                max(0, billed[text] - charged[text] - unclear[text]) for text in billed
            ),
            not_billed=sum(max(0, charged[text] - billed[text]) for text in charged),
        )

    def sums(self, slug: str) -> tuple[int, int, int]:
        """Return the characters charged and unclear in a provider's ledger, and those billed."""
        rows = Charge.objects.filter(provider=slug)
        charged = sum(rows.filter(state=Charge.State.CHARGED).values_list("quantity", flat=True))
        unclear = sum(rows.filter(state=Charge.State.UNCLEAR).values_list("quantity", flat=True))
        return charged, unclear, self.read_bill()[slug]["characters"]


def _count(texts: Counter[str]) -> int:
    return sum(len(text) * count for text, count in texts.items())


def in_an_hour() -> datetime:
    """Return a time at which the provider's history is complete."""
    return database_now() + timedelta(hours=1)
