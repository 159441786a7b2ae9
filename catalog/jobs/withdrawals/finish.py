"""Find out whether a withdrawal is whole: look for copies again, write the signed report."""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from catalog.audit import record
from catalog.core.locales import say_stored
from catalog.core.media import remove_media
from catalog.jobs.notifications.send import notify
from catalog.jobs.speakers import find_people_of
from catalog.jobs.withdrawals.plan import last_day_of_proofs, list_copies, queue_planned
from catalog.models import (
    CloneJob,
    Consent,
    Erasure,
    Installation,
    Membership,
    Notification,
    Speaker,
    Withdrawal,
)
from catalog.queries.speakers import find_speaker_obstacle

State = Erasure.State

# A list that was read before the deletion can still show the voice for a while.
_COMES_BACK_AFTER = timedelta(minutes=15)


@transaction.atomic
def settle_withdrawal(withdrawal_id: int, now: datetime) -> list[UUID]:
    """Finish the withdrawal if all is erased; return the ids of copies that were found meanwhile.

    Only the last of several workers finds nothing left to do. What was found is queued; the sweep
    wakes a worker for it.
    """
    rows = Withdrawal.objects.select_for_update(of=("self",), no_key=True)
    withdrawal = rows.select_related("speaker", "team").get(pk=withdrawal_id)
    erasures = withdrawal.erasures.all()
    if not withdrawal.is_approved or withdrawal.is_canceled:
        return []
    if erasures.unfinished().exists():
        _tell_of_failure(withdrawal, now)
        return []
    list_copies(withdrawal, now)
    found = queue_planned(withdrawal, now)
    if not found:
        _complete(withdrawal, now)
    return found


def settle_finished(now: datetime) -> list[UUID]:
    """Finish withdrawals whose last worker died after its copy; return copies that were found."""
    unfinished = Erasure.objects.unfinished().filter(withdrawal=OuterRef("pk"))
    left = Withdrawal.objects.erasing().exclude(Exists(unfinished))
    ids = list(left.order_by("pk").values_list("pk", flat=True))
    return [each for pk in ids for each in settle_withdrawal(pk, now)]


def _complete(withdrawal: Withdrawal, now: datetime) -> None:
    was_complete = withdrawal.is_complete
    withdrawal.completed_at = withdrawal.completed_at or now
    if withdrawal.proofs_until is None and withdrawal.keeps_proofs:
        withdrawal.proofs_until = last_day_of_proofs(now)
    withdrawal.report = write_report(withdrawal, now)
    withdrawal.save(update_fields=["completed_at", "proofs_until", "report"])
    others = Withdrawal.objects.open().filter(speaker=withdrawal.speaker_id)
    if not others.exists():
        Speaker.objects.filter(pk=withdrawal.speaker_id).update(withdrawing_since=None)
    for path in _drop_first_sounds(withdrawal.speaker):
        transaction.on_commit(partial(remove_media, path))
    if not was_complete:
        words = f"The withdrawal of {withdrawal.speaker.name[:80]} is complete. Read its report."
        notify_of_withdrawal(withdrawal, words, now, mood="done")
    record(
        None,
        "withdrawal report signed" if was_complete else "withdrawal completed",
        withdrawal,
        team=withdrawal.team,
        now=now,
        sha256=hash_report(withdrawal.report),
    )


def _drop_first_sounds(speaker: Speaker) -> list[str]:
    jobs = CloneJob.objects.filter(batch__speaker=speaker).exclude(first_sound_path="")
    paths = list(jobs.values_list("first_sound_path", flat=True))
    jobs.update(first_sound_path="")
    return paths


def hash_report(report: str) -> str:
    """Return the SHA-256 of a report, as its page and the audit log show it."""
    return hashlib.sha256(report.encode()).hexdigest()


def write_report(withdrawal: Withdrawal, now: datetime) -> str:
    """Return the signed report: what was withdrawn, each copy, and what became of it and when."""
    installation = Installation.objects.get()
    erasures = withdrawal.erasures.select_related("account")
    fields: dict[str, Any] = {
        "withdrawal": str(withdrawal.pk),
        "installation": installation.code,
        "team": withdrawal.team.name,
        "speaker": withdrawal.speaker.name,
        "requested_at": _moment(withdrawal.requested_at),
        "requested_by": withdrawal.requester,
        "reason": withdrawal.reason,
        "approved_at": _moment(withdrawal.approved_at),
        "approved_by": str(withdrawal.approved_by or ""),
        "completed_at": _moment(withdrawal.completed_at),
        "written_at": _moment(now),
        "proofs_until": withdrawal.proofs_until.isoformat() if withdrawal.proofs_until else "",
        "replaces": hash_report(withdrawal.report) if withdrawal.report else "",
        "copies": [_describe(each) for each in erasures.order_by("turn", "position", "pk")],
    }
    return installation.sign(fields)


