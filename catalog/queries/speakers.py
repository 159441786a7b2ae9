"""The speakers whose voices the team clones, and whether their voices may be used now."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from catalog.core.locales import say_day
from catalog.models import (
    BundledClone,
    CloneBatch,
    CloneJob,
    Consent,
    Protection,
    Sample,
    Speaker,
    User,
    Voice,
)
from catalog.queries.consents.contradictions import fold_speaker

_SELF, _GUARDIAN = Consent.Relation.SELF, Consent.Relation.GUARDIAN
_SHOWN_SPEAKERS = 200
# A consent that ends within so many days is shown on the pages of its voices.
_SOON = timedelta(days=30)


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
    speaker = Speaker.objects.visible_to(user).select_related("added_by", "team").get(pk=speaker_id)
    jobs = CloneJob.objects.visible_to(user).filter(batch__speaker=speaker)
    batches = jobs.values("batch")
    imported = BundledClone.objects.filter(batch__speaker=speaker).values("batch")
    return SpeakerHistory(
        speaker=speaker,
        samples=list(
            Sample.objects.visible_to(user)
            .filter(Q(sources__batch__in=batches) | Q(sources__batch__in=imported))
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
            Consent.objects.filter(Q(batches__in=batches) | Q(batches__in=imported))
            .select_related("attested_by")
            .distinct()
            .order_by("-attested_at", "-pk")
        ),
    )


def find_speakers_of(voices: Iterable[Voice]) -> dict[int, set[int]]:
    """Return the speakers of each voice by its key; voices without a known speaker are left out.

    A voice belongs to the job that made it, which may have ended without knowing: the provider
    still shows the job's marker, or the id that it confirmed.
    """
    found: dict[int, set[int]] = defaultdict(set)
    own = [voice for voice in voices if voice.kind != Voice.Kind.LIBRARY]
    if not own:
        return found
    markers = {voice.marker: voice.pk for voice in own if voice.marker}
    places = {(voice.account_id, voice.remote_id): voice.pk for voice in own}
    ids = {voice.pk for voice in own}
    accounts, remote_ids = zip(*places, strict=True)
    jobs = CloneJob.objects.filter(
        Q(voice__in=ids)
        | Q(marker__in=list(markers))
        | Q(account__in=accounts, remote_id__in=remote_ids)
    )
    columns = "voice", "account", "remote_id", "marker", "batch__speaker"
    for voice_id, account_id, remote_id, marker, speaker_id in jobs.values_list(*columns):
        of_job = {voice_id, markers.get(marker), places.get((account_id, remote_id))}
        for pk in of_job & ids:
            found[pk].add(speaker_id)
    return found


def find_voices_of(jobs: QuerySet[CloneJob]) -> list[Voice]:
    """Return the voices that these jobs made, also those that the jobs never knew."""
    made = list(jobs.values_list("account", "voice", "remote_id", "marker"))
    accounts = {account for account, *_ in made}
    rows = Voice.objects.filter(
        Q(pk__in={pk for _, pk, _, _ in made if pk})
        | Q(account__in=accounts, remote_id__in={each for _, _, each, _ in made if each})
        | Q(marker__in={marker for *_, marker in made})
    )
    places = {(account, remote_id) for account, _, remote_id, _ in made}
    markers, known = {marker for *_, marker in made}, {pk for _, pk, _, _ in made}
    return [
        voice
        for voice in rows.select_related("account").order_by("pk")
        if voice.pk in known
        or voice.marker in markers
        or (voice.account_id, voice.remote_id) in places
    ]


def find_voice_obstacle(voice: Voice, today: date) -> str:
    """Return why nothing may be made with this voice now, "" if its speaker allows it.

    Every service asks this before it clones or synthesizes, and every job right before it calls
    the provider. A voice without a recorded speaker has no obstacle.
    """
    return find_voice_obstacles([voice], today).get(voice.pk, "")


def find_voice_obstacles(voices: Iterable[Voice], today: date) -> dict[int, str]:
    """Return the obstacles of several voices by their keys; those without one are left out."""
    speakers = find_speakers_of(voices)
    problems = find_speaker_obstacles(set().union(*speakers.values()), today)
    blocked = {pk: sorted(ids & problems.keys()) for pk, ids in speakers.items()}
    return {pk: problems[ids[0]] for pk, ids in blocked.items() if ids}


def find_speaker_obstacle(speaker_id: int, today: date) -> str:
    """Return why nothing may be made with this speaker's voice now, "" if they allow it."""
    return find_speaker_obstacles([speaker_id], today).get(speaker_id, "")


