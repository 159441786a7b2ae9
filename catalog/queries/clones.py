"""Clone jobs of a team, and where a new clone could be made."""

import uuid
from dataclasses import dataclass

from catalog.models import CloneJob, Credential, User
from catalog.models.clones import CloneJobQuerySet
from catalog.providers.types import ProviderInfo

_SHOWN_JOBS = 100


@dataclass(frozen=True, slots=True)
class CloneTarget:
    """One key through which a clone could be made, and why it could not where it can't."""

    credential: Credential
    info: ProviderInfo
    obstacle: str

    @property
    def is_open(self) -> bool:
        """Tell whether a clone can be asked for here."""
        return not self.obstacle


def find_clone_jobs(user: User) -> list[CloneJob]:
    """Return the newest jobs that the person may see."""
    return list(_with_rows(CloneJob.objects.visible_to(user)).order_by("-created_at")[:_SHOWN_JOBS])


def get_clone_job(user: User, job_id: uuid.UUID) -> CloneJob:
    """Return one job; raises CloneJob.DoesNotExist for a stranger's."""
    return _with_rows(CloneJob.objects.visible_to(user)).get(pk=job_id)


def find_clone_targets(user: User) -> list[CloneTarget]:
    """Return every key that the person may work through, those that could clone first."""
    credentials = Credential.objects.visible_to(user).select_related("account", "owner")
    targets = [
        CloneTarget(each, each.info, _find_obstacle(each))
        for each in credentials.order_by("provider", "created_at")
        if each.info.can_clone
    ]
    return sorted(targets, key=lambda target: not target.is_open)


def _with_rows(jobs: CloneJobQuerySet) -> CloneJobQuerySet:
    return jobs.select_related(
        "requested_by", "account", "credential", "sample", "voice", "consent"
    )


def _find_obstacle(credential: Credential) -> str:
    if credential.is_unchecked:
        return "This key is still being checked."
    if not credential.works or credential.account is None:
        return "This key does not work at the moment."
    if not credential.may("clone"):
        return "This key may not make voices."
    if credential.account.slots_left == 0:
        return f"No free slot: {credential.account.slots_used} of {credential.account.slots_limit}."
    return ""
