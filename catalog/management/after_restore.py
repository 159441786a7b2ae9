"""What changes in a restored database before anyone uses it.

Its rows say what was true when the backup was made. What a link, a session, or a browser's cache
knows from later must not fit them anymore, and what was unsent may have been sent since.
"""

from datetime import datetime, timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import F

from catalog.audit import record
from catalog.core.schema_version import end_restoring
from catalog.jobs.base.leases import stop_unsent
from catalog.jobs.health.heartbeats import SCHEDULE
from catalog.jobs.mail import drop_mail
from catalog.models import (
    ApiToken,
    CatalogVersion,
    CleanupPlan,
    CloneJob,
    ConsentRequest,
    Credential,
    CredentialReplacement,
    EndHook,
    Evacuation,
    EvacuationLine,
    Heartbeat,
    Host,
    IndexFile,
    Installation,
    Invitation,
    Mail,
    PasswordLink,
    PlannedDeletion,
    SetupLink,
    Synthesis,
    Team,
    Tick,
    User,
    UserVersion,
    VoiceChange,
    VoiceSettings,
)

_VERSIONS_APART = 1_000_000
# Plans wait at least this much longer: who kept a voice since the backup has to do it again.
_LEAST_WAIT = timedelta(hours=1)
_COPIED = "This installation is a copy of another one. Enter a key to use it here."
_NOT_MAILED = "A backup was restored. This may have been sent before."
_STOPPED = "Stopped: this installation is a copy of another one, which continues this."
# More than there are checks for duplicates.
_ALL_AUDITS = 100


@transaction.atomic
def settle_restored(
    *, made_at: datetime, anchor: str, replaced: str, now: datetime, new_code: str = ""
) -> None:
    """Prepare a restored database for use, and let processes start on it.

    ``made_at`` and ``anchor`` are those of the backup, and ``replaced`` is the end of the log that
    it replaced. With a ``new_code`` the installation becomes a copy: it can't use any key, and
    doesn't continue work that the original continues.
    """
    _end_access(now)
    _stop_plans()
    for model in (IndexFile, Tick, Host, Heartbeat):
        model._default_manager.all().delete()
    Installation.objects.update(backed_up_at=None if new_code else made_at)
    away = max(now - made_at, timedelta(0))
    _raise_versions(_VERSIONS_APART + away // timedelta(milliseconds=1))
    if new_code:
        _separate(new_code, now)
    else:
        Credential.objects.exclude(owner=None).update(health=Credential.Health.UNCHECKED)
        _doubt_work(min(made_at, now), now)
        # The first sweep has plans wait longer by the schedule's silence (jobs/cleanups/plans.py).
        silent_since = min(made_at, now - _LEAST_WAIT)
        Heartbeat.objects.create(name=SCHEDULE, started_at=silent_since, seen_at=silent_since)
    end_restoring()
    record(
        None,
        "backup restored",
        "Installation",
        team=None,
        now=now,
        backup=anchor,
        replaced=replaced or "an empty log",
        made_at=made_at.isoformat(),
        is_copy=bool(new_code),
    )


def _end_access(now: datetime) -> None:
    Session.objects.all().delete()
    UserSession.objects.all().delete()
    Invitation.objects.open(now).update(withdrawn_at=now)
    PasswordLink.objects.open(now).update(withdrawn_at=now)
    ConsentRequest.objects.open(now).update(expires_at=now)
    SetupLink.objects.all().delete()
    Installation.objects.update(restored_at=now)
    drop_mail(Mail.objects.all(), _NOT_MAILED, now)


def _raise_versions(by: int) -> None:
    """Skip every number that the lost future used, also that of another restore of this backup."""
    kinds: tuple[tuple[type[models.Model], str, type[models.Model]], ...] = (
        (CatalogVersion, "team", Team),
        (UserVersion, "user", User),
    )
    for kind, owner, owners in kinds:
        rows = kind._default_manager
        missing = owners._default_manager.exclude(pk__in=rows.values(owner))
        rows.bulk_create([kind(**{owner: each}) for each in missing])
        rows.update(number=F("number") + by)


def _doubt_work(unsent_at: datetime, now: datetime) -> None:
    """Have unsent work looked for at the providers first; see jobs/base/restore_doubts.py."""
    for model in (CloneJob, Synthesis):
        planned: Any = model._default_manager.filter(state__in=model.ACTIVE_STATES)
        planned.filter(step=model.Step.PLANNED).update(unsent_at=unsent_at)
    # It may have been sent again since, so only looks from now on count.
    sent = CloneJob.objects.active().filter(step__in=[CloneJob.Step.SENT, CloneJob.Step.UNKNOWN])
    sent.exclude(sent_at=None).update(sent_at=now, empty_look_count=0)


def _stop_plans() -> None:
    """Have people start replacement plans again that were requesting clones.

    Clones that were requested since have markers that no row knows, so nothing would find them.
    """
    starting = Evacuation.objects.filter(state__in=Evacuation.ACTIVE_STATES)
    lines = EvacuationLine.objects.filter(state=EvacuationLine.State.QUEUED)
    lines.filter(evacuation__in=starting).update(state=EvacuationLine.State.PLANNED)
    starting.update(state=Evacuation.State.DRAFT, lease_until=None, fence=F("fence") + 1)


def _separate(code: str, now: datetime) -> None:
    """Shut every key and API token, and end work whose original would go on elsewhere."""
    Installation.objects.update(code=code)
    ApiToken.objects.unended(now).update(revoked_at=now)
    CredentialReplacement.objects.all().delete()
    EndHook.objects.all().delete()
    Credential.objects.exclude(owner=None).update(
        sealed=b"",
        key_hash="",
        health=Credential.Health.REJECTED,
        problem=_COPIED,
        checked_at=now,
    )
    ended = {"message": _STOPPED, "ended_at": now, "lease_until": None, "fence": F("fence") + 1}
    for model, unclear in (
        (CloneJob, CloneJob.State.NEEDS_LOOK),
        (Synthesis, Synthesis.State.UNCLEAR),
        (PlannedDeletion, PlannedDeletion.State.FAILED),
    ):
        rows: Any = model._default_manager.all()
        stop_unsent(rows, _STOPPED, now)
        rows.filter(state__in=model.ACTIVE_STATES).update(state=unclear, **ended)
    CloneJob.objects.update(audit_count=_ALL_AUDITS)
    # Plans have to be approved again.
    waiting = CleanupPlan.objects.waiting()
    PlannedDeletion.objects.held().filter(plan__in=waiting).update(
        state=PlannedDeletion.State.PLANNED
    )
    waiting.update(approved_by=None, approved_at=None, due_at=None)
    VoiceChange.objects.all().delete()
    VoiceSettings.objects.filter(state__in=VoiceSettings.WAITING_STATES).delete()
