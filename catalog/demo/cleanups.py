"""Clones that nobody needs anymore, and one that must stay."""

from collections.abc import Callable

from catalog.demo.people import DemoTeam
from catalog.models import Protection, Voice
from catalog.services.cleanups.plans import approve_plan, create_plan
from catalog.services.cleanups.protections import protect_voice
from catalog.services.evacuations.notices import KnownEnd, announce_end

_PLANNED = 4
_UNUSED_DAYS = 7


def announce_unused_rule(demo: DemoTeam) -> Callable[[], object] | None:
    """Say that one account deletes unused clones, so that they have a countdown."""
    own = Voice.objects.visible_to(demo.ana).filter(account__team=demo.team).deletable()
    newest = own.select_related("account").order_by("-added_at", "-pk").first()
    if newest is None:
        return None
    end = KnownEnd(newest.provider, newest.account, unused_days=_UNUSED_DAYS, note="An example.")
    return lambda: announce_end(demo.ana, team=demo.team, end=end, now=demo.now)


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
