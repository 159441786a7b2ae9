"""Rename and relabel voices, and archive them, which hides them without deleting them."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record, record_each
from catalog.jobs.notifications.voices import notify_of_archived
from catalog.jobs.voices.label_overrides import write_own_labels
from catalog.models import Team, User, Voice, VoiceChange
from catalog.models.voices.changes import note_change
from catalog.models.voices.versions import touch_voices
from catalog.search.search_text import fill_names
from catalog.tasks import enqueue_labels, enqueue_rename

_BATCH = 500
# Time for the message to arrive; after that, the sweep wakes a worker.
_SWEPT_AFTER = timedelta(seconds=30)


@transaction.atomic
def rename_voice(user: User, *, voice: Voice, name: str, now: datetime) -> None:
    """Rename the voice here at once; a worker then renames it at the provider if possible."""
    team = voice.account.team
    if not policies.may_rename(user, team):
        raise PermissionDenied
    old = voice.shown_name
    voice.own_name = "" if name == voice.name else name
    voice.rename_problem = ""
    fill_names(voice)
    voice.save(update_fields=["own_name", "rename_problem", "sort_name", "name_words"])
    touch_voices([voice.pk])
    before, after = {"name": old}, {"name": name}
    record(user, "voice renamed", voice, team=team, now=now, before=before, after=after)
    if voice.own_name and voice.is_renamable_there:
        note_change(voice, VoiceChange.Kind.NAME, now, now + _SWEPT_AFTER)
        transaction.on_commit(partial(enqueue_rename, voice.pk))


@transaction.atomic
def relabel_voice(user: User, *, voice: Voice, labels: Mapping[str, str], now: datetime) -> None:
    """Set the team's own labels for a voice; "" falls back to the provider's label.

    They apply here at once; a worker then sends the provider the labels that it can store.
    """
    team = voice.account.team
    if not policies.may_rename(user, team):
        raise PermissionDenied
    before, after = voice.own_labels, {facet: said for facet, said in labels.items() if said}
    if before == after:
        return
    write_own_labels(voice, after)
    record(user, "voice relabeled", voice, team=team, now=now, before=before, after=after)
    if voice.is_renamable_there and voice.info.kept_labels:
        note_change(voice, VoiceChange.Kind.LABELS, now, now + _SWEPT_AFTER)
    transaction.on_commit(partial(enqueue_labels, voice.pk, voice.account_id))


@transaction.atomic
def archive_voices(user: User, *, team: Team, voices: Collection[Voice], now: datetime) -> None:
    """Hide the voices from the team's list; nothing changes at the provider or is deleted.

    Each other person who is responsible for some of them gets one notification.
    """
    fresh = [voice for voice in voices if not voice.is_archived]
    _set_archived(user, team, voices, now, archived_at=now)
    notify_of_archived(user, team, fresh, now)


@transaction.atomic
def unarchive_voices(user: User, *, team: Team, voices: Collection[Voice], now: datetime) -> None:
    """Return the voices to the team's list."""
    _set_archived(user, team, voices, now, archived_at=None)


def _set_archived(
    user: User,
    team: Team,
    voices: Collection[Voice],
    now: datetime,
    *,
    archived_at: datetime | None,
) -> None:
    if not policies.may_archive_voices(user, team):
        raise PermissionDenied
    ids = [voice.pk for voice in voices]
    for start in range(0, len(ids), _BATCH):
        rows = Voice.objects.filter(pk__in=ids[start : start + _BATCH], account__team=team)
        rows.update(archived_at=archived_at)
        touch_voices(rows.values_list("pk", flat=True))
    action = "voices archived" if archived_at else "voices unarchived"
    record_each(user, action, [(voice, {}) for voice in voices], team=team, now=now)
