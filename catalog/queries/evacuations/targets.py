"""Whether a voice's own samples can be cloned again, and what the accounts can take."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from catalog.core.locales import say_day
from catalog.models import (
    CloneJob,
    Consent,
    Credential,
    EndNotice,
    EvacuationLine,
    Team,
    User,
    Voice,
)
from catalog.providers.types import ProviderInfo, Transcript
from catalog.queries.clones import CloneTarget, find_clone_targets
from catalog.queries.speakers import find_speaker_obstacles


@dataclass(frozen=True, slots=True)
class LineChoice:
    """What takes a voice's place; ``credential`` clones it, and ``voice`` is another voice."""

    choice: str
    credential: Credential | None = None
    voice: Voice | None = None


_OF_JOB = ("account", "batch__consent__attested_by", "batch__speaker")


def find_makers(user: User, voice_ids: Collection[int]) -> dict[int, CloneJob]:
    """Return the job that made each voice, with its samples and its consent."""
    jobs = CloneJob.objects.visible_to(user).filter(voice__in=list(voice_ids))
    rows = jobs.select_related(*_OF_JOB).prefetch_related("batch__sources__sample")
    return {job.voice_id: job for job in rows.order_by("created_at", "pk") if job.voice_id}


class CarriedConsents:
    """Which consent covers a clone that is made again, for many jobs with a few queries."""

    def __init__(self, jobs: Iterable[CloneJob], today: date) -> None:
        speakers = {job.batch.speaker_id for job in jobs}
        rows = Consent.objects.in_force(today).filter(speaker__in=speakers)
        self._newest = {
            row.speaker_id: row
            for row in rows.select_related("speaker__team").order_by("attested_at", "pk")
        }
        self._obstacles = find_speaker_obstacles(speakers, today)
        self._today = today

    def find(self, job: CloneJob) -> tuple[Consent | None, str]:
        """Return the consent that is carried over, or None and why there is none.

        It's the one that the clone was made under, or the speaker's newest if that one has ended.
        """
        speaker = job.batch.speaker_id
        newest, own = self._newest.get(speaker), job.batch.consent
        if speaker in self._obstacles or newest is None:
            return None, self._obstacles.get(speaker, "The speaker's consent isn't recorded.")
        if own.withdrawn_at is not None or own.has_ended(self._today):
            return newest, ""
        problem = _find_contradiction(own, newest)
        return (None, problem) if problem else (own, "")


def find_clone_obstacle(job: CloneJob | None, consents: CarriedConsents) -> str:
    """Return why a voice's samples can't be cloned again anywhere, "" if they can."""
    if job is None:
        return "It wasn't cloned in Voiceboard, so its samples and consent are unknown."
    sources = job.batch.sources.all()
    if not sources or any(not source.sample.path for source in sources):
        return "A recording that it was made from is gone. Upload one to clone it again."
    return consents.find(job)[1]


def _find_contradiction(consent: Consent, newest: Consent) -> str:
    """Return how the speaker's newest consent contradicts the one that the clone was made under."""
    if newest.pk == consent.pk:
        return ""
    day, guardian = say_day(newest.attested_at), Consent.Relation.GUARDIAN
    if (newest.relation == guardian) != (consent.relation == guardian):
        return f"The speaker's latest consent, of {day}, was given by someone else."
    same = (newest.allowed_use, newest.use_note) == (consent.allowed_use, consent.use_note)
    if not same and newest.allowed_use != Consent.Use.ANY:
        return f"The speaker's latest consent, of {day}, allows another use."
    return ""


def find_target_obstacle(job: CloneJob, voice: Voice, info: ProviderInfo) -> str:
    """Return why this provider can't take the clone, "" if it can."""
    if info.slug == voice.provider and job.account.provider == info.slug:
        return ""
    seconds = [source.seconds for source in job.batch.sources.all()]
    total = sum(each or 0 for each in seconds)
    if None not in seconds and total < info.min_sample_seconds:
        return f"{info.label} needs at least {info.min_sample_seconds:g} s, not {total:.1f} s."
    if info.needs_language and not (job.language or voice.language_name):
        return f"{info.label} needs the language of the sample, which isn't known."
    if info.needs_gender and not (job.gender or voice.gender in _GENDERS):
        return f"{info.label} needs the gender of the voice, which isn't known."
    if info.transcript is Transcript.NEEDED and not job.transcript:
        return f"{info.label} needs a transcript of the sample."
    return ""


_GENDERS = {Voice.Gender.FEMALE, Voice.Gender.MALE, Voice.Gender.NEUTRAL}


def list_wanted(job: CloneJob, voice: Voice, info: ProviderInfo) -> dict[str, object]:
    """Return what to request at another provider: the same, with what it needs besides."""
    gender = job.gender or (voice.gender if voice.gender in _GENDERS else "")
    known = voice.language.partition("-")[0] if voice.language_name else ""
    return {
        "name": job.name[: info.max_name_length],
        "description": job.description,
        "removes_noise": job.removes_noise and info.removes_noise,
        "language": job.language or known,
        "gender": gender,
        "transcript": job.transcript,
    }


@dataclass(frozen=True, slots=True)
class TargetSum:
    """How many clones of a plan go to one account, and whether it can take them."""

    target: CloneTarget
    count: int

    @property
    def lacking_count(self) -> int:
        """How many of the clones have no free slot, as far as known."""
        account = self.target.account
        left = account.slots_left if account is not None else None
        return 0 if left is None else max(0, self.count - left)

    @property
    def slot_words(self) -> str:
        """The slots before and after, as text."""
        account = self.target.account
        if account is None or account.slots_used is None or account.slots_limit is None:
            return "No slot limit known"
        after = account.slots_used + self.count
        return f"{account.slots_used} of {account.slots_limit} slots used, {after} afterwards"


def find_move_targets(user: User) -> list[CloneTarget]:
    """Return the keys to clone with again, without accounts whose end is announced."""
    notices = EndNotice.objects.active().filter(
        unused_days=None, voice=None, team__in=Team.objects.visible_to(user)
    )
    ending = set(notices.values_list("provider", "account"))
    return [
        target
        for target in find_clone_targets(user)
        if not {(target.info.slug, None), (target.info.slug, target.credential.account_id)} & ending
    ]


def sum_targets(
    targets: Iterable[CloneTarget], lines: Iterable[tuple[object, int]]
) -> list[TargetSum]:
    """Return how many clones each key would make; ``lines`` counts them by key."""
    counts = Counter(dict(lines))
    return [
        TargetSum(target, counts[target.credential.pk])
        for target in targets
        if counts[target.credential.pk]
    ]


def choose_target(targets: Iterable[CloneTarget], voices: Collection[Voice]) -> Credential | None:
    """Return the key to clone with by default: of another account, where most slots are free."""
    accounts = {voice.account_id for voice in voices}
    providers = {voice.provider for voice in voices}
    others = [
        target
        for target in targets
        if target.is_open
        and target.credential.account_id not in accounts
        and not target.info.is_built_in
    ]

    def rank(target: CloneTarget) -> tuple[bool, int]:
        left = target.account.slots_left if target.account is not None else None
        return target.info.slug in providers, -(10**6 if left is None else left)

    return min(others, key=rank).credential if others else None


def count_asked(lines: Iterable[EvacuationLine]) -> Counter[object]:
    """Return how many lines would be cloned with each key, by key."""
    return Counter(line.credential_id for line in lines if line.clones_again and not line.batch_id)
