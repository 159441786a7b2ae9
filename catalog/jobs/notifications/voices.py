"""Notify people of what happened to voices that matter to them."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from catalog.core.locales import storing
from catalog.jobs.notifications.send import notify
from catalog.models import Membership, Notification, Team, User, Voice
from catalog.models.cleanups.keeps import find_all_responsible
from catalog.queries.voices.audience import join_names


@storing()
def notify_of_archived(user: User, team: Team, voices: Collection[Voice], now: datetime) -> None:
    """Notify owners whose voices someone else archived."""
    own = [voice.pk for voice in voices if voice.is_owned and voice.kind in Voice.OWN_KINDS]
    keepers = find_all_responsible(own)
    names: dict[User, list[str]] = defaultdict(list)
    for voice in voices:
        responsible = keepers.get(voice.pk)
        if responsible is not None and responsible.pk != user.pk:
            names[responsible].append(voice.shown_name[:40])
    people = set(Membership.objects.filter(team=team).values_list("user", flat=True))
    texts = {
        responsible.pk: f"{user} archived your voices: {join_names(archived)}. Nothing was deleted."
        for responsible, archived in names.items()
        if responsible.pk in people
    }
    notify(Notification.Event.OWNED, texts, now, team=team, page=Notification.Page.KEEPING)
