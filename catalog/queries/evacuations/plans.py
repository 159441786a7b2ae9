"""A replacement plan's page: the proposals, choices, and places of each voice."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count
from django.urls import reverse

from catalog.audio.embeddings.nearest_neighbors import name_likeness
from catalog.models import (
    CloneJob,
    Evacuation,
    EvacuationChange,
    EvacuationLine,
    ProviderAccount,
    Team,
    User,
    Voice,
)
from catalog.queries.clones import CloneTarget
from catalog.queries.evacuations.targets import (
    TargetSum,
    choose_target,
    find_move_targets,
    sum_targets,
)
from catalog.queries.voices.references import VoicePlace, find_places

PAGE_SIZE = 50
_SHOWN_PLANS = 50
State, Choice = EvacuationLine.State, EvacuationLine.Choice
STATUSES = {
    "open": "Not decided",
    "clone": "To be cloned",
    "running": "Being cloned",
    "failed": "Failed",
    "ready": "Ready to replace",
    "leave": "Left as it is",
    "replaced": "Replaced",
}
_MOODS = {"running": "run", "failed": "fail", "ready": "done", "replaced": "done", "leave": "off"}
_KINDS = {
    "collection": ("collection", "collections"),
    "selection": ("selection", "selections"),
    "search": ("saved search", "saved searches"),
    "tag": ("tag", "tags"),
    "note": ("note", "notes"),
    "rating": ("rating", "ratings"),
    "star": ("star", "stars"),
}
COPIES = {
    "tag": "Tags",
    "note": "Notes",
    "rating": "Ratings",
    "star": "Everyone's stars",
}


@dataclass(frozen=True, slots=True)
class ShownCandidate:
    """A proposed voice with why it is proposed, as text."""

    voice: Voice
    score: float | None
    reason: str

    @property
    def words(self) -> str:
        """Why it is proposed."""
        if self.reason == "speaker":
            return "Same speaker"
        return "Similar labels" if self.score is None else name_likeness(self.score)


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of the plan with its proposals, and the places that name its voice."""

    line: EvacuationLine
    status: str
    candidates: list[ShownCandidate]
    target: CloneTarget | None
    places: list[VoicePlace]
    changed: list[tuple[str, int]] = field(default_factory=list)

    @property
    def status_words(self) -> str:
        """The status as text."""
        return STATUSES[self.status]

    @property
    def mood(self) -> str:
        """The status as one word for its style."""
        return _MOODS.get(self.status, "wait")

    @property
    def is_other(self) -> bool:
        """Return whether a voice was chosen that isn't among the proposals."""
        proposed = {each.voice.pk for each in self.candidates}
        return self.line.replacement_id is not None and self.line.replacement_id not in proposed

    @property
    def is_left(self) -> bool:
        """Return whether the voice stays as it is."""
        return self.line.choice == Choice.LEAVE

    @property
    def compare_ids(self) -> str:
        """The voice and its proposals that can speak, for the address of a comparison."""
        voices = [self.line.voice, *(each.voice for each in self.candidates)]
        able = [str(voice.pk) for voice in voices if voice.can_speak]
        return ",".join(able) if len(able) > 1 else ""

    @property
    def place_words(self) -> list[str]:
        """The places that a replacement changes; private ones are counted without a name."""
        named = [f"{_KINDS[p.kind][0]} {p.name}".capitalize() for p in self.places if p.name]
        counts = Counter(place.kind for place in self.places if not place.name)
        return named + [
            f"{count} private {_KINDS[kind][count > 1]} of other people"
            for kind, count in counts.items()
        ]

    @property
    def changed_words(self) -> str:
        """What was changed, as text."""
        said = [f"{count} {_KINDS[kind][count > 1]}" for kind, count in self.changed]
        return ", ".join(said) or "nowhere, because nothing named it"


