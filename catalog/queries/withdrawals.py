"""Withdrawals: every copy of a speaker's voice, and the pages that show what became of each."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from catalog.core.locales import say_day
from catalog.models import (
    AuditEntry,
    BundledClone,
    CloneBatch,
    CloneJob,
    ComparedVoice,
    Consent,
    ConsentRequest,
    Erasure,
    Installation,
    PreviewClip,
    ProviderAccount,
    Sample,
    Speaker,
    SynthesizedClip,
    User,
    Voice,
    VoiceEmbedding,
    VoiceUsage,
    Withdrawal,
)
from catalog.queries.speakers import find_voices_of

Kind = Erasure.Kind
_KINDS = list(Kind)
_UNSEEN = "In an account that you can't see"


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a speaker's voice; ``is_gone`` says that it was deleted before."""

    kind: Erasure.Kind
    object_key: str
    name: str
    count: int = 1
    account: ProviderAccount | None = None
    voice: Voice | None = None
    remote_id: str = ""
    promise: str = ""
    is_gone: bool = False
    message: str = ""
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def provider_label(self) -> str:
        """Where the copy is, as text."""
        return self.account.info.label if self.account else "Voiceboard"


def find_copies(
    speaker: Speaker, now: datetime, withdrawn_by: datetime | None = None
) -> list[Copy]:
    """Return every copy of the speaker's voice that Voiceboard knows of, by kind.

    ``withdrawn_by`` leaves out what was made under consents that were not withdrawn by then, such
    as later ones, or those of a speaker who was merged.
    """
    jobs = CloneJob.objects.filter(batch__speaker=speaker)
    if withdrawn_by is not None:
        jobs = jobs.filter(batch__consent__withdrawn_at__lte=withdrawn_by)
    voices = find_voices_of(jobs)
    found = [
        *_find_jobs(jobs),
        *map(_describe_voice, voices),
        *_find_files_of(voices),
        *_find_samples(speaker, jobs),
        *_find_proofs(speaker, withdrawn_by),
        *_find_exports(speaker, voices, now),
    ]
    return sorted(found, key=lambda copy: _KINDS.index(copy.kind))


def _find_jobs(jobs: Any) -> Iterator[Copy]:
    unclear = Q(state=CloneJob.State.NEEDS_LOOK, voice=None)
    rows = jobs.filter(unclear | Q(state__in=CloneJob.ACTIVE_STATES))
    for job in rows.select_related("account").order_by("created_at", "pk"):
        yield Copy(Kind.JOB, str(job.pk), job.name, account=job.account)


def _describe_voice(voice: Voice) -> Copy:
    gone = f"It has been gone since {say_day(voice.remote_deleted_at)}." if voice.is_gone else ""
    return Copy(
        Kind.VOICE,
        str(voice.pk),
        voice.shown_name,
        account=voice.account,
        voice=voice,
        remote_id=voice.remote_id,
        promise=voice.info.erase_note,
        is_gone=voice.is_gone,
        message=gone,
    )


def _find_files_of(voices: list[Voice]) -> Iterator[Copy]:
    ids = [voice.pk for voice in voices]
    previews = set(PreviewClip.objects.filter(voice__in=ids).values_list("voice", flat=True))
    embedded = set(VoiceEmbedding.objects.filter(voice__in=ids).values_list("voice", flat=True))
    spoken = _count(SynthesizedClip.objects.filter(voice__in=ids))
    spoken += _count(ComparedVoice.objects.filter(voice__in=ids).exclude(disguised_path=""))
    for voice in voices:
        shared: dict[str, Any] = {"voice": voice, "name": voice.full_name}
        if voice.pk in previews:
            yield Copy(Kind.PREVIEW, str(voice.pk), **shared)
        if voice.pk in embedded:
            yield Copy(Kind.EMBEDDING, str(voice.pk), **shared)
        if count := spoken[voice.pk]:
            yield Copy(Kind.SPEECH, str(voice.pk), count=count, **shared)


