"""Change all voices of a selection at once, say which were left out and why, and undo it."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.core.locales import say_number
from catalog.models import Membership, Protection, Rating, Selection, Tag, TagUse, User, Voice
from catalog.models.cleanups.keeps import find_all_responsible
from catalog.search.text_normalization import fold_text
from catalog.services.accounts.owners import change_voice_owners
from catalog.services.annotations import rate_voices, tag_voices, untag_voices
from catalog.services.cleanups.protections import lift_protection, protect_voice
from catalog.services.voices.edit import archive_voices, relabel_voice, unarchive_voices

# Some changes are made one voice after the other, while all other writers wait.
MOST_CHANGED = 1000
_REASON_TO_UNDO = "Undone."


class TooManyToChange(Exception):
    """More voices than one change of this kind can cover."""


class NothingToUndo(Exception):
    """The last change of the selection can't be undone, or was undone before."""


class _Change:
    """Sorts the voices of a selection into those to change and those left out, and why.

    Each voice to change comes with its value before, which undoing it needs.
    """

    def __init__(self, user: User, selection: Selection, most: int | None = None) -> None:
        rows = Voice.objects.visible_to(user).filter(pk__in=selection.voice_ids)
        rows = rows.filter(account__team=selection.team).select_related(
            "account__team", "responsible"
        )
        found = {voice.pk: voice for voice in rows.defer("search_text", "details")}
        self.selection = selection
        self.voices = [found[pk] for pk in selection.voice_ids if pk in found]
        self.changed: list[tuple[Voice, Any]] = []
        self.left: dict[str, list[int]] = defaultdict(list)
        if most is not None and len(self.voices) > most:
            raise TooManyToChange

    @property
    def ids(self) -> list[int]:
        """The ids of all its voices."""
        return [voice.pk for voice in self.voices]

    def sort(self, judge: Callable[[Voice], tuple[str, Any]]) -> list[Voice]:
        """Return the voices to change; ``judge`` names why one is left out, and its value."""
        for voice in self.voices:
            reason, before = judge(voice)
            if reason:
                self.left[reason].append(voice.pk)
            else:
                self.changed.append((voice, before))
        return [voice for voice, _ in self.changed]

    def store(self, one: str, many: str, undo: str) -> None:
        """Store the outcome; ``many`` is for several voices, with their number as {count}.

        A change that changes nothing leaves the one before it to be undone.
        """
        groups: dict[str, tuple[Any, list[int]]] = {}
        for voice, before in self.changed:
            groups.setdefault(repr(before), (before, []))[1].append(voice.pk)
        count = len(self.changed)
        words = one if count == 1 else many.format(count=say_number(count))
        _store(
            self.selection,
            words=words if count else "No voice was changed.",
            left=[[reason, ids] for reason, ids in self.left.items()],
            undo=[undo, list(groups.values())] if count else self.selection.outcome.get("undo", []),
            count=count,
        )


def _store(selection: Selection, **outcome: Any) -> None:
    selection.outcome = outcome
    selection.save(update_fields=["outcome"])


@transaction.atomic
def tag_selected(user: User, *, selection: Selection, tags: list[str], now: datetime) -> None:
    """Add the tags to the voices that lack one of them."""
    change, folded = _Change(user, selection), [fold_text(name) for name in tags]
    held = _find_tags(change, folded)
    missing = {pk: [name for name in tags if fold_text(name) not in held[pk]] for pk in change.ids}
    voices = change.sort(
        lambda voice: ("" if missing[voice.pk] else "Already had these tags", missing[voice.pk])
    )
    if not policies.may_annotate(user, selection.team):
        raise PermissionDenied
    if voices:
        tag_voices(user, team=selection.team, voices=voices, names=tags, now=now)
    named = ", ".join(tags)
    change.store(f"1 voice tagged with {named}.", f"{{count}} voices tagged with {named}.", "untag")


@transaction.atomic
def untag_selected(user: User, *, selection: Selection, tags: list[str], now: datetime) -> None:
    """Remove the tags from the voices that have any of them."""
    change, folded = _Change(user, selection), [fold_text(name) for name in tags]
    held = _find_tags(change, folded)
    named = {fold_text(name): name for name in tags}
    gone = {pk: [named[each] for each in sorted(held[pk])] for pk in change.ids}
    voices = change.sort(
        lambda voice: ("" if gone[voice.pk] else "Didn't have these tags", gone[voice.pk])
    )
    _untag(user, selection, tags, voices, now)
    listed = ", ".join(tags)
    change.store(
        f"1 voice no longer tagged with {listed}.",
        f"{{count}} voices no longer tagged with {listed}.",
        "tag",
    )


def _find_tags(change: _Change, folded: list[str]) -> dict[int, set[str]]:
    uses = TagUse.objects.filter(tag__team=change.selection.team, tag__folded__in=folded)
    held: dict[int, set[str]] = defaultdict(set)
    for pk, word in uses.filter(voice__in=change.ids).values_list("voice", "tag__folded"):
        held[pk].add(word)
    return held


