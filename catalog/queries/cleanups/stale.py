"""The stale voices of a team, each with the reasons."""

from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q

from catalog.models import (
    CleanupRules,
    CloneJob,
    Keep,
    KeySet,
    ProviderAccount,
    Sample,
    Team,
    User,
    Voice,
)
from catalog.models.cleanups.keeps import responsible_for
from catalog.models.cleanups.rules import rules_of
from catalog.models.voices.voices import VoiceQuerySet
from catalog.queries.cleanups.rules import (
    RULES,
    StaleFacts,
    StaleReason,
    gather_facts,
    idle_since,
    judge,
)
from catalog.queries.usage import LastUsage

PAGE_SIZE = 100
_SHOWN_ARCHIVED = 200
SECTIONS = {
    "": "Unused",
    "failed": "Failed",
    "unknown": "Usage unknown",
    "other": "Other reasons",
    "planned": "In a plan",
    "kept": "Kept for now",
    "protected": "Protected",
    "all": "All available",
}
MEANINGS = {
    "": "Known to be unused for as long as the rules say. They are selected for you.",
    "failed": "They failed at their provider and can't speak.",
    "unknown": "They match a rule, but no one reports whether they're used. They may be in use.",
    "other": "They aren't known to be unused, but match another rule, such as a missing consent.",
    "planned": "They are in a plan that isn't finished.",
    "kept": "Their owners keep them until a certain day.",
    "protected": "They are pinned or on legal hold. No plan includes them.",
    "all": "Every clone that a plan can include, even if it matches no rule.",
}
# Voices in these sections can't enter a plan.
_APART = {"planned", "kept", "protected"}
_DEFERRED = ("search_text", "details", "raw_labels", "label_words", "name_words", "team_text")


@dataclass(frozen=True, slots=True)
class Stale:
    """A voice, the rules it matches with their evidence, and who is responsible for it."""

    voice: Voice
    reasons: list[StaleReason]
    use: LastUsage
    is_known: bool
    responsible: User | None
    is_protected: bool
    is_planned: bool
    keep: Keep | None = None
    job: CloneJob | None = field(default=None, repr=False)

    @property
    def is_free(self) -> bool:
        """Return whether a plan may delete it: not protected, not kept, in no other plan."""
        return not self.is_protected and not self.is_planned and not self.is_kept

    @property
    def is_kept(self) -> bool:
        """Return whether it is kept; protection and a current plan take precedence."""
        return self.keep is not None and not self.is_protected and not self.is_planned

    @property
    def part(self) -> str:
        """The section that lists the voice; each voice is in exactly one."""
        if self.is_protected or self.is_planned:
            return "protected" if self.is_protected else "planned"
        rules = {reason.rule for reason in self.reasons}
        if self.is_kept or not rules:
            return "kept" if self.is_kept else "rest"
        if "failed" in rules:
            return "failed"
        if "unused" in rules:
            return "unused"
        return "other" if self.is_known else "unknown"


@dataclass(frozen=True, slots=True)
class StaleList:
    """Everything that could be deleted, in disjoint sections, and what is excluded.

    ``unused`` voices are known to be unused, ``unknown`` ones have no known use, ``other`` ones
    match other rules, and ``rest`` matches no rule but can still be chosen.
    """

    unused: list[Stale]
    failed: list[Stale]
    unknown: list[Stale]
    other: list[Stale]
    planned: list[Stale]
    kept: list[Stale]
    protected: list[Stale]
    rest: list[Stale]

    @property
    def open(self) -> list[Stale]:
        """All voices that match a rule and may enter a plan, unused ones first."""
        return [*self.unused, *self.failed, *self.unknown, *self.other]

    @property
    def everything(self) -> list[Stale]:
        """All voices that may enter a plan, longest unused first."""
        return sorted([*self.open, *self.rest], key=_longest_unused_first)

    def count_by_rule(self) -> dict[str, int]:
        """Return the number of voices for each rule that matches any."""
        found = [reason.rule for stale in self.open for reason in stale.reasons]
        return {rule: found.count(rule) for rule in RULES if rule in found}

    def section(self, name: str) -> list[Stale]:
        """Return one section of the list."""
        parts = {
            "failed": self.failed,
            "unknown": self.unknown,
            "other": self.other,
            "planned": self.planned,
            "kept": self.kept,
            "protected": self.protected,
            "all": self.everything,
        }
        return parts.get(name, self.unused)


