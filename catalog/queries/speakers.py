"""The speakers whose voices the team clones, with their samples, jobs, and consents."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from catalog.models import CloneJob, Consent, Sample, Speaker, User

_SHOWN_SPEAKERS = 200


@dataclass(frozen=True, slots=True)
class SpeakerHistory:
    """A speaker with all samples, jobs, and consents."""

    speaker: Speaker
    samples: list[Sample]
    jobs: list[CloneJob]
    consents: list[Consent]


def find_speakers(user: User) -> QuerySet[Speaker]:
    """Return the speakers that the user can see, by name, with their number of voices."""
    jobs = CloneJob.objects.visible_to(user)
    seen = Q(batches__jobs__in=jobs.values("pk"))
    ready = seen & Q(
        batches__jobs__state=CloneJob.State.READY, batches__jobs__voice__remote_deleted_at=None
    )
    rows = Speaker.objects.visible_to(user).annotate(
        job_count=Count("batches__jobs", filter=seen, distinct=True),
        voice_count=Count("batches__jobs__voice", filter=ready, distinct=True),
    )
    return rows.order_by("folded", "pk")[:_SHOWN_SPEAKERS]


def trace_speaker(user: User, speaker_id: int) -> SpeakerHistory:
    """Return a speaker's history; raises Speaker.DoesNotExist if the user can't see them."""
    speaker = Speaker.objects.visible_to(user).select_related("added_by").get(pk=speaker_id)
    jobs = CloneJob.objects.visible_to(user).filter(batch__speaker=speaker)
    batches = jobs.values("batch")
    return SpeakerHistory(
        speaker=speaker,
        samples=list(
            Sample.objects.visible_to(user)
            .filter(sources__batch__in=batches)
            .select_related("owner")
            .distinct()
            .order_by("uploaded_at", "pk")
        ),
        jobs=list(
            jobs.select_related("account", "voice", "requested_by", "batch__speaker").order_by(
                "-created_at", "-pk"
            )
        ),
        consents=list(
            Consent.objects.filter(batches__in=batches)
            .select_related("attested_by")
            .distinct()
            .order_by("-attested_at", "-pk")
        ),
    )
