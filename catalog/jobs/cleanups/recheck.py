"""Recheck a voice right before its deletion: it must still be as shown in the plan."""

from datetime import datetime

from catalog.core.locales import say_day, storing
from catalog.models import CollectionEntry, Keep, PlannedDeletion, Protection
from catalog.models.cleanups.rules import rules_of
from catalog.queries.cleanups.stale import find_reasons
from catalog.queries.usage import find_last_uses

Step = PlannedDeletion.Step


@storing()
def find_change(line: PlannedDeletion, now: datetime) -> str:
    """Return why the voice should not be deleted now, "" if nothing speaks against it."""
    if line.step == Step.SENT:
        return ""  # the call has started and may have caused what we would see now
    return _find_other_voice(line) or _find_objection(line, now) or _find_lost_reasons(line, now)


def _find_other_voice(line: PlannedDeletion) -> str:
    voice = line.voice
    if voice.is_gone:
        return "It was already gone."
    if not voice.is_removable:
        return "It can no longer be deleted."
    if voice.remote_id != line.remote_id or voice.shown_name != line.name:
        return f"It was renamed to “{voice.shown_name}” after the plan was created."
    return ""


def _find_objection(line: PlannedDeletion, now: datetime) -> str:
    """Check what people did with the voice since the plan was created."""
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
        return f"{kept.kept_by} kept it on {say_day(kept.ended_at)}, in plan {kept.plan_id}."
    use = find_last_uses([line.voice])[line.voice_id]
    if use.at is not None and use.at > since:
        return f"It was {use.way} on {say_day(use.at)}, after the plan was created."
    entries = CollectionEntry.objects.filter(voice=line.voice_id, added_at__gt=since)
    entry = entries.filter(collection__removed_at=None).first()
    return "It was added to a collection after the plan was created." if entry else ""


def _find_lost_reasons(line: PlannedDeletion, now: datetime) -> str:
    # A voice picked by hand needs no rule; one picked by a rule must still match one.
    if not line.reasons:
        return ""
    team = line.plan.team
    if find_reasons(team, rules_of(team), now, line.voice):
        return ""
    return "It no longer matches any cleanup rule."