def _untag(
    user: User, selection: Selection, names: list[str], voices: list[Voice], now: datetime
) -> None:
    if not policies.may_annotate(user, selection.team):
        raise PermissionDenied
    tags = Tag.objects.filter(team=selection.team, folded__in=[fold_text(name) for name in names])
    for tag in tags.select_related("team"):
        uses = set(tag.uses.values_list("voice", flat=True))
        having = [voice for voice in voices if voice.pk in uses]
        if having:
            untag_voices(user, voices=having, tag=tag, now=now)


@transaction.atomic
def rate_selected(user: User, *, selection: Selection, value: int | None, now: datetime) -> None:
    """Give the voices the user's rating from 1 to 5; None clears it."""
    change = _Change(user, selection)
    rows = Rating.objects.filter(user=user, voice__in=change.ids)
    own = dict(rows.values_list("voice", "value"))
    same = f"Already rated {value} by you" if value else "Not rated by you"
    voices = change.sort(
        lambda voice: (same if own.get(voice.pk) == value else "", own.get(voice.pk))
    )
    rate_voices(user, team=selection.team, voices=voices, value=value, now=now)
    if value is None:
        change.store(
            "Your rating of 1 voice cleared.", "Your ratings of {count} voices cleared.", "rate"
        )
    else:
        change.store(
            f"1 voice rated {value} of 5.", f"{{count}} voices rated {value} of 5.", "rate"
        )


@transaction.atomic
def relabel_selected(
    user: User, *, selection: Selection, labels: dict[str, str], now: datetime
) -> None:
    """Set the team's own labels; facets that aren't in ``labels`` stay as they are.

    "" falls back to the provider's label.
    """
    change = _Change(user, selection, MOST_CHANGED)
    if not policies.may_rename(user, selection.team):
        raise PermissionDenied
    new = {voice.pk: _merge_labels(voice, labels) for voice in change.voices}

    def judge(voice: Voice) -> tuple[str, Any]:
        if voice.is_gone:
            return "Gone at the provider", None
        is_same = new[voice.pk] == voice.own_labels
        return "Already had these labels" if is_same else "", dict(voice.own_labels)

    for voice in change.sort(judge):
        relabel_voice(user, voice=voice, labels=new[voice.pk], now=now)
    change.store("Labels of 1 voice changed.", "Labels of {count} voices changed.", "relabel")


def _merge_labels(voice: Voice, labels: dict[str, str]) -> dict[str, str]:
    merged = {**voice.own_labels, **labels}
    return {facet: value for facet, value in merged.items() if value}


@transaction.atomic
def protect_selected(
    user: User, *, selection: Selection, kind: str, reason: str, now: datetime
) -> None:
    """Pin the voices or put a legal hold on them, unless they are protected already."""
    change = _Change(user, selection, MOST_CHANGED)
    if not policies.may_protect_voice(user, selection.team, kind):
        raise PermissionDenied
    held = _find_protections(change.ids)

    def judge(voice: Voice) -> tuple[str, Any]:
        if voice.pk in held:
            return f"Already protected by {held[voice.pk].set_by}", None
        return (
            "" if voice.is_removable else "Never deleted by a cleanup, so it needs no protection",
            None,
        )

    for voice in change.sort(judge):
        protect_voice(user, voice=voice, kind=kind, reason=reason, now=now)
    if kind == Protection.Kind.HOLD:
        change.store("1 voice put on legal hold.", "{count} voices put on legal hold.", "lift")
    else:
        change.store("1 voice pinned.", "{count} voices pinned.", "lift")


def _find_protections(voice_ids: list[int]) -> dict[int, Protection]:
    rows = Protection.objects.select_related("voice__account__team", "set_by")
    return {row.voice_id: row for row in rows.filter(voice__in=voice_ids)}


@transaction.atomic
def unprotect_selected(user: User, *, selection: Selection, now: datetime) -> None:
    """Lift the protections that the user may lift."""
    change = _Change(user, selection, MOST_CHANGED)
    if not policies.may_protect_voice(user, selection.team, Protection.Kind.PIN):
        raise PermissionDenied
    held = _find_protections(change.ids)

    def judge(voice: Voice) -> tuple[str, Any]:
        protection = held.get(voice.pk)
        if protection is None:
            return "Not protected", None
        if not policies.may_lift_protection(user, protection):
            return "Protected by someone else; an admin can lift it", None
        return "", [protection.kind, protection.reason]

    for voice in change.sort(judge):
        lift_protection(user, voice=voice, now=now)
    change.store("Protection of 1 voice lifted.", "Protection of {count} voices lifted.", "protect")


