"""Store the rows of a clone request: the batch with its samples, and a job for each key."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.core.exceptions import PermissionDenied

from catalog.audit import record
from catalog.models import (
    CloneBatch,
    CloneJob,
    CloneSource,
    Consent,
    Credential,
    Installation,
    Sample,
    User,
)

# What a job keeps of a request, and a repetition takes over.
WANTED = ("name", "description", "removes_noise", "language", "gender", "transcript")
# A sample, and where the used part starts and ends; an end of None means the sample's own end.
Cut = tuple[Sample, float, float | None]


def store_batch(
    user: User, *, consent: Consent, cuts: Iterable[Cut], form_token: uuid.UUID, now: datetime
) -> CloneBatch:
    """Store a batch under a consent, with its samples in their order."""
    batch = CloneBatch.objects.create(
        team=consent.speaker.team,
        asked_by=user,
        speaker=consent.speaker,
        consent=consent,
        form_token=form_token,
        asked_at=now,
    )
    CloneSource.objects.bulk_create(
        CloneSource(
            batch=batch, sample=sample, position=position, start_seconds=start, end_seconds=end
        )
        for position, (sample, start, end) in enumerate(cuts, start=1)
    )
    return batch


def store_job(
    user: User,
    batch: CloneBatch,
    credential: Credential,
    wanted: Mapping[str, object],
    now: datetime,
    retry_of: CloneJob | None = None,
) -> CloneJob:
    """Store a job of a batch, and record it; the caller wakes a worker on commit."""
    if credential.account is None:
        raise PermissionDenied
    job_id = uuid.uuid4()
    job = CloneJob.objects.create(
        **wanted,
        id=job_id,
        team=batch.team,
        requested_by=user,
        credential=credential,
        account=credential.account,
        batch=batch,
        retry_of=retry_of,
        marker=f"vb1:{Installation.objects.get().code}:{job_id.hex}",
        created_at=now,
        woken_at=now,
    )
    facts = {"retry_of": str(retry_of.pk)} if retry_of else {}
    record(
        user,
        "clone requested",
        job,
        team=batch.team,
        now=now,
        provider=credential.provider,
        **facts,
    )
    return job