@dataclass(frozen=True, slots=True)
class EvacuationPage:
    """One page of a plan; the counts cover all pages."""

    plan: Evacuation
    lines: list[ShownLine]
    counts: Counter[str]
    sums: list[TargetSum]
    targets: list[CloneTarget]
    page: int
    page_count: int
    show: str
    hidden_count: int

    @property
    def count(self) -> int:
        """The number of voices that the user can see."""
        return self.counts.total()

    @property
    def path(self) -> str:
        """The URL of the plan."""
        return reverse("catalog:evacuation-detail", args=[self.plan.pk])

    @property
    def query(self) -> str:
        """The query string without the page, up to where it goes."""
        return f"?{urlencode({'show': self.show})}&" if self.show else "?"

    @property
    def address(self) -> str:
        """The URL of this page of the plan."""
        return f"{self.path}{self.query}page={self.page}"

    @property
    def shows(self) -> list[tuple[str, str, int]]:
        """For each status in the plan: the URL that shows only it, its label, and its count."""
        return [
            (f"{self.path}?show={name}", label, self.counts[name])
            for name, label in STATUSES.items()
            if self.counts[name]
        ]

    @property
    def show_label(self) -> str:
        """The label of the status that is shown, "" for all."""
        return STATUSES.get(self.show, "")

    @property
    def is_running(self) -> bool:
        """Return whether workers still make clones."""
        return self.plan.is_starting or self.counts["running"] > 0

    @property
    def clone_count(self) -> int:
        """How many clones are still to be started."""
        return self.counts["clone"]

    @property
    def lacks_slots(self) -> bool:
        """Return whether an account has too few free slots."""
        return any(each.lacking_count for each in self.sums)


def find_evacuations(user: User) -> list[Evacuation]:
    """Return the latest replacement plans of the user's team, with their number of voices."""
    rows = Evacuation.objects.visible_to(user).select_related("made_by", "account")
    return list(rows.annotate(voice_count=Count("lines")).order_by("-created_at")[:_SHOWN_PLANS])


def find_open_evacuation(user: User, voice: Voice) -> Evacuation | None:
    """Return the newest open plan that replaces the voice."""
    rows = Evacuation.objects.visible_to(user).filter(
        lines__voice=voice, state__in=Evacuation.OPEN_STATES
    )
    return rows.order_by("-created_at").first()


def find_successor(user: User, voice: Voice) -> Voice | None:
    """Return the voice that replaced this one, if the user can see it."""
    lines = EvacuationLine.objects.filter(voice=voice, state=State.REPLACED)
    chosen = lines.order_by("-evacuation__approved_at").values_list("replacement", flat=True)
    pk = chosen.first()
    rows = Voice.objects.visible_to(user).select_related("account")
    return rows.filter(pk=pk).first() if pk else None


def get_evacuation_page(
    user: User, plan_id: UUID, now: datetime, page: int = 1, show: str = ""
) -> EvacuationPage:
    """Return a page of a plan; raises Evacuation.DoesNotExist if the user can't see it.

    The number of queries doesn't depend on the number of voices.
    """
    rows = Evacuation.objects.visible_to(user).select_related(
        "team", "account", "made_by", "started_by", "approved_by", "undone_by", "canceled_by"
    )
    plan = rows.get(pk=plan_id)
    seen = plan.lines.filter(voice__in=Voice.objects.visible_to(user).values("pk"))
    statuses = _find_statuses(plan, seen.order_by("position"))
    wanted = [pk for pk, status in statuses.items() if not show or status == show]
    pages = Paginator(wanted, PAGE_SIZE)
    shown = pages.get_page(page)
    targets = find_move_targets(user) if plan.is_open else []
    asked = seen.filter(choice=Choice.CLONE, batch=None).order_by()
    return EvacuationPage(
        plan=plan,
        lines=_show_lines(user, plan, list(shown.object_list), statuses, targets, now),
        counts=Counter(statuses.values()),
        sums=sum_targets(targets, asked.values_list("credential").annotate(number=Count("pk"))),
        targets=[target for target in targets if target.is_open],
        page=shown.number,
        page_count=pages.num_pages,
        show=show,
        hidden_count=plan.lines.count() - len(statuses),
    )


