"""Notify people about their jobs and teams, also by email if it can't wait."""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet

from catalog.core.locales import say_day, say_number, say_stored, storing
from catalog.jobs.base.leases import stop_unsent
from catalog.jobs.mail import write_mail
from catalog.models import CleanupPlan, CloneJob, Mail, Membership, Notification, Team, User, Voice
from catalog.models.cleanups.keeps import find_all_responsible
from catalog.providers.registry import get_adapter
from catalog.queries.voices.audience import join_names

State = CloneJob.State

_KEPT = timedelta(days=60)
_BETWEEN_MAILS = timedelta(hours=1)
# What nobody could be told of for so long isn't news anymore.
_MAILED_WITHIN = timedelta(days=1)
_ENDINGS = {
    State.READY: ("done", "{name} is ready at {provider}."),
    State.FAILED: ("fail", "{name} could not be cloned at {provider}. {message}"),
    State.NEEDS_LOOK: ("fail", "{name} at {provider} needs your attention. {message}"),
    State.CANCELLED: ("off", "{name} at {provider} was canceled. {message}"),
}


def notify_of_end(
    job: CloneJob, state: CloneJob.State, message: str, now: datetime, new_owner: User | None = None
) -> None:
    """Notify the responsible person how the job ended; call it in the transaction that ends it."""
    mood, words = _ENDINGS[state]
    text = words.format(name=job.name[:80], provider=job.account.info.label, message=message)
    Notification.objects.create(
        team=job.team,
        user=new_owner or job.responsible,
        job=job,
        text=text.strip()[:300],
        mood=mood,
        made_at=now,
        awaits_mail=state == State.NEEDS_LOOK,
    )


def notify_of_wait(job: CloneJob, message: str, now: datetime) -> None:
    """Notify the responsible person that the job waits for them to act."""
    text = f"{job.name[:80]} at {job.account.info.label} is waiting. {message}"
    Notification.objects.create(
        team=job.team,
        user=job.responsible,
        job=job,
        text=text[:300],
        mood="fail",
        made_at=now,
        awaits_mail=True,
    )


def notify_person(
    person: User,
    team: Team,
    text: str,
    now: datetime,
    *,
    page: str,
    awaits_mail: bool = False,
) -> None:
    """Send one person a notification that links to one of our pages."""
    values = {"page": page, "text": text[:500], "mood": "off", "made_at": now}
    Notification.objects.create(team=team, user=person, awaits_mail=awaits_mail, **values)


def notify_admins(
    team: Team, text: str, now: datetime, *, page: str, besides: Collection[int] = ()
) -> None:
    """Notify the team's admins, except those who know already; once until they have read it."""
    known = Notification.objects.unread().filter(team=team, text=text[:500]).values("user")
    admins = User.objects.filter(pk__in=Membership.objects.admins(team)).exclude(pk__in=known)
    for admin in admins.exclude(pk__in=besides):
        notify_person(admin, team, text, now, page=page, awaits_mail=True)


@storing()
def notify_of_archived(user: User, team: Team, voices: Collection[Voice], now: datetime) -> None:
    """Notify owners whose voices someone else archived."""
    own = [voice.pk for voice in voices if voice.is_owned and voice.kind in Voice.OWN_KINDS]
    keepers = find_all_responsible(own)
    names: dict[User, list[str]] = defaultdict(list)
    for voice in voices:
        responsible = keepers.get(voice.pk)
        if responsible is not None and responsible.pk != user.pk:
            names[responsible].append(voice.shown_name[:40])
    people = set(Membership.objects.filter(team=team).values_list("user", flat=True))
    for responsible, archived in names.items():
        if responsible.pk in people:
            text = f"{user} archived your voices: {join_names(archived)}. Nothing was deleted."
            notify_person(responsible, team, text, now, page=Notification.Page.KEEPING)


def stop_clones(
    rows: "QuerySet[CloneJob]", message: str, now: datetime, new_owner: User | None = None
) -> int:
    """Fail clones that were not sent yet, and notify the responsible person or ``new_owner``."""
    unsent = rows.filter(state__in=CloneJob.ACTIVE_STATES, step=CloneJob.Step.PLANNED)
    locked = unsent.select_for_update(of=("self",), no_key=True).select_related(
        "team", "account", "requested_by", "kept_by"
    )
    jobs = list(locked)
    stopped = stop_unsent(rows.filter(pk__in=[job.pk for job in jobs]), message, now)
    for job in jobs:
        notify_of_end(job, State.FAILED, message, now, new_owner)
    return stopped


def notify_responsible(plan: CleanupPlan, now: datetime, new_owner: User | None = None) -> None:
    """Notify the people responsible for voices of an approved plan until when to keep them.

    With ``new_owner``, notify only the person who just took over some of them.
    """
    people = set(Membership.objects.filter(team=plan.team).values_list("user", flat=True))
    if new_owner is not None:
        people &= {new_owner.pk}
    plan.notifications.filter(user__in=people).delete()
    Notification.objects.bulk_create(
        Notification(
            team=plan.team,
            user_id=responsible,
            plan=plan,
            page=Notification.Page.KEEPING,
            text=text,
            mood="off",
            made_at=now,
            awaits_mail=True,
        )
        for responsible, text in _announce(plan).items()
        if responsible in people
    )