def find_speaker_obstacles(speaker_ids: Collection[int], today: date) -> dict[int, str]:
    """Return the obstacles of several speakers; one consent in force is enough to have none."""
    if not speaker_ids:
        return {}
    valid = Consent.objects.filter(speaker=OuterRef("pk")).in_force(today)
    rows = Speaker.objects.filter(pk__in=speaker_ids).annotate(
        ended_on=Max(
            Coalesce("consents__limited_to", "consents__ends_on"),
            filter=Q(consents__withdrawn_at=None),
        ),
        withdrawn_at=Max("consents__withdrawn_at", filter=Q(consents__erased_at=None)),
    )
    blocked = rows.filter(~Exists(valid) | Q(withdrawing_since__isnull=False))
    return {speaker.pk: _describe_obstacle(speaker) for speaker in blocked}


def _describe_obstacle(speaker: Speaker) -> str:
    withdrawn_at = speaker.withdrawing_since or getattr(speaker, "withdrawn_at", None)
    ended_on = getattr(speaker, "ended_on", None)
    if speaker.withdrawing_since or (withdrawn_at and not ended_on):
        day = say_day(withdrawn_at)
        return f"The speaker withdrew their permission on {day}, so this voice can't be used."
    if ended_on:
        day = say_day(ended_on)
        return f"The speaker's consent ended on {day}. Record a new consent to use the voice again."
    return "The speaker's consent isn't recorded. Record one to use the voice."


@dataclass(frozen=True, slots=True)
class SpeakerNote:
    """What to know before someone attests a consent of a known speaker."""

    words: str
    is_blocked: bool  # also a new consent doesn't help


def find_speaker_note(user: User, name: str, today: date) -> SpeakerNote | None:
    """Return what to know of the speaker whom this name means, None if there is nothing."""
    known = Speaker.objects.visible_to(user).filter(folded=fold_speaker(name))
    speaker = known.order_by("pk").first()
    problem = find_speaker_obstacle(speaker.pk, today) if speaker else ""
    if speaker is None or not problem:
        return None
    if speaker.withdrawing_since is not None:
        return SpeakerNote(problem, is_blocked=True)
    return SpeakerNote(f"{problem} What you enter here is a new consent.", is_blocked=False)


def find_sample_obstacle(samples: Iterable[Sample]) -> str:
    """Return why these samples can't be cloned: one is erased, or its speaker has withdrawn."""
    ids = [sample.pk for sample in samples]
    if erased := Sample.objects.filter(pk__in=ids).exclude(erased_at=None).first():
        return f"{erased.filename} was erased on {say_day(erased.erased_at)}."
    used = "batches__sources__sample"
    recorded = Q(**{f"{used}__in": ids}) | Q(**{f"{used}__cleaned__in": ids})
    recorded |= Q(**{f"{used}__original__in": ids})
    speaker = Speaker.objects.filter(recorded, withdrawing_since__isnull=False).first()
    return _describe_obstacle(speaker) if speaker else ""


def find_withdrawn_voices(account_id: int) -> set[int]:
    """Return the account's voices whose speakers have withdrawn, also after the erasing."""
    allowed = Consent.objects.filter(withdrawn_at=None, speaker__withdrawing_since=None)
    gone = Consent.objects.exclude(withdrawn_at=None).values("speaker")
    jobs = CloneJob.objects.filter(account=account_id, batch__speaker__in=gone)
    blocked = jobs.exclude(batch__speaker__in=allowed.values("speaker"))
    return {voice.pk for voice in find_voices_of(blocked)}


