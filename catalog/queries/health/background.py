"""Whether the work in the background gets done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min

from catalog.core.broker import BrokerState, list_queues, look_at_broker
from catalog.core.storage import RESERVE_BYTES, find_free_bytes
from catalog.models import CloneJob, Heartbeat, PlannedDeletion, User
from catalog.queries.credentials import AccountStatus, find_account_statuses

SCHEDULE = "schedule"
JOBS_QUEUE = "jobs"
SPEECH_QUEUES = {"speech", "speech_ahead"}
# Older than this, a job that nobody has taken yet says that too few workers take jobs.
_LONG_WAIT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the background, and whether it was heard of lately."""

    name: str
    queues: str
    seen_at: datetime
    is_alive: bool

    @property
    def queue_names(self) -> list[str]:
        """The queues that it takes work from."""
        return [name for name in self.queues.split(",") if name]


@dataclass(frozen=True, slots=True)
class HealthReport:
    """How the work in the background stands."""

    processes: list[Process]
    has_worker: bool
    has_schedule: bool
    waiting_count: int
    oldest_at: datetime | None
    is_late: bool
    accounts: list[AccountStatus]
    broker: BrokerState
    # Queues that no living worker takes from, such as after an upgrade that brought new ones.
    unserved: list[str]
    free_bytes: int

    @property
    def is_good(self) -> bool:
        """Tell whether nothing needs anybody's attention."""
        works = self.broker.answers and self.has_worker and self.has_schedule
        return works and not self.is_late and not self.is_full

    @property
    def is_full(self) -> bool:
        """Tell whether uploads are turned away because the disk has hardly any room left."""
        return self.free_bytes <= RESERVE_BYTES


def has_worker(now: datetime) -> bool:
    """Tell whether a worker that takes clones was heard of lately."""
    return JOBS_QUEUE in _find_served(now)


def _find_served(now: datetime) -> set[str]:
    queues = Heartbeat.objects.alive(now).values_list("queues", flat=True)
    return {queue for each in queues for queue in each.split(",")}


def _find_unserved(now: datetime) -> list[str]:
    known = set(list_queues())
    if not settings.LOCAL:
        known -= SPEECH_QUEUES
    return sorted(known - _find_served(now))


def look_at_health(user: User, now: datetime) -> HealthReport:
    """Return how the workers do, and how fresh the accounts are that the person may see."""
    beats = list(Heartbeat.objects.order_by("name"))
    # Everybody's: a queue is as long for one team as for the other. Numbers only.
    clones = CloneJob.objects.active()
    deletions = PlannedDeletion.objects.filter(state__in=PlannedDeletion.ACTIVE_STATES)
    untaken = clones.filter(state=CloneJob.State.QUEUED).aggregate(oldest=Min("created_at"))
    oldest = untaken["oldest"]
    return HealthReport(
        processes=[
            Process(beat.name, beat.queues, beat.seen_at, beat.is_alive(now)) for beat in beats
        ],
        has_worker=has_worker(now),
        has_schedule=any(beat.name == SCHEDULE and beat.is_alive(now) for beat in beats),
        waiting_count=clones.count() + deletions.count(),
        oldest_at=oldest,
        is_late=oldest is not None and oldest < now - _LONG_WAIT,
        accounts=find_account_statuses(user, now),
        broker=look_at_broker(),
        unserved=_find_unserved(now),
        free_bytes=find_free_bytes(),
    )
