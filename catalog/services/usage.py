"""Record that a voice was used; cleanups rely on it to find unused voices."""

import logging
from datetime import datetime

from django.db import DatabaseError, transaction
from django.db.models import F

from catalog.models import Selection, User, Voice
from catalog.models.usage import VoiceUsage, note_uses
from catalog.tasks import enqueue_export_note

logger = logging.getLogger(__name__)


@transaction.atomic
def note_play(user: User, *, voice: Voice, now: datetime) -> None:
    """Record that someone played the voice."""
    seen = Voice.objects.visible_to(user).filter(pk=voice.pk)
    note_uses(seen.values_list("pk", flat=True), VoiceUsage.Kind.PLAY, now)


def record_export_later(user: User, *, selection: Selection) -> None:
    """Have a worker record that a selection was downloaded; a failure never breaks the download."""
    if selection.user_id != user.pk:
        return
    try:
        rows = Selection.objects.filter(pk=selection.pk)
        rows.update(unnoted_exports=F("unnoted_exports") + 1)
    except DatabaseError:
        logger.exception("Could not record an export")
        return
    enqueue_export_note(selection.pk)
