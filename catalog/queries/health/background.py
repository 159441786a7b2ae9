"""The state of background work."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Min

from catalog.core.broker import BrokerState, list_queues, look_at_broker
from catalog.core.disk_space import RESERVE_BYTES, find_free_bytes
from catalog.models import CloneJob, Heartbeat, Installation, PlannedDeletion, User
from catalog.models.installation import BACKUP_LASTS
from catalog.queries.credentials import AccountStatus, find_account_statuses
from catalog.queries.health.readiness import find_file_problem
from catalog.queries.mail import MailReport, look_at_mail

SCHEDULE = "schedule"
WEB = "web"
JOBS_QUEUE = "jobs"
SPEECH_QUEUES = {"speech", "speech_ahead"}
# A job that no worker has taken for this long means that too few workers take jobs.
_LONG_WAIT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Process:
    """A worker, a schedule, or a web server, and whether it sent a heartbeat recently."""

    name: str
    queues: str
    seen_at: datetime
    is_alive: bool

    @property
    def queue_names(self) -> list[str]:
        """The queues that the process takes messages from."""
        return [name for name in self.queues.split(",") if name]


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The state of all background work."""

    processes: list[Process]
    has_worker: bool
    has_schedule: bool
    waiting_count: int
    oldest_at: datetime | None
    is_late: bool
    accounts: list[AccountStatus]
    broker: BrokerState
    # Queues without a living worker, for example after an upgrade that added some.
    unserved: list[str]
    free_bytes: int
    database: str
    files_in_bucket: bool
    # What is wrong with the place for audio files, "" if it works.
    file_problem: str
    # None without a mail server.
    mail: MailReport | None
    # None if no backup was ever made, for example because the server's disk is backed up.
    backed_up_at: datetime | None
    is_backup_old: bool

    @property
    def is_good(self) -> bool:
        """Return whether nothing needs attention."""
        works = self.broker.answers and self.has_worker and self.has_schedule
        is_held_up = self.is_late or (self.mail is not None and bool(self.mail.problem))
        return works and not (is_held_up or self.is_full or self.file_problem or self.is_backup_old)

    @property
    def is_full(self) -> bool:
        """Return whether uploads are rejected because the disk is almost full."""
        return self.free_bytes <= RESERVE_BYTES


def has_worker(now: datetime) -> bool:
    """Return whether a worker that takes clones sent a heartbeat recently."""
    return JOBS_QUEUE in _find_served(now)


def find_unserved(now: datetime) -> list[str]:
    """Return the queues that need a worker and have none, sorted."""
    return sorted(list_needed_queues() - _find_served(now))


def has_schedule(now: datetime) -> bool:
    """Return whether a schedule sent a heartbeat recently."""
    return Heartbeat.objects.alive(now).filter(name=SCHEDULE).exists()


def _find_served(now: datetime) -> set[str]:
    queues = Heartbeat.objects.alive(now).values_list("queues", flat=True)
    return {queue for each in queues for queue in each.split(",")}


def list_needed_queues() -> set[str]:
    """Return the queues that need a worker."""
    return set(list_queues()) - (set() if settings.LOCAL else SPEECH_QUEUES)


def look_at_health(user: User, now: datetime) -> HealthReport:
    """Return the state of the workers, and of the accounts that the user can see."""
    beats = list(Heartbeat.objects.order_by("name"))
    # Counts across all teams, because they share the queues.
    clones = CloneJob.objects.active()
    deletions = PlannedDeletion.objects.filter(state__in=PlannedDeletion.ACTIVE_STATES)
    untaken = clones.filter(state=CloneJob.State.QUEUED).aggregate(oldest=Min("created_at"))
    oldest = untaken["oldest"]
    backed_up_at = Installation.objects.values_list("backed_up_at", flat=True).first()
    return HealthReport(
        processes=[
            Process(beat.name, beat.queues, beat.seen_at, beat.is_alive(now)) for beat in beats
        ],
        has_worker=has_worker(now),
        has_schedule=has_schedule(now),
        waiting_count=clones.count() + deletions.count(),
        oldest_at=oldest,
        is_late=oldest is not None and oldest < now - _LONG_WAIT,
        accounts=find_account_statuses(user, now),
        broker=look_at_broker(),
        unserved=find_unserved(now),
        free_bytes=find_free_bytes(),
        database=connection.display_name,
        files_in_bucket=bool(settings.MEDIA_STORE_URL),
        file_problem=find_file_problem(lambda: now),
        mail=look_at_mail(now),
        backed_up_at=backed_up_at,
        is_backup_old=backed_up_at is not None and backed_up_at < now - BACKUP_LASTS,
    )
