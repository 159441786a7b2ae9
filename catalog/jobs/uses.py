"""Keep what is known of the use of voices."""

from datetime import datetime

from catalog.models import Selection, Voice
from catalog.models.uses import VoiceUse, note_uses


def note_export(selection_id: int, now: datetime) -> None:
    """Note that the voices of a selection were taken along in a file."""
    for selection in Selection.objects.filter(pk=selection_id):
        rows = Voice.objects.filter(pk__in=selection.voice_ids, account__team=selection.team_id)
        note_uses(rows.values_list("pk", flat=True), VoiceUse.Kind.EXPORT, now)
