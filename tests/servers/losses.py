"""Compare the product's clones with the voices that the providers hold."""

import json
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(slots=True)
class Account:
    """One account at a sandbox provider, and the voices it had before."""

    slug: str
    name: str
    credential: Any
    voices: frozenset[str] = frozenset()


@dataclass(slots=True)
class Losses:
    """What must not happen; each list describes the affected jobs."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    paid_twice: list[str] = field(default_factory=list)
    without_an_end: list[str] = field(default_factory=list)
    unplanned: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """The counts, each followed by its details."""
        counted = {
            "clones lost": self.lost,
            "clones doubled": self.doubled,
            "clones paid twice": self.paid_twice,
            "jobs without an end": self.without_an_end,
            "replacements lost or doubled": self.unplanned,
        }
        return [
            line
            for words, cases in counted.items()
            for line in (f"{words}: {len(cases)}", *(f"    {case}" for case in cases))
        ] + self.story

    def __bool__(self) -> bool:
        counted = self.lost, self.doubled, self.paid_twice, self.without_an_end, self.unplanned
        return any(counted)


def look_at(sandbox: str, account: Account) -> tuple[frozenset[str], int]:
    """Return the ids of the account's own voices, and how many were ever created."""
    held = _ask(sandbox, "state")["providers"][account.slug]["accounts"][account.name]
    return frozenset(voice["id"] for voice in held["own_voices"]), held["creates"]


def count_losses(sandbox: str, accounts: Iterable[Account], asked: int) -> Losses:
    """Compare every job with the voices in its account at the sandbox."""
    losses, known = Losses(), 0
    for account in accounts:
        there, creates = look_at(sandbox, account)
        extra = set(there - account.voices)
        paid, before = 0, len(losses.lines)
        for job in account.credential.account.clone_jobs.all():
            known += 1
            paid += bool(job.remote_id)
            # Some providers prefix a voice's id with the account.
            made = {voice for voice in extra if job.remote_id and voice in job.remote_id}
            extra -= made
            _judge(losses, job, bool(made))
        place = f"{account.slug} {account.name}"
        losses.doubled += [f"{place}: {each}" for each in extra]
        if creates > paid:
            losses.paid_twice.append(f"{place}: {creates} made, {paid} known here")
        if len(losses.lines) > before:
            losses.story += _tell_story(sandbox, account)
    if known < asked:
        losses.lost.append(f"{asked - known} of the jobs that were asked for are not there at all")
    return losses


def _judge(losses: Losses, job: Any, is_there: bool) -> None:
    summary = f"{job.account.provider} {job.pk}: {job.state}, {job.message} {job.evidence}"
    if not job.is_finished:
        losses.without_an_end.append(summary)
    elif job.is_cancelled:
        # If the provider can't delete voices, the job's page says that the voice remains.
        stays = is_there and job.account.info.can_delete
        losses.doubled += [f"{summary} It is still there."] if stays else []
    elif not (job.is_ready and is_there and job.voice_id):
        losses.lost.append(summary)


def _tell_story(sandbox: str, account: Account) -> list[str]:
    """Return the events in an account in order: calls, faults, and jobs."""
    lines = [
        (
            datetime.fromtimestamp(call["at"], UTC),
            f"{call['method']} {call['path']} {call['fault']}",
        )
        for call in _ask(sandbox, "requests")["requests"]
        if (call["provider"], call["account"]) == (account.slug, account.name)
        and (call["method"] != "GET" or call["fault"])
    ]
    for job in account.credential.account.clone_jobs.all():
        summary = f"job {job.pk} {job.state} as {job.remote_id}, attempt {job.attempt_count}"
        lines += [(job.sent_at, f"{summary}, sent"), (job.ended_at, f"{summary}, ended")]
    known = sorted((at, words) for at, words in lines if at)
    return [f"    {account.slug} {account.name} {at:%H:%M:%S.%f} {words}" for at, words in known]


def _ask(sandbox: str, what: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{sandbox}/_control/{what}") as answer:  # noqa: S310  (our own)
        found: dict[str, Any] = json.load(answer)
    return found
