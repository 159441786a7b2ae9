"""Notify people of what a sync found: lost and changed voices, and that it keeps failing."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from catalog.core.locales import say_number, storing
from catalog.jobs.notifications.send import notify
from catalog.models import (
    CollectionEntry,
    Credential,
    Membership,
    Notification,
    PlannedDeletion,
    ProviderAccount,
    Star,
    SyncRun,
    User,
    Voice,
)
from catalog.models.cleanups.keeps import find_all_responsible
from catalog.queries.voices.audience import find_sight, join_names, place_of

Event, Page = Notification.Event, Notification.Page

# One failure is often a provider's bad minute.
_FAILURES = 3
# If so much has changed at once, our own reading of voices did.
_MANY = 50


@storing()
def notify_of_sync(run: SyncRun, now: datetime) -> None:
    """Notify people of their voices that this run found gone or changed, grouped by person.

    Call it in the transaction that ends the run. A voice is someone's if they starred or collected
    it, or are responsible for a voice of the team's own.
    """
    since = run.started_at
    rows = Voice.objects.filter(account=run.account_id, added_at__lt=since, changed_at__gte=since)
    planned = PlannedDeletion.objects.filter(state=PlannedDeletion.State.DELETED)
    gone = rows.filter(remote_deleted_at__gte=since).exclude(pk__in=planned.values("voice"))
    _tell(run, list(gone), "gone", now)
    if run.changed_count <= max(_MANY, run.seen_count // 2):
        _tell(run, list(rows.filter(remote_deleted_at=None)), "changed", now)


def _tell(run: SyncRun, voices: list[Voice], what: str, now: datetime) -> None:
    team, label = run.account.team, run.account.info.label
    for person, found in find_concerned(voices).items():
        names = join_names([voice.shown_name[:40] for voice in found])
        if what == "gone":
            text = f"No longer listed by {label}: {names}."
        else:
            text = f"Changed at {label}: {names}."
        if len(found) > 1:
            text = f"{say_number(len(found))} voices. {text}"
        page, about = (Page.NEWS, "") if len(found) > 1 else (Page.VOICE, str(found[0].pk))
        mood = "fail" if what == "gone" else "off"
        notify(Event.VOICE, {person: text}, now, team=team, page=page, about=about, mood=mood)


def find_concerned(voices: Iterable[Voice]) -> dict[int, list[Voice]]:
    """Return the voices that matter to each person who can see them, by the person's id."""
    by_id = {voice.pk: voice for voice in voices}
    wanted: dict[int, set[int]] = defaultdict(set)
    for person, pk in Star.objects.filter(voice__in=by_id).values_list("user", "voice"):
        wanted[pk].add(person)
    entries = CollectionEntry.objects.filter(voice__in=by_id, collection__removed_at=None)
    for person, pk in entries.values_list("collection__owner", "voice"):
        wanted[pk].add(person)
    own = [voice.pk for voice in by_id.values() if voice.is_owned and voice.kind in Voice.OWN_KINDS]
    for pk, keeper in find_all_responsible(own).items():
        wanted[pk].add(keeper.pk)
    if not wanted:
        return {}
    team = by_id[next(iter(wanted))].account.team
    sight = find_sight(team, {place_of(by_id[pk]) for pk in wanted})
    found: dict[int, list[Voice]] = defaultdict(list)
    for pk in sorted(wanted):
        for person in sorted(wanted[pk] & sight[place_of(by_id[pk])]):
            found[person].append(by_id[pk])
    return found


def notify_of_failures(run: SyncRun, now: datetime) -> None:
    """Notify an account's owner, key owners, and admins, once the third sync in a row has failed.

    Call it after the run is stored. They hear of it again only after a sync has succeeded.
    """
    if not run.error:
        return
    ended = SyncRun.objects.filter(account=run.account_id).exclude(ended_at=None)
    last = list(ended.order_by("-pk").values_list("error", flat=True)[: _FAILURES + 1])
    is_third = len(last) >= _FAILURES and all(last[:_FAILURES])
    if not is_third or any(last[_FAILURES:]):
        return
    account = run.account
    text = f"{account.log_name} couldn't be synced {_FAILURES} times in a row. {run.error[:200]}"
    people = _find_keepers(account)
    texts, page = dict.fromkeys(people, text), Page.ACCOUNTS
    notify(Event.SYNC, texts, now, team=account.team, page=page, mood="fail")


def _find_keepers(account: ProviderAccount) -> list[int]:
    owners = Credential.objects.filter(account=account).values("owner")
    admins = Membership.objects.admins(account.team)
    wanted = Q(pk__in=owners) | Q(pk=account.last_owner_id) | Q(pk__in=admins)
    members = Membership.objects.filter(team=account.team).values("user")
    rows = User.objects.filter(wanted, pk__in=members, is_active=True)
    return list(rows.values_list("pk", flat=True))


def notify_of_key(credential: Credential, problem: str, now: datetime) -> None:
    """Notify the owner of a key that its provider rejects it; call it when that becomes known."""
    if credential.owner_id is None:
        return
    text = f"Your key {credential.title[:60]} doesn't work anymore. {problem[:200]}"
    about, team = str(credential.pk), credential.team
    texts = {credential.owner_id: text}
    notify(Event.KEY, texts, now, team=team, page=Page.KEY, about=about, mood="fail")
