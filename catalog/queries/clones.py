"""Clone jobs of a team, and the keys with which a user can clone."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Q

from catalog.models import (
    CloneJob,
    Credential,
    ProviderAccount,
    Sample,
    TeamPolicy,
    User,
    Voice,
)
from catalog.models.clones.jobs import CloneJobQuerySet
from catalog.providers.types import ProviderInfo
from catalog.queries.searches.filters import offered_infos
from catalog.queries.syntheses.history import is_being_scored

PAGE_SIZE = 50
# The filters of the list of jobs, each with its label and the states it covers.
JOB_STATES = {
    "active": ("In progress", CloneJob.ACTIVE_STATES),
    "ready": ("Ready", (CloneJob.State.READY,)),
    "failed": ("Failed", (CloneJob.State.FAILED,)),
    "look": ("Needs attention", (CloneJob.State.NEEDS_LOOK,)),
    "cancelled": ("Canceled", (CloneJob.State.CANCELLED,)),
}


@dataclass(frozen=True, slots=True)
class CloneTarget:
    """A key to clone with; ``obstacle`` is why it can't be used now, "" if it can."""

    credential: Credential
    info: ProviderInfo
    obstacle: str

    @property
    def is_open(self) -> bool:
        """Return whether a clone can be requested with this key."""
        return not self.obstacle

    @property
    def account(self) -> ProviderAccount | None:
        """The key's account, None until a check has found it."""
        return self.credential.account

    @property
    def is_full(self) -> bool:
        """Return whether the account has no free slot."""
        return self.account is not None and self.account.slots_left == 0

    @property
    def slot_words(self) -> str:
        """How many slots are used, and that this clone takes one."""
        account = self.account
        if not self.info.has_slots or account is None or account.slots_used is None:
            return "No slot limit known"
        if account.slots_limit is None:
            return f"{account.slots_used} slots used. This clone takes one."
        used = f"{account.slots_used} of {account.slots_limit} slots used"
        return used if self.is_full else f"{used}. This clone takes one."

    @property
    def length_words(self) -> str:
        """How long a sample should be, and what happens to a longer one."""
        least, most = self.info.min_sample_seconds, self.info.max_sample_seconds
        words = [f"at least {least:g} s"] if least else []
        words += [f"audio after {most:g} s is not used"] if most else []
        if self.info.advised_sample_seconds:
            words.append(f"about {self.info.advised_sample_seconds:g} s works best")
        return ", ".join(words)


@dataclass(frozen=True, slots=True)
class JobFilter:
    """The filter of the list of jobs."""

    words: str = ""
    state: str = ""
    provider: str = ""
    person: int | None = None
    batch: uuid.UUID | None = None

    @property
    def is_empty(self) -> bool:
        """Return whether the filter matches everything."""
        return self == JobFilter()

    def query_string(self, page: int = 1) -> str:
        """Return the query string of a page of these jobs."""
        pairs: dict[str, object] = {
            "q": self.words,
            "state": self.state,
            "provider": self.provider,
            "person": self.person,
            "batch": self.batch,
            "page": page if page > 1 else None,
        }
        kept = {name: value for name, value in pairs.items() if value}
        return f"?{urlencode(kept)}" if kept else ""


@dataclass(frozen=True, slots=True)
class JobPage:
    """One page of jobs, and the people to filter by."""

    jobs: list[CloneJob]
    count: int
    page: int
    page_count: int
    people: list[tuple[int, str]] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        """Return whether any of the jobs is still running."""
        return any(not job.is_finished for job in self.jobs)


def find_clone_jobs(user: User, wanted: JobFilter = JobFilter(), page: int = 1) -> JobPage:
    """Return the jobs that the user can see, newest first."""
    seen = CloneJob.objects.visible_to(user)
    rows = _with_rows(_narrow(seen, wanted)).order_by("-created_at", "-pk")
    pages = Paginator(rows, PAGE_SIZE)
    shown = pages.get_page(page)
    people = seen.order_by().values_list("requested_by").distinct()
    names = User.objects.filter(pk__in=people).order_by("first_name", "email")
    return JobPage(
        jobs=list(shown.object_list),
        count=pages.count,
        page=shown.number,
        page_count=pages.num_pages,
        people=[(each.pk, str(each)) for each in names],
    )


