"""Add the demo's story chapter by chapter, each once, as soon as its voices are there."""

import logging
from collections.abc import Callable
from datetime import datetime

from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, transaction

from catalog.audit import record
from catalog.core.clock import database_now
from catalog.demo.annotations import annotate_voices
from catalog.demo.cleanups import announce_unused_rule, plan_cleanup
from catalog.demo.clones import add_broken_key, clone_speakers, clone_with_trouble
from catalog.demo.comparisons import compare_clones, vote_on_clones
from catalog.demo.people import DemoTeam, find_demo_team
from catalog.demo.previews import warm_first_page
from catalog.models import AuditEntry, ProviderAccount

logger = logging.getLogger(__name__)

# A chapter returns what to do in one transaction, or None as long as something is missing for it.
Chapter = Callable[[DemoTeam], Callable[[], object] | None]
CHAPTERS: dict[str, Chapter] = {
    "annotations": annotate_voices,
    "cleanup": plan_cleanup,
    "broken key": add_broken_key,
    "clones": clone_speakers,
    "comparison": compare_clones,
    "votes": vote_on_clones,
    "unused clones": announce_unused_rule,
    "trouble": clone_with_trouble,
}
_ACTION = "demo data added"
_ACTIONS = (_ACTION, "demo chapter added")  # the second one until version 0.2
_LOCK, _LOCKED_FOR = "demo-story", 300


@shared_task(name="catalog.tell_story")
def tell_story_task() -> None:
    """Continue the story; in demo mode only."""
    if settings.DEMO_STORY and cache.add(_LOCK, True, _LOCKED_FOR):
        try:
            tell_story(database_now())
        finally:
            cache.delete(_LOCK)


def tell_story(now: datetime) -> list[str]:
    """Add the chapters that are possible now, and return their names."""
    demo = find_demo_team(now)
    if demo is None or not _has_voices(demo):
        return []
    earlier = set(AuditEntry.objects.filter(action__in=_ACTIONS).values_list("target", flat=True))
    added = []
    for name, prepare in CHAPTERS.items():
        if name not in earlier and _add_chapter(demo, name, prepare):
            added.append(name)
    warm_first_page(demo)
    return added


def _add_chapter(demo: DemoTeam, name: str, prepare: Chapter) -> bool:
    try:
        act = prepare(demo)
    except OSError:
        logger.warning("The sandbox doesn't answer, so the demo waits", exc_info=True)
        return False
    if act is None:
        return False
    try:
        with transaction.atomic():
            act()
            record(None, _ACTION, name, team=demo.team, now=demo.now)
    except DatabaseError:
        raise
    except Exception:
        # Someone changed a role, a key, or a voice first. The story goes on without the chapter.
        logger.exception("The demo's %s are left out", name)
        record(None, _ACTION, name, team=demo.team, now=demo.now, is_left_out=True)
        return False
    return True


def _has_voices(demo: DemoTeam) -> bool:
    """Return whether the voices of all accounts have been fetched."""
    accounts = ProviderAccount.objects.filter(team=demo.team)
    return accounts.exists() and not accounts.filter(synced_at=None).exists()