@dataclass(frozen=True, slots=True)
class StalePage:
    """One page of a section; counts cover all pages.

    ``kept_ids`` match the same rule and provider; a plan lists them as kept.
    """

    section: str
    rule: str
    provider: str
    rule_label: str
    provider_label: str
    shown: list[Stale]
    all_ids: list[int]
    kept_ids: list[int]
    sections: list[tuple[str, str, int]]
    rules: list[tuple[str, str, int]]
    providers: list[tuple[str, str, int]]
    page: int
    page_count: int

    @property
    def count(self) -> int:
        """The number of voices on all pages."""
        return len(self.all_ids)

    @property
    def meaning(self) -> str:
        """What the voices of the section have in common."""
        return MEANINGS[self.section]

    @property
    def query(self) -> str:
        """The query string without the page."""
        return self.query_with()

    @property
    def without_rule(self) -> str:
        """The query string for any rule."""
        return self.query_with(rule="")

    @property
    def without_provider(self) -> str:
        """The query string for any provider."""
        return self.query_with(provider="")

    @property
    def rule_links(self) -> list[tuple[str, str, int]]:
        """For each rule with matches: the URL that shows them, the label, and the count."""
        return [
            (f"?{self.query_with(rule=name)}", label, count) for name, label, count in self.rules
        ]

    @property
    def provider_links(self) -> list[tuple[str, str, int]]:
        """For each provider with matches: the URL that shows them, the label, and the count."""
        rows = self.providers
        return [(f"?{self.query_with(provider=slug)}", label, count) for slug, label, count in rows]

    @property
    def is_choosable(self) -> bool:
        """Return whether these voices may enter a plan."""
        return self.section not in _APART

    @property
    def is_ticked(self) -> bool:
        """Return whether the voices are selected by default."""
        return self.section == ""

    def query_with(self, **changes: str) -> str:
        """Return the query string with the given changes."""
        asked = {"show": self.section, "rule": self.rule, "provider": self.provider, **changes}
        return urlencode({name: word for name, word in asked.items() if word})


def find_own_voices(team: Team, user: User | None = None) -> VoiceQuerySet:
    """Return the deletable voices of the team's accounts: shared ones, and the user's own."""
    seen = Q(is_shared=True)
    if user is not None:
        seen |= Q(last_owner=user) | Q(credentials__owner=user)
    here = ProviderAccount.objects.filter(team=team, provider__in=settings.PROVIDER_BASE_URLS)
    accounts = here.filter(seen).values("pk")
    listed = KeySet.objects.filter(is_shared=True)
    if user is not None:
        listed = KeySet.objects.visible_to(user)
    voices = Voice.objects.filter(account__in=accounts).deletable()
    return voices.filter(Q(key_set=None) | Q(key_set__in=listed.values("pk")))


def find_stale(
    team: Team, rules: CleanupRules, now: datetime, *, user: User | None = None
) -> StaleList:
    """Return all deletable voices by section, longest unused first."""
    facts = gather_facts(team, find_own_voices(team, user).defer(*_DEFERRED), now)
    before = idle_since(rules, now)
    found = [
        _describe(voice, judge(voice, facts, rules, now), facts, before) for voice in facts.voices
    ]
    found.sort(key=_longest_unused_first)
    parts: dict[str, list[Stale]] = {each.name: [] for each in fields(StaleList)}
    for stale in found:
        parts[stale.part].append(stale)
    return StaleList(**parts)