@dataclass(frozen=True, slots=True)
class ConsentEnd:
    """The last day on which a speaker's voice may be used, and the days left until then."""

    speaker: Speaker
    ends_on: date
    days: int

    @property
    def has_passed(self) -> bool:
        """Return whether the voice may not be used anymore."""
        return self.days < 0

    @property
    def words(self) -> str:
        """When the consent ends, or that it has, as a sentence."""
        day = say_day(self.ends_on)
        if self.has_passed:
            return f"The speaker's consent ended on {day}."
        if self.days == 0:
            return "The speaker's consent ends today."
        return f"The speaker's consent ends in {self.days} day{'s' * (self.days != 1)}, on {day}."


def find_consent_ends(speakers: QuerySet[Speaker], today: date) -> list[ConsentEnd]:
    """Return the speakers whose last consent ends within 30 days, or has ended; earliest first.

    A later consent, or one without a last day, counts instead. A withdrawal has its own page.
    """
    valid = Consent.objects.filter(speaker=OuterRef("pk"), withdrawn_at=None)
    endless = valid.filter(ends_on=None, limited_to=None)
    last = Coalesce("consents__limited_to", "consents__ends_on")
    dated = speakers.filter(~Exists(endless), withdrawing_since=None).annotate(
        ends_on=Max(last, filter=Q(consents__withdrawn_at=None))
    )
    rows = dated.filter(ends_on__lte=today + _SOON).values_list("pk", "ends_on")
    ends = dict(rows.order_by("ends_on", "pk")[:_SHOWN_SPEAKERS])
    found = Speaker.objects.select_related("team").in_bulk(list(ends))
    return [ConsentEnd(found[pk], day, (day - today).days) for pk, day in ends.items()]


def find_consent_end(speaker_id: int, today: date) -> ConsentEnd | None:
    """Return when the consent of one speaker ends, None if that isn't soon."""
    return next(iter(find_consent_ends(Speaker.objects.filter(pk=speaker_id), today)), None)


def find_speakers_with_voices(user: User) -> QuerySet[Speaker]:
    """Return the speakers of whom the user sees a clone that its provider still has."""
    jobs = CloneJob.objects.visible_to(user).exclude(voice=None)
    there = jobs.filter(voice__remote_deleted_at=None).values("batch__speaker")
    return Speaker.objects.visible_to(user).filter(pk__in=there)


def find_last_day(speaker_id: int, today: date) -> date | None:
    """Return the last day of the consents in force, None if one has no last day or none is."""
    valid = Consent.objects.filter(speaker=speaker_id).in_force(today)
    if valid.filter(ends_on=None, limited_to=None).exists():
        return None
    last: date | None = valid.aggregate(last=Max(Coalesce("limited_to", "ends_on")))["last"]
    return last


def find_merge_obstacle(speaker: Speaker, other: Speaker, today: date) -> str:
    """Return why two speakers can't become one, "" if they can.

    A merge never lets a voice be used that couldn't be used before.
    """
    if speaker.pk == other.pk:
        return "Choose another speaker."
    for each in (speaker, other):
        if each.withdrawing_since is not None:
            return f"{each.name} has withdrawn. Wait until all copies are erased."
    problems = find_speaker_obstacles([speaker.pk, other.pk], today)
    if len(problems) != 1:
        return ""
    blocked = speaker if speaker.pk in problems else other
    words = problems[blocked.pk]
    return f"{blocked.name}: {words} Merging would lift that, so record a new consent first."


def find_merge_warnings(speaker: Speaker, other: Speaker) -> list[str]:
    """Return how the consents of two speakers contradict each other if they are one person."""
    kinds = [
        set(each.consents.exclude(relation="").values_list("relation", "attested_by", "given_by"))
        for each in (speaker, other)
    ]
    found = []
    claims = [{who for relation, who, _ in rows if relation == _SELF} for rows in kinds]
    if len(claims[0] | claims[1]) > 1:
        found.append("Two people said that they are this speaker.")
    grown = [{relation == _GUARDIAN for relation, *_ in rows} for rows in kinds]
    if grown[0] and grown[1] and grown[0] != grown[1]:
        found.append("A guardian agreed for one of them, and the other agreed themselves.")
    return found


