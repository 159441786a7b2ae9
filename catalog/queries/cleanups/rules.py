"""The rules that find stale voices; each states its evidence."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.core.locales import say_day
from catalog.models import (
    CleanupRules,
    CloneJob,
    Installation,
    Keep,
    Membership,
    PlannedDeletion,
    Protection,
    Team,
    Voice,
)
from catalog.models.voices.voices import VoiceQuerySet
from catalog.queries.usage import LastUsage, find_last_uses

RULES = {
    "unused": "No recent use",
    "failed": "Failed",
    "unconsented": "No consent",
    "lapsed": "Consent expired",
    "ownerless": "Owner left",
    "duplicate": "Duplicate sample",
    "unheard": "Never played",
    "expiry": "Expires soon",
    "unknown": "Old, no known use",
}

# While the rule is off, this many days without use still count as known to be unused.
_USUAL_DAYS = 90


@dataclass(frozen=True, slots=True)
class StaleReason:
    """Why a voice is stale: the rule and its evidence."""

    rule: str
    words: str

    @property
    def label(self) -> str:
        """The name of the rule."""
        return RULES[self.rule]


@dataclass(frozen=True, slots=True)
class StaleFacts:
    """What the rules need to know, read once for all voices."""

    voices: list[Voice]
    jobs: dict[int, CloneJob]
    uses: dict[int, LastUsage]
    members: set[int]
    protected: set[int]
    planned: set[int]
    kept: dict[int, Keep]
    twins: dict[int, Voice]
    noted_since: datetime

    def use_of(self, voice: Voice) -> LastUsage:
        """Return the last use; a failed voice is known to have none."""
        use = self.uses[voice.pk]
        return LastUsage(has_failed=True) if voice.is_failed and use.at is None else use


def gather_facts(team: Team, rows: VoiceQuerySet, now: datetime) -> StaleFacts:
    """Read what the rules need for these voices of a team."""
    keeps = Keep.objects.active(now).filter(voice__account__team=team)
    loaded = rows.select_related(
        "account__last_owner", "key_set__last_owner", "responsible"
    ).order_by("sort_name", "pk")
    voices = [voice for voice in loaded if voice.is_removable]
    uses = find_last_uses(voices)
    jobs = _find_makers(voices)
    return StaleFacts(
        voices=voices,
        jobs=jobs,
        uses=uses,
        members=set(Membership.everyone.filter(team=team).values_list("user", flat=True)),
        protected=set(
            Protection.objects.filter(voice__account__team=team).values_list("voice", flat=True)
        ),
        planned=set(
            PlannedDeletion.objects.unfinished()
            .filter(plan__team=team)
            .values_list("voice", flat=True)
        ),
        kept={keep.voice_id: keep for keep in keeps.select_related("kept_by")},
        twins=_find_twins(voices, jobs, uses),
        noted_since=Installation.objects.values_list("uses_since", flat=True).get(),
    )


def _find_makers(voices: list[Voice]) -> dict[int, CloneJob]:
    jobs = CloneJob.objects.filter(voice__in=[voice.pk for voice in voices])
    loaded = jobs.select_related("requested_by", "kept_by", "batch__consent__speaker")
    rows = loaded.prefetch_related("batch__sources__sample").order_by("created_at", "pk")
    return {job.voice_id: job for job in rows if job.voice_id}


def _find_twins(
    voices: list[Voice], jobs: dict[int, CloneJob], uses: dict[int, LastUsage]
) -> dict[int, Voice]:
    """Map each redundant voice to the one to keep from the same recordings and account."""
    groups: dict[tuple[int, frozenset[str]], list[Voice]] = defaultdict(list)
    for voice in voices:
        job = jobs.get(voice.pk)
        if job is not None and not voice.is_failed:
            sounds = frozenset(source.sample.sha256 for source in job.batch.sources.all())
            groups[voice.account_id, sounds].append(voice)

    def worth(voice: Voice) -> tuple[float, float, int]:
        used = uses[voice.pk].at
        return (used.timestamp() if used else 0.0, _made_at(voice).timestamp(), voice.pk)

    twins: dict[int, Voice] = {}
    for group in groups.values():
        best = max(group, key=worth)
        twins |= {voice.pk: best for voice in group if voice.pk != best.pk}
    return twins


def judge(voice: Voice, facts: StaleFacts, rules: CleanupRules, now: datetime) -> list[StaleReason]:
    """Return every reason why the voice is stale."""
    found = ((rule, look(voice, facts, rules, now)) for rule, look in _LOOKS.items())
    return [StaleReason(rule, words) for rule, words in found if words]


def _made_at(voice: Voice) -> datetime:
    return voice.remote_created_at or voice.added_at


def idle_since(rules: CleanupRules, now: datetime) -> datetime:
    """Return the time since which a voice without use counts as unused."""
    return now - timedelta(days=_USUAL_DAYS if rules.unused_days is None else rules.unused_days)


def _look_unused(voice: Voice, facts: StaleFacts, rules: CleanupRules, now: datetime) -> str:
    use, before = facts.uses[voice.pk], idle_since(rules, now)
    last = use.at or use.silent_since
    if rules.unused_days is None or last is None or max(last, _made_at(voice)) > before:
        return ""
    label = voice.account.info.label
    if use.at is None:
        return f"{label}'s history shows no use since {say_day(last)}."
    words = f"Last {use.way} on {say_day(last)}, {(now - last).days} days ago."
    return words if use.silent_since else f"{words} {label} doesn't report use elsewhere."


def _look_unknown(voice: Voice, facts: StaleFacts, rules: CleanupRules, now: datetime) -> str:
    before = idle_since(rules, now)
    if rules.unused_days is None or facts.use_of(voice).is_known_since(before):
        return ""
    if _made_at(voice) > before:
        return ""
    label = voice.account.info.label
    if since := facts.use_of(voice).silent_since:
        return f"Not used in Voiceboard. {label} reports usage only since {say_day(since)}."
    return f"Not used in Voiceboard, and {label} doesn't report usage."


def _look_failed(voice: Voice, facts: StaleFacts, rules: CleanupRules, now: datetime) -> str:
    if not rules.finds_failed or not voice.is_failed:
        return ""
    return f"{voice.account.info.label} reports that it failed."


def _look_unconsented(voice: Voice, facts: StaleFacts, rules: CleanupRules, now: datetime) -> str:
    is_copy = voice.kind in {Voice.Kind.CLONE, Voice.Kind.PROFESSIONAL}
    if not rules.finds_unconsented or not is_copy or voice.pk in facts.jobs:
        return ""
    return "This voice wasn't cloned in Voiceboard, so no consent is on record."


def _look_lapsed(voice: Voice, facts: StaleFacts, rules: CleanupRules, now: datetime) -> str:
    job = facts.jobs.get(voice.pk)
    if not rules.finds_lapsed or job is None or not job.batch.consent.has_ended(now.date()):
        return ""
    consent = job.batch.consent
    return f"The consent of {consent.speaker.name} expired on {say_day(consent.ends_on)}."


def _look_ownerless(voice: Voice, facts: StaleFacts, rules: CleanupRules, now: datetime) -> str:
    job = facts.jobs.get(voice.pk)
    if not rules.finds_ownerless or job is None or job.requested_by_id in facts.members:
        return ""
    new_owner = f" {job.kept_by} is responsible for it now." if job.kept_by else ""
    return f"{job.requested_by}, who cloned it, left the team.{new_owner}"


def _look_duplicate(voice: Voice, facts: StaleFacts, rules: CleanupRules, now: datetime) -> str:
    twin = facts.twins.get(voice.pk)
    if not rules.finds_duplicates or twin is None:
        return ""
    return f"Cloned from the same recording as {twin.shown_name} in the same account."


def _check_unplayed(voice: Voice, facts: StaleFacts, rules: CleanupRules, now: datetime) -> str:
    if rules.unheard_days is None or facts.uses[voice.pk].at is not None:
        return ""
    since = max(voice.added_at, facts.noted_since)
    if since > now - timedelta(days=rules.unheard_days):
        return ""
    return f"Not played or used here since {say_day(since)}."


def _look_expiry(voice: Voice, facts: StaleFacts, rules: CleanupRules, now: datetime) -> str:
    if rules.expiry_days is None or voice.ends_at is None:
        return ""
    if voice.ends_at > now + timedelta(days=rules.expiry_days):
        return ""
    label, days = voice.account.info.label, max(0, (voice.ends_at.date() - now.date()).days)
    left = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
    return f"{label} withdraws it on {say_day(voice.ends_at)}, {left}."


_LOOKS: dict[str, Callable[[Voice, StaleFacts, CleanupRules, datetime], str]] = {
    "unused": _look_unused,
    "failed": _look_failed,
    "unconsented": _look_unconsented,
    "lapsed": _look_lapsed,
    "ownerless": _look_ownerless,
    "duplicate": _look_duplicate,
    "unheard": _check_unplayed,
    "expiry": _look_expiry,
    "unknown": _look_unknown,
}
