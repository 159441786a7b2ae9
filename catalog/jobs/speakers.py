"""Warn of consents that end."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from catalog.core.locales import storing
from catalog.jobs.notifications.send import notify
from catalog.models import Consent, Membership, Notification, Speaker, User
from catalog.queries.speakers import ConsentEnd, find_consent_ends

# How many days before its last day people are warned, and on the day after.
_DAYS_BEFORE = (30, 7, 1)
_ENDED = 0
# A consent that ended longer ago was over before anyone could be warned.
_TOLD_WITHIN = 7


def warn_of_consent_ends(now: datetime) -> int:
    """Notify whoever keeps a consent, and the admins, before it ends and once it has.

    Each warning is sent once; a new consent ends them. Return how many were sent.
    """
    ends = find_consent_ends(Speaker.objects.all(), now.date())
    return sum(_warn(each, now) for each in ends if each.days >= -_TOLD_WITHIN)


@transaction.atomic
@storing()
def _warn(end: ConsentEnd, now: datetime) -> int:
    mark = _ENDED if end.has_passed else min(each for each in _DAYS_BEFORE if each >= end.days)
    last = Q(ends_on=end.ends_on) | Q(limited_to=end.ends_on)
    consents = Consent.objects.filter(last, speaker=end.speaker, withdrawn_at=None)
    unwarned = consents.filter(Q(warned_days=None) | Q(warned_days__gt=mark))
    keepers = set(unwarned.values_list("kept_by", "attested_by"))
    if not unwarned.update(warned_days=mark):
        return 0
    next_step = "again" if end.has_passed else "after that"
    text = f"{end.speaker.name[:80]}: {end.words} Record a new one to use the voice {next_step}."
    people = find_people_of(end.speaker, {kept_by or maker for kept_by, maker in keepers})
    notify(
        Notification.Event.CONSENT,
        dict.fromkeys(people, text),
        now,
        team=end.speaker.team,
        page=Notification.Page.SPEAKER,
        about=str(end.speaker.pk),
        mood="off",
    )
    return 1


def find_people_of(speaker: Speaker, keepers: set[int]) -> list[int]:
    """Return whom to notify about a speaker: those who keep consents, and admins who see them."""
    members = Membership.objects.filter(team=speaker.team)
    wanted = Q(user__in=keepers) | Q(role=Membership.Role.ADMIN)
    people = User.objects.filter(pk__in=members.filter(wanted).values("user"), is_active=True)
    rows = Speaker.objects.filter(pk=speaker.pk)
    return [
        person.pk
        for person in people.order_by("pk")
        if person.pk in keepers or rows.visible_in([speaker.team], person).exists()
    ]
