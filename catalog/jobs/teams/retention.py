"""Delete samples and generated clips that are older than a team keeps them; each run is logged."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import QuerySet

from catalog.audit import record
from catalog.core.media import remove_media
from catalog.jobs.withdrawals.files import erase_sample
from catalog.models import (
    CloneJob,
    ComparedVoice,
    Sample,
    Synthesis,
    SynthesizedClip,
    TeamPolicy,
)

# The rest follows an hour later.
_MOST_A_RUN = 500


def delete_expired(now: datetime) -> int:
    """Delete what teams no longer keep; return how many samples and clips."""
    policies = TeamPolicy.objects.exclude(sample_days=None, clip_days=None).select_related("team")
    return sum(_delete_samples(each, now) + _delete_clips(each, now) for each in policies)


def _delete_samples(policy: TeamPolicy, now: datetime) -> int:
    if policy.sample_days is None:
        return 0
    words = f"Deleted, because the team keeps samples for {policy.sample_days} days."
    samples = list(_find_old_samples(policy, now)[:_MOST_A_RUN])
    for sample in samples:
        erase_sample(str(sample.pk), now, words)
    _log(policy, "old samples deleted", len(samples), policy.sample_days, now)
    return len(samples)


def _find_old_samples(policy: TeamPolicy, now: datetime) -> QuerySet[Sample]:
    """Return samples that are too old, except those that clones still need."""
    days = timedelta(days=policy.sample_days or 0)
    old = Sample.objects.filter(team=policy.team_id, uploaded_at__lt=now - days).filter(
        erased_at=None
    )
    needed = CloneJob.objects.active().filter(team=policy.team_id)
    if not policy.drops_used_samples:
        living = CloneJob.objects.filter(
            team=policy.team_id, voice__isnull=False, voice__remote_deleted_at=None
        )
        needed |= living
    batches = needed.values("batch")
    return (
        old.exclude(sources__batch__in=batches)
        .exclude(cleaned__sources__batch__in=batches)
        .order_by("uploaded_at", "pk")
    )


def _delete_clips(policy: TeamPolicy, now: datetime) -> int:
    """Delete old texts with their clips, except those of a blind comparison that goes on."""
    if policy.clip_days is None:
        return 0
    until = now - timedelta(days=policy.clip_days)
    rows = Synthesis.objects.filter(team=policy.team_id, created_at__lt=until)
    rows = rows.exclude(state__in=Synthesis.ACTIVE_STATES)
    blind = Synthesis.objects.filter(team=policy.team_id).in_blind_round()
    old = rows.exclude(pk__in=blind.values("pk"))
    ids = list(old.order_by("created_at").values_list("pk", flat=True)[:_MOST_A_RUN])
    entries = ComparedVoice.objects.filter(speech__in=ids).exclude(disguised_path="")
    _remove_all(entries.values_list("disguised_path", flat=True))
    entries.update(disguised_path="")
    clips = list(SynthesizedClip.objects.filter(syntheses__in=ids).distinct())
    Synthesis.objects.filter(pk__in=ids).delete()
    for clip in clips:
        # A younger text may have been answered from the same clip.
        if not clip.syntheses.exists():
            SynthesizedClip.objects.filter(pk=clip.pk).delete()
            remove_media(clip.path)
    _log(policy, "old speech deleted", len(ids), policy.clip_days, now)
    return len(ids)


def _remove_all(paths: Iterable[str]) -> None:
    for path in list(paths):
        remove_media(path)


def _log(policy: TeamPolicy, action: str, count: int, days: int, now: datetime) -> None:
    if count:
        record(None, action, policy.team, team=policy.team, now=now, count=count, days=days)
