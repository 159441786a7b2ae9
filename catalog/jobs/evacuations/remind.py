"""Remind people of voices that end soon, once for each end, and of plans whose clones are done."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from catalog.core.locales import say_day, say_number, storing
from catalog.jobs.notifications.send import notify
from catalog.jobs.notifications.syncs import find_concerned
from catalog.models import (
    CloneJob,
    EndReminder,
    Evacuation,
    Membership,
    Notification,
    Team,
    Voice,
)
from catalog.queries.evacuations.ends import (
    TeamEnds,
    VoiceEnd,
    has_end_date,
    list_ends,
    select_needed,
)

Event, Page = Notification.Event, Notification.Page
_BATCH = 500


def remind_of_ends(now: datetime) -> int:
    """Notify the owners of voices that end soon, or the admins; return how many voices."""
    return sum(_remind_team(team, now) for team in Team.objects.order_by("pk"))


@transaction.atomic
@storing()
def _remind_team(team: Team, now: datetime) -> int:
    # Two schedules at the same moment must not send the same reminder.
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    rows = select_needed(Voice.objects.filter(account__team=team).present().shown())
    soon = [
        pair for pair in list_ends(TeamEnds(team, now.date()), rows) if has_end_date(pair[1], now)
    ]
    sent = EndReminder.objects.filter(voice__in=[voice.pk for voice, _ in soon])
    known = set(sent.values_list("voice", "ends_on"))
    fresh = [(voice.pk, end) for voice, end in soon if (voice.pk, end.day) not in known]
    EndReminder.objects.bulk_create(
        [EndReminder(voice_id=pk, ends_on=end.day, sent_at=now) for pk, end in fresh if end.day],
        batch_size=_BATCH,
    )
    texts = {person: _say_ends(ends) for person, ends in _share_out(team, fresh).items()}
    notify(Event.END, texts, now, team=team, page=Page.EXPIRY)
    return len(fresh)


def _share_out(
    team: Team, fresh: list[tuple[int, VoiceEnd]]
) -> dict[int, list[tuple[int, VoiceEnd]]]:
    """Return the ends for each person: those whom the voice concerns, otherwise the admins."""
    ends = dict(fresh)
    voices = Voice.objects.filter(pk__in=ends).select_related("account__team", "key_set")
    shares = {
        person: [(voice.pk, ends[voice.pk]) for voice in found]
        for person, found in find_concerned(voices).items()
    }
    known = {pk for share in shares.values() for pk, _ in share}
    lost = [pair for pair in fresh if pair[0] not in known]
    for admin in Membership.objects.admins(team).values_list("user", flat=True) if lost else ():
        shares.setdefault(admin, []).extend(lost)
    return shares


def _say_ends(ends: list[tuple[int, VoiceEnd]]) -> str:
    first = min(end.day or date.max for _, end in ends)
    if len(ends) > 1:
        return (
            f"{say_number(len(ends))} of your voices end soon, the first on {say_day(first)}."
            " Plan their replacements."
        )
    pk, end = ends[0]
    voice = Voice.objects.get(pk=pk)
    name, label = voice.shown_name[:80], voice.info.label
    if end.unused_days:
        return (
            f"{label} deletes {name} on {say_day(first)} unless it's used before: it keeps unused"
            f" clones for {end.unused_days} days."
        )
    return f"{name} at {label} ends on {say_day(first)}. Plan a replacement."


def notify_of_clones(now: datetime) -> None:
    """Notify the person who started the clones of a plan once all of them have ended."""
    running = CloneJob.objects.active().filter(batch__evacuation_line__evacuation=OuterRef("pk"))
    rows = Evacuation.objects.filter(state=Evacuation.State.STARTED, told_at=None)
    for plan in rows.exclude(Exists(running)).select_related("team", "started_by"):
        _notify_of_plan(plan, now)


@transaction.atomic
@storing()
def _notify_of_plan(plan: Evacuation, now: datetime) -> None:
    untold = Evacuation.objects.filter(pk=plan.pk, state=Evacuation.State.STARTED, told_at=None)
    if not untold.update(told_at=now) or plan.started_by is None:
        return
    ready = CloneJob.objects.filter(
        batch__evacuation_line__evacuation=plan, state=CloneJob.State.READY
    )
    done = ready.values("batch").distinct().count()
    asked = plan.lines.filter(choice="clone").count()
    text = f"{plan.title}: {say_number(done)} of {say_number(asked)} clones are ready to approve."
    if plan.started_by.memberships.filter(team=plan.team).exists():
        people = {plan.started_by.pk: text}
        about = str(plan.pk)
        notify(Event.JOB, people, now, team=plan.team, page=Page.EVACUATION, about=about)
