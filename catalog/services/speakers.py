"""Merge speakers who are one person, split one who are two, and delete what is kept of them."""

from collections.abc import Collection
from datetime import date, datetime
from functools import partial
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog.audit import record
from catalog.core.media import remove_media
from catalog.jobs.withdrawals.files import forget_consent, forget_sample
from catalog.models import (
    CloneBatch,
    Consent,
    ConsentRequest,
    Notification,
    Sample,
    Speaker,
    Team,
    User,
    Withdrawal,
)
from catalog.policies.speakers import may_arrange_speaker, may_erase_consent, may_erase_sample
from catalog.queries.consents.contradictions import fold_speaker
from catalog.queries.speakers import (
    find_erasing_obstacle,
    find_last_day,
    find_merge_obstacle,
    find_merge_warnings,
    find_split_obstacle,
)


class CannotArrange(Exception):
    """The speakers can't be merged or split this way; the message explains why."""


class MergeUnconfirmed(CannotArrange):
    """The consents contradict each other, and the user has not confirmed the merge."""


class CannotErase(Exception):
    """This can't be deleted now; the message explains why."""


@transaction.atomic
def merge_speakers(
    user: User, *, speaker: Speaker, other: Speaker, is_confirmed: bool, now: datetime
) -> None:
    """Move everything of ``other`` to ``speaker``, and remove it; splitting undoes that.

    No voice may be used longer than before: the longer consents are limited to the last day of the
    shorter ones, until a new consent is recorded. Raises CannotArrange, MergeUnconfirmed.
    """
    _lock(user, speaker, other)
    if problem := find_merge_obstacle(speaker, other, now.date()):
        raise CannotArrange(problem)
    warnings = find_merge_warnings(speaker, other)
    if warnings and not is_confirmed:
        raise MergeUnconfirmed(" ".join(warnings))
    _limit_longer(speaker, other, now.date())
    for model in (CloneBatch, Consent, ConsentRequest, Withdrawal):
        model._default_manager.filter(speaker=other).update(speaker=speaker)
    pages = Notification.objects.filter(page=Notification.Page.SPEAKER, about=str(other.pk))
    pages.update(about=str(speaker.pk))
    removed, name = f"Speaker {other.pk}", other.name
    other.delete()
    record(
        user,
        "speakers merged",
        speaker,
        team=speaker.team,
        now=now,
        reason=" ".join(warnings)[:300],
        merged=name,
        removed=removed,
    )


def _lock(user: User, *speakers: Speaker) -> None:
    team = speakers[0].team
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    visible = Speaker.objects.visible_to(user)
    for speaker in speakers:
        is_seen = speaker.team_id == team.pk and visible.filter(pk=speaker.pk).exists()
        if not is_seen or not may_arrange_speaker(user, speaker):
            raise PermissionDenied


def _limit_longer(speaker: Speaker, other: Speaker, today: date) -> None:
    lasts = {each: find_last_day(each.pk, today) for each in (speaker, other)}
    shortest = min((day for day in lasts.values() if day), default=None)
    for each, day in lasts.items():
        if shortest is not None and (day is None or day > shortest):
            rows = Consent.objects.filter(speaker=each).in_force(today)
            longer = rows.exclude(ends_on__lte=shortest).exclude(limited_to__lte=shortest)
            longer.update(limited_to=shortest)


@transaction.atomic
def split_speaker(
    user: User, *, speaker: Speaker, name: str, batch_ids: Collection[UUID], now: datetime
) -> Speaker:
    """Move clone requests, with their jobs, samples, and consents, to a new speaker; return it.

    Raises CannotArrange.
    """
    _lock(user, speaker)
    moved = CloneBatch.objects.filter(speaker=speaker, pk__in=batch_ids)
    folded = fold_speaker(name)
    if problem := find_split_obstacle(speaker, moved, folded):
        raise CannotArrange(problem)
    made = Speaker.objects.create(
        team=speaker.team,
        name=name,
        folded=folded,
        added_by=user,
        added_at=now,
    )
    consents = list(moved.order_by("pk").values_list("consent", flat=True))
    count = moved.update(speaker=made)
    Consent.objects.filter(pk__in=consents).update(speaker=made)
    ConsentRequest.objects.filter(consent__in=consents).update(speaker=made)
    for each in (speaker, made):
        _lift_limits(each)
    record(
        user,
        "speaker split",
        speaker,
        team=speaker.team,
        now=now,
        new_speaker=name,
        made=f"Speaker {made.pk}",
        requests=count,
    )
    return made


def _lift_limits(speaker: Speaker) -> None:
    """Lift the limits of consents whose shorter one went to the other speaker."""
    consents = Consent.objects.filter(speaker=speaker)
    for limited_to in set(consents.exclude(limited_to=None).values_list("limited_to", flat=True)):
        if not consents.filter(ends_on=limited_to, withdrawn_at=None).exists():
            consents.filter(limited_to=limited_to).update(limited_to=None)


@transaction.atomic
def erase_recording(user: User, *, sample: Sample, now: datetime) -> None:
    """Delete the files of a recording, and of its copy without noise. Raises CannotErase.

    The row stays: it says what clones were made from. The clones at providers stay, too.
    """
    if not may_erase_sample(user, sample):
        raise PermissionDenied
    if not Sample.objects.visible_to(user).filter(pk=sample.pk).exists():
        raise PermissionDenied
    if problem := find_erasing_obstacle(sample):
        raise CannotErase(problem)
    words = f"Deleted by {user}."
    for each in Sample.objects.filter(pk=sample.pk) | Sample.objects.filter(original=sample):
        for path in forget_sample(each, now, words):
            transaction.on_commit(partial(remove_media, path))
    record(user, "sample deleted", sample, team=sample.team, now=now)


@transaction.atomic
def erase_consent(user: User, *, consent: Consent, now: datetime) -> None:
    """Delete a consent with its proof; it doesn't count anymore.

    Its row stays without content if clones were made under it. Deleting it twice changes nothing.
    """
    if not may_erase_consent(user, consent):
        raise PermissionDenied
    if consent.erased_at is not None:
        return
    for path in forget_consent(consent, now):
        transaction.on_commit(partial(remove_media, path))
    record(user, "consent deleted", consent, team=consent.speaker.team, now=now)
