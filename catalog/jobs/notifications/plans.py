"""Notify owners of cleanup plans that wait, and admins of those that were canceled."""

from collections import Counter
from datetime import datetime

from django.db.models import Count

from catalog.core.locales import say_day, say_number, storing
from catalog.jobs.notifications.send import notify
from catalog.models import CleanupPlan, Membership, Notification, User
from catalog.providers.registry import get_adapter

Event = Notification.Event


def notify_responsible(plan: CleanupPlan, now: datetime, new_owner: User | None = None) -> None:
    """Notify the people responsible for voices of an approved plan until when to keep them.

    With ``new_owner``, notify only the person who just took over some of them.
    """
    people = set(Membership.objects.filter(team=plan.team).values_list("user", flat=True))
    if new_owner is not None:
        people &= {new_owner.pk}
    plan.notifications.filter(user__in=people).delete()
    texts = {person: text for person, text in _announce(plan).items() if person in people}
    page = Notification.Page.KEEPING
    notify(Event.PLAN, texts, now, team=plan.team, page=page, plan=plan)


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
        page = Notification.Page.KEEPING
        notify(Event.OUTCOME, {person.pk: text}, now, team=plan.team, page=page)
    admins = User.objects.filter(pk__in=Membership.objects.admins(plan.team))
    for admin in admins.filter(pk__in=[plan.drawn_up_by_id, plan.approved_by_id]):
        if admin != user and admin not in people:
            text = f"{user} canceled cleanup plan {plan.pk}. All its voices stay."
            page = Notification.Page.CLEANUP
            notify(Event.OUTCOME, {admin.pk: text}, now, team=plan.team, page=page)


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