def _describe(erasure: Erasure) -> dict[str, Any]:
    return {
        "kind": erasure.kind,
        "name": say_stored(erasure.name),
        "count": erasure.count,
        "at": erasure.provider_label,
        "account": erasure.account.label if erasure.account else "",
        "remote_id": erasure.remote_id,
        "outcome": erasure.state,
        "message": say_stored(erasure.message),
        "found_at": _moment(erasure.created_at),
        "ended_at": _moment(erasure.ended_at),
        "calls": erasure.attempt_count,
        "not_promised": erasure.promise,
        **erasure.facts,
    }


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else ""


def _tell_of_failure(withdrawal: Withdrawal, now: datetime) -> None:
    """Notify once when nothing is left that happens without a person."""
    erasures = withdrawal.erasures
    if erasures.filter(state__in=Erasure.ACTIVE_STATES).exists():
        return
    count = erasures.filter(state=State.FAILED).count()
    words = f"{count} cop{'y' if count == 1 else 'ies'} couldn't be erased. A person has to help."
    text = f"The withdrawal of {withdrawal.speaker.name[:80]} is not complete. {words}"
    notify_of_withdrawal(withdrawal, text, now, mood="fail")


def notify_of_withdrawal(withdrawal: Withdrawal, text: str, now: datetime, *, mood: str) -> None:
    """Notify the team's admins and the keepers of the speaker's consents, unless they know it."""
    team, speaker = withdrawal.team, withdrawal.speaker
    rows = Consent.objects.filter(speaker=speaker).values_list("kept_by", "attested_by")
    keepers = {kept_by or maker for kept_by, maker in rows}
    people = {*find_people_of(speaker, keepers), *_find_admins(withdrawal)}
    unread = Notification.objects.unread().filter(
        page=Notification.Page.WITHDRAWAL, about=str(withdrawal.pk), text=text[:500]
    )
    people -= set(unread.values_list("user", flat=True))
    notify(
        Notification.Event.CONSENT,
        dict.fromkeys(people, text),
        now,
        team=team,
        page=Notification.Page.WITHDRAWAL,
        about=str(withdrawal.pk),
        mood=mood,
    )


def _find_admins(withdrawal: Withdrawal) -> list[int]:
    rows = Membership.objects.admins(withdrawal.team)
    return [row["user"] for row in rows]


def find_returned(now: datetime) -> list[int]:
    """Return finished withdrawals of which an erased voice is listed by its provider again."""
    back = Erasure.objects.filter(
        kind=Erasure.Kind.VOICE,
        state__in=[State.ERASED, State.GONE],
        voice__remote_deleted_at=None,
        voice__isnull=False,
        ended_at__lt=now - _COMES_BACK_AFTER,
        withdrawal__completed_at__isnull=False,
    )
    return sorted(set(back.values_list("withdrawal", flat=True)))


@transaction.atomic
def reopen_withdrawal(withdrawal_id: int, now: datetime) -> list[UUID]:
    """List copies that exist again, and queue them; return their ids.

    A speaker who has agreed again since then keeps what a provider brought back.
    """
    rows = Withdrawal.objects.select_for_update(of=("self",), no_key=True)
    withdrawal = rows.select_related("speaker", "team").get(pk=withdrawal_id)
    if not withdrawal.is_complete:
        return []
    if not find_speaker_obstacle(withdrawal.speaker_id, now.date()):
        return []
    if Withdrawal.objects.open().filter(speaker=withdrawal.speaker_id).exists():
        return []
    found = list_copies(withdrawal, now)
    queued = queue_planned(withdrawal, now)
    if not queued:
        return []
    withdrawal.completed_at = None
    withdrawal.save(update_fields=["completed_at"])
    Speaker.objects.filter(pk=withdrawal.speaker_id).update(withdrawing_since=now)
    name = withdrawal.speaker.name[:80]
    text = f"Copies of {name}'s voice are back, so the withdrawal isn't complete anymore."
    notify_of_withdrawal(withdrawal, text, now, mood="fail")
    record(
        None, "withdrawal reopened", withdrawal, team=withdrawal.team, now=now, copies=len(found)
    )
    return queued


def reopen_returned(now: datetime) -> list[UUID]:
    """Reopen the withdrawals whose voices are back, and return the copies to erase."""
    return [each for pk in find_returned(now) for each in reopen_withdrawal(pk, now)]