def get_stale_page(
    user: User,
    team: Team,
    now: datetime,
    *,
    section: str = "",
    rule: str = "",
    provider: str = "",
    page: int = 1,
) -> StalePage:
    """Return one page of a section, filtered by rule and provider."""
    found = find_stale(team, rules_of(team), now, user=user)
    part = found.section(section)
    rules = Counter(reason.rule for stale in part for reason in stale.reasons)
    providers = Counter(stale.voice.provider for stale in part)
    labels = {stale.voice.provider: stale.voice.info.label for stale in part}
    fitting = [stale for stale in part if _fits(stale, rule, provider)]
    page_count = max(1, -(-len(fitting) // PAGE_SIZE))
    page = min(max(1, page), page_count)
    return StalePage(
        section=section,
        rule=rule,
        provider=provider,
        rule_label=RULES.get(rule, ""),
        provider_label=labels.get(provider, provider),
        shown=fitting[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        all_ids=[stale.voice.pk for stale in fitting],
        kept_ids=[
            stale.voice.pk for stale in found.kept if stale.reasons and _fits(stale, rule, provider)
        ],
        sections=[(name, words, len(found.section(name))) for name, words in SECTIONS.items()],
        rules=[(name, words, rules[name]) for name, words in RULES.items() if rules[name]],
        providers=[(slug, labels[slug], providers[slug]) for slug in sorted(providers)],
        page=page,
        page_count=page_count,
    )


def _fits(stale: Stale, rule: str, provider: str) -> bool:
    is_of = not provider or stale.voice.provider == provider
    return is_of and (not rule or rule in {reason.rule for reason in stale.reasons})


def describe_voices(
    team: Team, rules: CleanupRules, now: datetime, voice_ids: list[int], user: User | None = None
) -> list[Stale]:
    """Return the voices in this order with their reasons, even those that match no rule."""
    facts = gather_facts(team, find_own_voices(team, user).defer(*_DEFERRED), now)
    voices = {voice.pk: voice for voice in facts.voices}
    chosen = [voices[pk] for pk in dict.fromkeys(voice_ids) if pk in voices]
    before = idle_since(rules, now)
    return [_describe(voice, judge(voice, facts, rules, now), facts, before) for voice in chosen]


def find_reasons(team: Team, rules: CleanupRules, now: datetime, voice: Voice) -> list[StaleReason]:
    """Return why this voice is stale now, [] if it is not."""
    sounds = Sample.objects.filter(sources__batch__jobs__voice=voice).values("sha256")
    alike = CloneJob.objects.filter(batch__sources__sample__sha256__in=sounds, team=team)
    rows = Voice.objects.filter(account=voice.account_id).filter(
        Q(pk=voice.pk) | Q(pk__in=alike.values("voice"))
    )
    facts = gather_facts(team, rows.deletable().defer(*_DEFERRED), now)
    found = [each for each in facts.voices if each.pk == voice.pk]
    return judge(found[0], facts, rules, now) if found else []


def _describe(
    voice: Voice, reasons: list[StaleReason], facts: StaleFacts, before: datetime
) -> Stale:
    job = facts.jobs.get(voice.pk)
    return Stale(
        voice=voice,
        reasons=reasons,
        use=facts.use_of(voice),
        is_known=facts.use_of(voice).is_known_since(before),
        responsible=responsible_for(voice, job),
        is_protected=voice.pk in facts.protected,
        is_planned=voice.pk in facts.planned,
        keep=facts.kept.get(voice.pk),
        job=job,
    )


def _longest_unused_first(stale: Stale) -> tuple[bool, float, str, int]:
    at = stale.use.at or stale.use.silent_since
    if stale.use.has_failed:
        return False, 0.0, stale.voice.sort_name, stale.voice.pk
    return at is None, at.timestamp() if at else 0.0, stale.voice.sort_name, stale.voice.pk


def find_archived_voices(user: User) -> list[Voice]:
    """Return the voices that the user's team has archived."""
    rows = Voice.objects.visible_to(user).present().archived().select_related("account")
    return list(rows.order_by("sort_name", "pk")[:_SHOWN_ARCHIVED])
