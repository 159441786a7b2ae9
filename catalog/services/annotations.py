"""Stars, tags, notes, and ratings on voices; everything but stars goes into the audit log."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record, record_each
from catalog.models import Note, Rating, Star, Tag, TagUse, Team, User, Voice
from catalog.models.voices.versions import raise_own_version, touch_voices
from catalog.search.text_normalization import fold_text, join_terms

_BATCH = 500
_LONGEST_TEXT = 8000


@transaction.atomic
def star_voice(user: User, *, voice: Voice, is_on: bool, now: datetime) -> None:
    """Star or unstar the voice for this user; repeating it has no effect."""
    if is_on:
        Star.objects.get_or_create(user=user, voice=voice, defaults={"starred_at": now})
    else:
        Star.objects.filter(user=user, voice=voice).delete()
    raise_own_version(user.pk)


@transaction.atomic
def tag_voices(
    user: User, *, team: Team, voices: Iterable[Voice], names: Iterable[str], now: datetime
) -> None:
    """Add the tags to the voices, creating tags that the team doesn't have yet."""
    if not policies.may_annotate(user, team):
        raise PermissionDenied
    chosen = list(voices)
    ids = [voice.pk for voice in chosen]
    tags = [
        Tag.objects.get_or_create(team=team, folded=fold_text(name), defaults={"name": name})[0]
        for name in names
    ]
    TagUse.objects.bulk_create(
        (TagUse(tag=tag, voice_id=pk) for tag in tags for pk in ids),
        ignore_conflicts=True,
        batch_size=_BATCH,
    )
    gather_words(ids)
    rows = [(voice, {"tag": tag.name}) for tag in tags for voice in chosen]
    record_each(user, "voice tagged", rows, team=team, now=now)


@transaction.atomic
def untag_voices(user: User, *, voices: Collection[Voice], tag: Tag, now: datetime) -> None:
    """Remove the tag from the voices, and delete the tag once no voice has it."""
    if not policies.may_annotate(user, tag.team):
        raise PermissionDenied
    TagUse.objects.filter(voice__in=[voice.pk for voice in voices], tag=tag).delete()
    rows = [(voice, {"tag": tag.name}) for voice in voices]
    if not tag.uses.exists():
        tag.delete()
    gather_words([voice.pk for voice in voices])
    record_each(user, "tag removed", rows, team=tag.team, now=now)


@transaction.atomic
def write_note(user: User, *, voice: Voice, text: str, now: datetime) -> Note:
    """Add a note that everyone who can see the voice can read."""
    team = voice.account.team
    if not policies.may_annotate(user, team):
        raise PermissionDenied
    note = Note.objects.create(voice=voice, author=user, text=text, written_at=now)
    gather_words([voice.pk])
    record(user, "note added", voice, team=team, now=now, note=note.pk)
    return note


@transaction.atomic
def change_note(user: User, *, note: Note, text: str, now: datetime) -> None:
    """Replace the text of a note."""
    _check_note(user, note)
    note.text, note.changed_at = text, now
    _store_note(user, note, "note changed", now)


@transaction.atomic
def remove_note(user: User, *, note: Note, now: datetime) -> None:
    """Remove the note; it can be restored."""
    _check_note(user, note)
    note.removed_at = note.removed_at or now
    _store_note(user, note, "note removed", now)


@transaction.atomic
def restore_note(user: User, *, note: Note, now: datetime) -> None:
    """Restore a removed note."""
    _check_note(user, note)
    note.removed_at = None
    _store_note(user, note, "note restored", now)


def rate_voice(user: User, *, voice: Voice, value: int | None, now: datetime) -> None:
    """Rate one voice; see ``rate_voices``."""
    rate_voices(user, team=voice.account.team, voices=[voice], value=value, now=now)


@transaction.atomic
def rate_voices(
    user: User, *, team: Team, voices: Collection[Voice], value: int | None, now: datetime
) -> None:
    """Rate the voices from 1 to 5; None clears the user's ratings. The team sees the average."""
    if not policies.may_annotate(user, team):
        raise PermissionDenied
    Rating.objects.filter(user=user, voice__in=[voice.pk for voice in voices]).delete()
    if value is not None:
        ratings = (Rating(user=user, voice=voice, value=value) for voice in voices)
        Rating.objects.bulk_create(ratings, batch_size=_BATCH)
    rows = [(voice, {"value": value}) for voice in voices]
    record_each(user, "voice rated", rows, team=team, now=now)


def _check_note(user: User, note: Note) -> None:
    if not policies.may_change_note(user, note):
        raise PermissionDenied


def _store_note(user: User, note: Note, action: str, now: datetime) -> None:
    note.save(update_fields=["text", "changed_at", "removed_at"])
    gather_words([note.voice_id])
    voice = note.voice
    record(user, action, voice, team=voice.account.team, now=now, note=note.pk)


def gather_words(voice_ids: list[int]) -> None:
    """Update the search text that the voices get from their tags and notes."""
    for start in range(0, len(voice_ids), _BATCH):
        rows = Voice.objects.filter(pk__in=voice_ids[start : start + _BATCH])
        voices = list(rows.only("pk").prefetch_related("tag_uses__tag", "notes"))
        for voice in voices:
            words = [use.tag.name for use in voice.tag_uses.all()]
            words += [note.text for note in voice.notes.all() if note.removed_at is None]
            voice.team_text = join_terms(*words)[:_LONGEST_TEXT]
        Voice.objects.bulk_update(voices, ["team_text"])
        touch_voices([voice.pk for voice in voices])