@transaction.atomic
def assign_selected(
    user: User, *, selection: Selection, owner: Membership, reason: str, now: datetime
) -> None:
    """Make a person responsible for the voices; they are notified once."""
    change = _Change(user, selection, MOST_CHANGED)
    if not policies.may_change_owner(user, selection.team):
        raise PermissionDenied
    before = find_all_responsible(change.ids)

    def judge(voice: Voice) -> tuple[str, Any]:
        held = before.get(voice.pk)
        if not voice.is_owned:
            return "A voice of the provider, which has no owner here", None
        is_same = held is not None and held.pk == owner.user_id
        return f"Already owned by {owner.user}" if is_same else "", held and held.pk

    voices = change.sort(judge)
    change_voice_owners(user, voices=voices, owner=owner, reason=reason, now=now)
    change.store(
        f"1 voice now belongs to {owner.user}.",
        f"{{count}} voices now belong to {owner.user}.",
        "assign",
    )


@transaction.atomic
def archive_selected(user: User, *, selection: Selection, now: datetime) -> None:
    """Hide the voices from the team's list; nothing is deleted."""
    change = _Change(user, selection)
    voices = change.sort(lambda voice: ("Already archived" if voice.is_archived else "", None))
    archive_voices(user, team=selection.team, voices=voices, now=now)
    change.store("1 voice archived.", "{count} voices archived.", "unarchive")


@transaction.atomic
def unarchive_selected(user: User, *, selection: Selection, now: datetime) -> None:
    """Return archived voices to the team's list."""
    change = _Change(user, selection)
    voices = change.sort(lambda voice: ("" if voice.is_archived else "Not archived", None))
    unarchive_voices(user, team=selection.team, voices=voices, now=now)
    change.store("1 voice is back in the list.", "{count} voices are back in the list.", "archive")


@transaction.atomic
def undo_selected(user: User, *, selection: Selection, now: datetime) -> None:
    """Give the voices that the last change covered their values from before; raises NothingToUndo.

    Voices that the user can no longer see or change this way stay as they are, with the reason.
    """
    verb, groups = selection.outcome.get("undo") or ("", [])
    if not verb:
        raise NothingToUndo
    found = {voice.pk: voice for voice in _Change(user, selection).voices}
    left: list[int] = []
    count = 0
    for value, ids in groups:
        voices = [found[pk] for pk in ids if pk in found]
        out = _UNDO[verb](user, selection, voices, value, now) or []
        left += [voice.pk for voice in out]
        count += len(voices) - len(out)
    one, many = (
        "1 voice is as it was before.",
        f"{say_number(count)} voices are as they were before.",
    )
    _store(
        selection,
        words=one if count == 1 else many,
        left=[[_LEFT[verb], left]] if left else [],
        undo=[],
        count=count,
    )


def _undo_relabel(
    user: User, selection: Selection, voices: list[Voice], value: dict[str, str], now: datetime
) -> None:
    for voice in voices:
        relabel_voice(user, voice=voice, labels=value, now=now)


def _undo_protect(
    user: User, selection: Selection, voices: list[Voice], value: None, now: datetime
) -> list[Voice]:
    found = _find_protections([voice.pk for voice in voices])
    others = {pk for pk, row in found.items() if not policies.may_lift_protection(user, row)}
    for voice in voices:
        if voice.pk not in others:
            lift_protection(user, voice=voice, now=now)
    return [voice for voice in voices if voice.pk in others]


def _undo_lift(
    user: User, selection: Selection, voices: list[Voice], value: list[str], now: datetime
) -> None:
    kind, reason = value
    for voice in voices:
        protect_voice(user, voice=voice, kind=kind, reason=reason, now=now)


def _undo_assign(
    user: User, selection: Selection, voices: list[Voice], value: int | None, now: datetime
) -> list[Voice]:
    rows = Membership.objects.select_related("user", "team")
    owner = rows.filter(team=selection.team, user=value).first()
    if owner is None or not policies.may_own(owner, selection.team):
        return voices
    change_voice_owners(user, voices=voices, owner=owner, reason=_REASON_TO_UNDO, now=now)
    return []


_LEFT = {
    "lift": "Protected by someone else now",
    "assign": "Had no owner before who is still in the team",
}
# Each gives voices their value from before, and returns those that it can't.
_UNDO: dict[str, Callable[..., list[Voice] | None]] = {
    "tag": lambda user, selection, voices, value, now: tag_voices(
        user, team=selection.team, voices=voices, names=value, now=now
    ),
    "untag": lambda user, selection, voices, value, now: _untag(
        user, selection, value, voices, now
    ),
    "rate": lambda user, selection, voices, value, now: rate_voices(
        user, team=selection.team, voices=voices, value=value, now=now
    ),
    "relabel": _undo_relabel,
    "lift": _undo_protect,
    "protect": _undo_lift,
    "assign": _undo_assign,
    "archive": lambda user, selection, voices, value, now: archive_voices(
        user, team=selection.team, voices=voices, now=now
    ),
    "unarchive": lambda user, selection, voices, value, now: unarchive_voices(
        user, team=selection.team, voices=voices, now=now
    ),
}