def find_split_obstacle(speaker: Speaker, moved: QuerySet[CloneBatch], folded: str) -> str:
    """Return why these requests can't go to a new speaker, "" if they can."""
    stays = CloneBatch.objects.filter(speaker=speaker).exclude(pk__in=moved.values("pk"))
    if speaker.withdrawing_since is not None:
        return f"{speaker.name} has withdrawn. Wait until all copies are erased."
    if not moved.exists() or not stays.exists():
        return "Choose some of the requests, but not all of them."
    same = Speaker.objects.filter(team=speaker.team, folded=folded)
    if same.exclude(pk=speaker.pk).exists():
        return "Another speaker has this name. Choose another one, and merge them afterward."
    if stays.filter(consent__in=moved.values("consent")).exists():
        return "Requests under the same consent belong together. Choose all of them."
    shared = Sample.objects.filter(sources__batch__in=moved.values("pk"))
    sample = shared.filter(sources__batch__in=stays.values("pk")).first()
    if sample is not None:
        return f"{sample.filename} was used for requests on both sides. Choose all of them."
    return ""


def find_arrangeable(user: User, speaker: Speaker) -> list[Speaker]:
    """Return the speakers that could be the same person, by name, similar names first."""
    rows = Speaker.objects.visible_to(user).filter(team=speaker.team).exclude(pk=speaker.pk)
    found = list(rows.order_by("folded", "pk")[:_SHOWN_SPEAKERS])
    first = speaker.folded.split(" ")[0]
    return sorted(found, key=lambda each: first not in each.folded.split(" "))


def find_batches(user: User, speaker: Speaker) -> list[CloneBatch]:
    """Return the speaker's clone requests with their jobs and samples, newest first."""
    jobs = CloneJob.objects.visible_to(user).filter(batch__speaker=speaker)
    rows = CloneBatch.objects.filter(pk__in=jobs.values("batch")).select_related("consent")
    return list(rows.prefetch_related("jobs__account", "sources__sample").order_by("-asked_at"))


def find_erasing_obstacle(sample: Sample) -> str:
    """Return why a recording can't be deleted now, "" if it can."""
    if sample.erased_at is not None:
        return "It was deleted before."
    made = CloneJob.objects.filter(batch__sources__sample__in=[sample.pk])
    made |= CloneJob.objects.filter(batch__sources__sample__original=sample)
    if made.active().exists():
        return "A clone is being made from it. Wait until it has ended, or cancel it."
    held = Protection.objects.filter(kind=Protection.Kind.HOLD, voice__clone_jobs__in=made)
    found = held.select_related("set_by").first()
    return f"A clone made from it is on legal hold by {found.set_by}." if found else ""


def find_made_from(user: User, sample: Sample) -> list[Voice]:
    """Return the voices made from a recording that their providers still have."""
    sources = Q(batch__sources__sample=sample) | Q(batch__sources__sample__original=sample)
    jobs = CloneJob.objects.visible_to(user).filter(sources)
    rows = Voice.objects.present().filter(clone_jobs__in=jobs.values("pk"))
    return list(rows.select_related("account").distinct().order_by("sort_name", "pk"))


def find_made_under(user: User, consent: Consent) -> list[Voice]:
    """Return the voices made under a consent that their providers still have."""
    jobs = CloneJob.objects.visible_to(user).filter(batch__consent=consent)
    rows = Voice.objects.present().filter(clone_jobs__in=jobs.values("pk"))
    return list(rows.select_related("account").distinct().order_by("sort_name", "pk"))


def get_consent(user: User, speaker_id: int, consent_id: int) -> Consent:
    """Return a consent of a speaker that the user can see; raises Consent.DoesNotExist."""
    speakers = Speaker.objects.visible_to(user).filter(pk=speaker_id)
    rows = Consent.objects.select_related("speaker__team", "attested_by")
    return rows.get(pk=consent_id, speaker__in=speakers)