def update_announcements(plan: CleanupPlan) -> None:
    """Correct what owners were told about a plan, and remove it from those it no longer concerns.

    Call it whenever voices leave the plan, or get another owner.
    """
    texts = _announce(plan)
    for notice in plan.notifications.all():
        if notice.user_id not in texts:
            notice.delete()
        elif notice.text != texts[notice.user_id]:
            notice.text = texts[notice.user_id]
            notice.save(update_fields=["text"])


@storing()
def notify_of_canceled_plan(plan: CleanupPlan, user: User, now: datetime) -> None:
    """Notify owners that the voices of a waiting plan stay; call it before the lines change."""
    lines = plan.lines.held().exclude(responsible=None).exclude(responsible=user)
    members = Membership.objects.filter(team=plan.team).values("user")
    people = User.objects.filter(pk__in=members).filter(pk__in=lines.values("responsible"))
    for person in people:
        number = lines.filter(responsible=person).count()
        text = (
            f"{user} canceled cleanup plan {plan.pk}. Your {say_number(number)} clones in it stay."
        )
        if number == 1:
            text = f"{user} canceled cleanup plan {plan.pk}. Your clone in it stays."
        notify_person(person, plan.team, text, now, page=Notification.Page.KEEPING)
    admins = User.objects.filter(pk__in=Membership.objects.admins(plan.team))
    for admin in admins.filter(pk__in=[plan.drawn_up_by_id, plan.approved_by_id]):
        if admin != user and admin not in people:
            text = f"{user} canceled cleanup plan {plan.pk}. All its voices stay."
            notify_person(admin, plan.team, text, now, page=Notification.Page.CLEANUP)


@storing()
def _announce(plan: CleanupPlan) -> dict[int, str]:
    """Return what to tell each owner of voices that wait in the plan, by user."""
    waiting = plan.lines.held().exclude(responsible=None).order_by()
    rows = waiting.values_list("responsible", "account__provider").annotate(number=Count("pk"))
    deleted, hidden = Counter[int](), Counter[int]()
    for responsible, provider, number in rows:
        can_delete = get_adapter(provider).info.can_delete
        (deleted if can_delete else hidden)[responsible] += number
    until = say_day(plan.due_at)
    return {pk: _say_end(deleted[pk], hidden[pk], until) for pk in deleted | hidden}


def _say_end(deleted: int, hidden: int, until: str) -> str:
    total = say_number(deleted + hidden)
    if deleted and hidden:
        return (
            f"{total} of your clones are in a cleanup plan: on {until}, {say_number(deleted)} will "
            f"be deleted and {say_number(hidden)} hidden, because not every provider can delete "
            "voices. You can still keep them."
        )
    if deleted > 1:
        return f"{total} of your clones will be deleted on {until}. You can still keep them."
    if hidden > 1:
        return (
            f"{total} of your clones will be hidden on {until}, because their providers can't "
            "delete voices. You can still keep them."
        )
    if deleted:
        return f"One of your clones will be deleted on {until}. You can still keep it."
    return (
        f"One of your clones will be hidden on {until}, because its provider can't delete voices. "
        "You can still keep it."
    )


def mail_urgent(now: datetime) -> None:
    """Email people what can't wait and they haven't read, in at most one email an hour each."""
    if not settings.SENDS_MAIL:
        return
    recent = Mail.objects.filter(kind=Mail.Kind.ATTENTION, created_at__gt=now - _BETWEEN_MAILS)
    memberships = Membership.objects.filter(team=OuterRef("team"), user=OuterRef("user"))
    waiting = Notification.objects.unread().filter(
        Exists(memberships),
        awaits_mail=True,
        made_at__gt=now - _MAILED_WITHIN,
        user__is_active=True,
    )
    due = waiting.exclude(user__in=recent.values("user")).exclude(
        user__preference__wants_mail=False
    )
    found: dict[User, list[Notification]] = defaultdict(list)
    for notice in due.select_related("user").order_by("made_at", "pk"):
        found[notice.user].append(notice)
    for person, notices in found.items():
        _mail_notices(person, notices, now)


@transaction.atomic
def _mail_notices(person: User, notices: list[Notification], now: datetime) -> None:
    rows = Notification.objects.filter(pk__in=[notice.pk for notice in notices], awaits_mail=True)
    if not rows.update(awaits_mail=False):
        return  # another schedule was faster
    # The server is one for all teams, so its admins may have the same words from each.
    texts = dict.fromkeys(say_stored(notice.text) for notice in notices)
    subject = "Something in Voiceboard needs your attention"
    if len(texts) > 1:
        subject = f"{len(texts)} things in Voiceboard need your attention"
    listed = "\n\n".join(texts)
    ways = "Open Notifications in Voiceboard to act. To turn off these emails, open Account."
    text = f"{listed}\n\n{ways}\n\nVoiceboard\n"
    write_mail(person, Mail.Kind.ATTENTION, subject=subject, text=text, now=now)


def forget_old_notices(now: datetime) -> int:
    """Delete notifications older than 60 days; return how many."""
    return Notification.objects.filter(made_at__lt=now - _KEPT).delete()[0]