def _narrow(rows: CloneJobQuerySet, wanted: JobFilter) -> CloneJobQuerySet:
    if wanted.words:
        rows = rows.filter(
            Q(name__icontains=wanted.words) | Q(batch__speaker__name__icontains=wanted.words)
        )
    if wanted.state:
        rows = rows.filter(state__in=JOB_STATES[wanted.state][1])
    if wanted.provider:
        rows = rows.filter(account__provider=wanted.provider)
    if wanted.person is not None:
        rows = rows.filter(requested_by=wanted.person)
    if wanted.batch is not None:
        rows = rows.filter(batch=wanted.batch)
    return rows


def list_clone_providers() -> list[tuple[str, str]]:
    """Return the providers that can clone, as choices."""
    return [(info.slug, info.label) for info in offered_infos() if info.can_clone]


def get_clone_job(user: User, job_id: uuid.UUID) -> CloneJob:
    """Return one job; raises CloneJob.DoesNotExist if the user can't see it."""
    rows = _with_rows(CloneJob.objects.visible_to(user)).prefetch_related("batch__sources__sample")
    return rows.get(pk=job_id)


def awaits_first_speech(job: CloneJob, now: datetime) -> bool:
    """Return whether the new voice's sentence, or its similarity, will follow soon."""
    speech = job.first_speech
    if speech is None or speech.has_failed:
        return False
    return not speech.is_finished or is_being_scored(speech.voice, now)


def find_sister_jobs(user: User, job: CloneJob) -> list[CloneJob]:
    """Return the other jobs of the same batch that the user can see."""
    rows = CloneJob.objects.visible_to(user).filter(batch=job.batch_id).exclude(pk=job.pk)
    return list(_with_rows(rows).order_by("created_at", "pk"))


def find_maker(user: User, voice: Voice) -> CloneJob | None:
    """Return the job that made a voice, with its samples, or None."""
    rows = _with_rows(CloneJob.objects.visible_to(user)).filter(voice=voice)
    return rows.prefetch_related("batch__sources__sample").order_by("-created_at").first()


def find_clone_targets(user: User) -> list[CloneTarget]:
    """Return every key that the user may clone with, usable ones first."""
    credentials = Credential.objects.visible_to(user).select_related("account", "owner")
    policy = TeamPolicy.objects.visible_to(user).first() or TeamPolicy()
    targets = [
        CloneTarget(each, each.info, _find_obstacle(each))
        for each in credentials.order_by("provider", "created_at")
        if each.info.can_clone and not policy.forbid_provider(each.info)
    ]
    return sorted(targets, key=lambda target: not target.is_open)


def find_old_slots(
    targets: Iterable[CloneTarget], now: datetime, age: timedelta
) -> set[ProviderAccount]:
    """Return the accounts whose slots were read longer ago than this, or never."""
    accounts = {
        target.account
        for target in targets
        if target.account is not None and target.info.has_slots and target.credential.works
    }
    return {each for each in accounts if not each.slots_read_at or each.slots_read_at < now - age}


def find_samples(user: User, ids: list[uuid.UUID]) -> list[Sample]:
    """Return the samples that the user may play, in the order of the ids."""
    found = Sample.objects.visible_to(user).select_related("cleaned").in_bulk(ids)
    return [found[pk] for pk in dict.fromkeys(ids) if pk in found]


def find_earlier_clones(user: User, sample: Sample) -> list[CloneJob]:
    """Return the finished clones that the team made from the same recording, newest first."""
    same = Q(sha256=sample.sha256) | Q(original__sha256=sample.sha256)
    samples = Sample.objects.filter(same, team=sample.team_id)
    jobs = CloneJob.objects.visible_to(user).filter(
        state=CloneJob.State.READY, batch__sources__sample__in=samples.values("pk")
    )
    return list(_with_rows(jobs).order_by("-created_at", "-pk").distinct()[:3])


def _with_rows(jobs: CloneJobQuerySet) -> CloneJobQuerySet:
    return jobs.select_related(
        "requested_by",
        "kept_by",
        "account",
        "credential",
        "team",
        "voice",
        "batch__speaker",
        "batch__consent__attested_by",
        "retried_as",
    )


def _find_obstacle(credential: Credential) -> str:
    if credential.is_unchecked:
        return "This key is still being checked."
    if not credential.works or credential.account is None:
        return "This key isn't working right now."
    if not credential.may("clone"):
        return "This key doesn't have permission to create voices."
    if credential.account.slots_left == 0:
        return f"No free slot: {credential.account.slots_used} of {credential.account.slots_limit}."
    return ""