def _count(rows: Any) -> Counter[int]:
    counted = rows.order_by().values("voice").annotate(number=Count("pk"))
    return Counter({row["voice"]: row["number"] for row in counted})


def _find_samples(speaker: Speaker, jobs: Any) -> Iterator[Copy]:
    bundled = BundledClone.objects.filter(batch__speaker=speaker).values("batch")
    own = CloneBatch.objects.filter(Q(pk__in=jobs.values("batch")) | Q(pk__in=bundled))
    batches = own.values("pk")
    used = Q(sources__batch__in=batches)
    used |= Q(cleaned__sources__batch__in=batches) | Q(original__sources__batch__in=batches)
    for sample in Sample.objects.filter(used).distinct().order_by("uploaded_at", "pk"):
        if sample.erased_at is not None and not sample.paths:
            continue
        kind = Kind.SAMPLE if sample.original_id is None else Kind.CLEANED
        facts = {"sha256": sample.sha256} if sample.sha256 else {}
        others = Speaker.objects.filter(batches__sources__sample=sample).exclude(pk=speaker.pk)
        names = ", ".join(sorted(set(others.values_list("name", flat=True))))
        words = f"Clones of {names} were also made from it." if names else ""
        count = len(sample.paths) or 1
        yield Copy(kind, str(sample.pk), sample.filename, count, message=words, facts=facts)


def _find_proofs(speaker: Speaker, withdrawn_by: datetime | None) -> Iterator[Copy]:
    # The proof of a spoken consent is the recording of its request.
    rows = Consent.objects.filter(speaker=speaker, spoken_at=None).exclude(proof_path="")
    if withdrawn_by is not None:
        rows = rows.filter(withdrawn_at__lte=withdrawn_by)
    for consent in rows.order_by("attested_at", "pk"):
        words = f"{consent.proof_filename}, of {say_day(consent.attested_at)}"
        yield Copy(Kind.PROOF, str(consent.pk), words)
    spoken = ConsentRequest.objects.filter(speaker=speaker).exclude(recording_path="")
    if withdrawn_by is not None:
        spoken = spoken.filter(Q(consent=None) | Q(consent__withdrawn_at__lte=withdrawn_by))
    for request in spoken.order_by("asked_at", "pk"):
        words = f"Spoken consent of {say_day(request.recorded_at or request.asked_at)}"
        facts = {"sha256": request.recording_sha256}
        yield Copy(Kind.PROOF, f"spoken {request.pk}", words, facts=facts)


def _find_exports(speaker: Speaker, voices: list[Voice], now: datetime) -> Iterator[Copy]:
    """Return what has left the installation, as far as it was recorded."""
    lists = VoiceUsage.objects.filter(voice__in=[voice.pk for voice in voices], export_count__gt=0)
    names = {voice.pk: voice.shown_name for voice in voices}
    for use in lists.order_by("voice"):
        words = f"Lists with the name and ID of {names[use.voice_id]}, without sound"
        last = f"Last downloaded on {say_day(use.exported_at)}."
        yield Copy(Kind.EXPORT, f"list {use.voice_id}", words, use.export_count, message=last)
    targets = [f"Speaker {speaker.pk}", *(f"Voice {pk}" for pk in names)]
    left = AuditEntry.objects.filter(team=speaker.team_id, target__in=targets)
    for entry in left.filter(action__contains="exported").order_by("number"):
        words = f"{entry.target_name}: {entry.action} by {entry.who}, {say_day(entry.at)}"
        yield Copy(Kind.EXPORT, f"entry {entry.number}", words)
    made_at = Installation.objects.values_list("backed_up_at", flat=True).first()
    last = f" The last backup was made on {say_day(made_at)}." if made_at else ""
    yield Copy(
        Kind.BACKUP,
        "backups",
        f"Backups made until {say_day(now.date())}",
        message=f"The operator of this server deletes old backups, by rules of their own.{last}",
    )


@dataclass(frozen=True, slots=True)
class ShownErasure:
    """A copy as a person sees it: the names of voices that they can't see are left out."""

    erasure: Erasure
    name: str
    is_linked: bool


