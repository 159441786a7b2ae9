"""Look at a voice once more before it is deleted: it must still be as it was shown."""

from datetime import datetime

from catalog.models import CollectionEntry, Keep, PlannedDeletion, Protection
from catalog.models.cleanups.rules import rules_of
from catalog.queries.cleanups.stale import find_reasons
from catalog.queries.usage import find_last_uses

Step = PlannedDeletion.Step


def find_change(line: PlannedDeletion, now: datetime) -> str:
    """Say why the voice is to be left alone now, "" where nothing speaks for it."""
    if line.step == Step.SENT:
        return ""  # the call was begun: what is missing now may be missing because of it
    return _find_other_voice(line) or _find_objection(line, now) or _find_lost_reasons(line, now)


def _find_other_voice(line: PlannedDeletion) -> str:
    voice = line.voice
    if voice.is_gone:
        return "It was gone already."
    if not voice.is_removable:
        return "It can no longer be deleted."
    if voice.remote_id != line.remote_id or voice.shown_name != line.name:
        return f"It was renamed to “{voice.shown_name}” since the plan was drawn up."
    return ""


def _find_objection(line: PlannedDeletion, now: datetime) -> str:
    """Look at what people did with the voice since the list was frozen."""
    held = Protection.objects.filter(voice=line.voice_id).select_related("set_by").first()
    if held is not None:
        words = f": {held.reason}" if held.reason else ""
        return f"{held.get_kind_display()} by {held.set_by}{words}."
    keep = Keep.objects.active(now).filter(voice=line.voice_id).select_related("kept_by").first()
    if keep is not None:
        return keep.words
    since = line.plan.drawn_up_at
    lines = PlannedDeletion.objects.taken().filter(voice=line.voice_id, ended_at__gt=since)
    kept = lines.filter(state=PlannedDeletion.State.KEPT).first()
    if kept is not None:
        return f"{kept.kept_by} kept it on {kept.ended_at:%b %-d, %Y}, in plan {kept.plan_id}."
    use = find_last_uses([line.voice])[line.voice_id]
    if use.at is not None and use.at > since:
        return f"It was {use.way} on {use.at:%b %-d, %Y}, after the plan was drawn up."
    entries = CollectionEntry.objects.filter(voice=line.voice_id, added_at__gt=since)
    entry = entries.filter(collection__removed_at=None).first()
    return "It was put into a collection after the plan was drawn up." if entry else ""


def _find_lost_reasons(line: PlannedDeletion, now: datetime) -> str:
    # What somebody chose by hand needs no reason; what a rule chose must still fit one.
    if not line.reasons:
        return ""
    team = line.plan.team
    if find_reasons(team, rules_of(team), now, line.voice):
        return ""
    return "No rule calls it stale any more."