def _find_statuses(plan: Evacuation, lines: Iterable[EvacuationLine]) -> dict[UUID, str]:
    """Return the status of each line, from a few columns of all of them."""
    states: dict[UUID | None, set[str]] = defaultdict(set)
    jobs = CloneJob.objects.filter(batch__evacuation_line__evacuation=plan)
    for batch, state in jobs.values_list("batch", "state"):
        states[batch].add(state)
    return {line.pk: _judge(line, states.get(line.batch_id, set())) for line in lines}


def _judge(line: EvacuationLine, jobs: set[str]) -> str:
    if line.state in {State.REPLACED, State.FAILED}:
        return str(line.state)
    if line.choice != Choice.CLONE:
        is_lost = line.choice == Choice.VOICE and line.replacement_id is None
        names = {Choice.OPEN: "open", Choice.VOICE: "ready", Choice.LEAVE: "leave"}
        return "open" if is_lost else names[Choice(line.choice)]
    if line.batch_id is None:
        return "running" if line.state == State.QUEUED else "clone"
    if CloneJob.State.READY in jobs:
        return "ready"
    return "running" if jobs & set(CloneJob.ACTIVE_STATES) else "failed"


def _show_lines(
    user: User,
    plan: Evacuation,
    ids: list[UUID],
    statuses: dict[UUID, str],
    targets: list[CloneTarget],
    now: datetime,
) -> list[ShownLine]:
    rows = plan.lines.filter(pk__in=ids).select_related(
        "voice__account", "voice__clip", "job", "credential__account", "credential__owner",
        "replacement__account", "replacement__clip", "batch",
    ).prefetch_related("batch__jobs__voice__account", "batch__jobs__voice__clip")  # fmt: skip
    lines = list(rows.order_by("position"))
    proposed = {each["id"] for line in lines for each in line.candidates}
    seen = Voice.objects.visible_to(user).present().filter(pk__in=proposed)
    voices = {voice.pk: voice for voice in seen.select_related("account", "clip")}
    places, changes = _find_uses(user, plan.team, lines, now)
    by_key = {target.credential.pk: target for target in targets}
    default = choose_target(targets, [line.voice for line in lines]) if targets else None
    shown = []
    for line in lines:
        key = line.credential_id or (default.pk if default else None)
        shown.append(
            ShownLine(
                line=line,
                status=statuses[line.pk],
                candidates=[
                    ShownCandidate(voices[each["id"]], each["score"], each["reason"])
                    for each in line.candidates
                    if each["id"] in voices
                ],
                target=by_key.get(key) if key and not line.obstacle else None,
                places=places[line.voice_id],
                changed=changes[line.pk],
            )
        )
    return shown


def _find_uses(
    user: User, team: Team, lines: list[EvacuationLine], now: datetime
) -> tuple[dict[int, list[VoicePlace]], dict[UUID, list[tuple[str, int]]]]:
    places: dict[int, list[VoicePlace]] = defaultdict(list)
    for place in find_places(user, team, [line.voice_id for line in lines], now):
        places[place.voice_id].append(place)
    changes: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    rows = EvacuationChange.objects.filter(line__in=[line.pk for line in lines]).order_by("line")
    for line_id, kind, count in rows.values_list("line", "kind").annotate(number=Count("pk")):
        changes[line_id].append((kind, count))
    return places, changes


def find_affected(
    user: User, *, provider: str = "", account: ProviderAccount | None = None
) -> list[int]:
    """Return the voices that matter when a provider or an account ends.

    These are the team's own, and those that are starred, used, compared, or in a collection.
    """
    rows = Voice.objects.visible_to(user).present()
    rows = rows.filter(account=account) if account else rows.filter(provider=provider)
    found = set(rows.filter(is_owned=True, kind__in=Voice.OWN_KINDS).values_list("pk", flat=True))
    for way in ("stars", "use", "comparisons", "collection_entries"):
        found |= set(rows.filter(**{f"{way}__isnull": False}).values_list("pk", flat=True))
    return sorted(found)