@dataclass(frozen=True, slots=True)
class WithdrawalPage:
    """A withdrawal with all its copies."""

    withdrawal: Withdrawal
    lines: list[ShownErasure]
    namesakes: list[Speaker]

    @property
    def counts(self) -> Counter[str]:
        """How many copies have each state."""
        return Counter(line.erasure.state for line in self.lines)

    @property
    def erased_count(self) -> int:
        """How many copies are gone."""
        return self.counts[Erasure.State.ERASED] + self.counts[Erasure.State.GONE]

    @property
    def left_count(self) -> int:
        """How many copies are still to be erased, also those that need a person."""
        return sum(self.counts[state] for state in Erasure.ACTIVE_STATES) + self.failed_count

    @property
    def failed_count(self) -> int:
        """How many copies need a person."""
        return self.counts[Erasure.State.FAILED]

    @property
    def remaining_count(self) -> int:
        """How many copies can't be erased by Voiceboard, or are kept as evidence."""
        return sum(self.counts[state] for state in Erasure.REMAINING_STATES)

    @property
    def is_running(self) -> bool:
        """Return whether a worker is on it."""
        return any(not line.erasure.is_finished for line in self.lines)


def get_withdrawal(user: User, withdrawal_id: int) -> WithdrawalPage:
    """Return a withdrawal's page; raises Withdrawal.DoesNotExist if the user can't see it."""
    rows = Withdrawal.objects.visible_to(user).select_related(
        "speaker", "team", "requested_by", "approved_by", "canceled_by"
    )
    withdrawal = rows.get(pk=withdrawal_id)
    erasures = withdrawal.erasures.select_related("account__last_owner", "voice", "credential")
    found = list(erasures.order_by("turn", "position", "pk"))
    voices = [each.voice_id for each in found if each.voice_id]
    seen = set(Voice.objects.visible_to(user).filter(pk__in=voices).values_list("pk", flat=True))
    speaker = withdrawal.speaker
    same = Speaker.objects.visible_to(user).filter(team=speaker.team, folded=speaker.folded)
    return WithdrawalPage(
        withdrawal,
        [_show(each, seen) for each in found],
        list(same.exclude(pk=speaker.pk).order_by("pk")),
    )


def _show(erasure: Erasure, seen: set[int]) -> ShownErasure:
    is_linked = erasure.voice_id in seen
    if erasure.voice_id is None or is_linked:
        return ShownErasure(erasure, erasure.name_words, is_linked)
    return ShownErasure(erasure, _UNSEEN, is_linked=False)


def preview_withdrawal(user: User, speaker: Speaker, now: datetime) -> list[Copy]:
    """Return what a withdrawal would erase; voices that the user can't see have no name."""
    copies = find_copies(speaker, now)
    voices = [copy.voice.pk for copy in copies if copy.voice]
    seen = set(Voice.objects.visible_to(user).filter(pk__in=voices).values_list("pk", flat=True))
    return [
        replace(copy, name=_UNSEEN) if copy.voice and copy.voice.pk not in seen else copy
        for copy in copies
    ]


def find_withdrawals(user: User) -> list[Withdrawal]:
    """Return the withdrawals that the user can see, open ones first, then the newest."""
    rows = Withdrawal.objects.visible_to(user).select_related("speaker", "requested_by")
    found = list(rows.order_by("-requested_at", "-pk")[:100])
    return sorted(found, key=lambda each: each.is_complete or each.is_canceled)


def find_withdrawals_of(user: User, speaker: Speaker) -> list[Withdrawal]:
    """Return the speaker's withdrawals, newest first."""
    rows = Withdrawal.objects.visible_to(user).filter(speaker=speaker)
    return list(rows.select_related("requested_by", "speaker").order_by("-requested_at", "-pk"))


def can_be_withdrawn(speaker: Speaker) -> bool:
    """Return whether there is a permission left that the speaker could withdraw."""
    given = Consent.objects.filter(speaker=speaker, withdrawn_at=None)
    return speaker.withdrawing_since is None and given.exists()
