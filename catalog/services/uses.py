"""Note that a voice was used: what a clean-up must know before it calls a voice unused."""

from datetime import datetime

from django.db import transaction

from catalog.models import Selection, User, Voice
from catalog.models.uses import VoiceUse, note_uses
from catalog.tasks import wake_noting


@transaction.atomic
def note_play(user: User, *, voice: Voice, now: datetime) -> None:
    """Note that somebody listened to the voice."""
    seen = Voice.objects.visible_to(user).filter(pk=voice.pk)
    note_uses(seen.values_list("pk", flat=True), VoiceUse.Kind.PLAY, now)


def tell_export(user: User, *, selection: Selection) -> None:
    """Have a worker note that a selection was taken along: the download itself writes nothing."""
    if selection.user_id == user.pk:
        wake_noting(selection.pk)
