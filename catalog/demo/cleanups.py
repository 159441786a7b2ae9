"""Clones that nobody needs anymore, and one that must stay."""

from collections.abc import Callable

from catalog.demo.people import DemoTeam
from catalog.models import Protection, Voice
from catalog.services.cleanups.plans import approve_plan, create_plan
from catalog.services.cleanups.protections import protect_voice

_PLANNED = 4


def plan_cleanup(demo: DemoTeam) -> Callable[[], object] | None:
    """Approve a plan that deletes old clones once its waiting time is over."""
    rows = Voice.objects.visible_to(demo.ana).filter(account__team=demo.team).deletable().shown()
    old = [voice for voice in rows.order_by("remote_created_at", "pk") if voice.info.can_delete]
    if not old:
        return None

    def act() -> None:
        pinned, *planned = old[: _PLANNED + 1]
        protect_voice(
            demo.ana,
            voice=pinned,
            kind=Protection.Kind.PIN,
            reason="On the website until the relaunch.",
            now=demo.now,
        )
        ids = [voice.pk for voice in planned]
        plan = create_plan(demo.ana, team=demo.team, voice_ids=ids, now=demo.now)
        approve_plan(demo.ana, plan=plan, now=demo.now)

    return act
