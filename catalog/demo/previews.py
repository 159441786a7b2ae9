"""The previews of the first page, fetched before anyone presses Play."""

import logging
from collections.abc import Iterator

from django.core.cache import cache

from catalog.demo.people import DemoTeam
from catalog.models import User, Voice
from catalog.queries.searches.filters import VoiceFilter
from catalog.queries.voices.search import find_voices
from catalog.services.previews import PreviewPending, PreviewUnavailable, fetch_preview

logger = logging.getLogger(__name__)

_ONCE_IN = 3600  # seconds, whether or not a preview could be fetched


def warm_first_page(demo: DemoTeam, most: int) -> int:
    """Fetch previews that the first pages of the demo's people lack; return how many."""
    count = 0
    for person, voice in _find_silent(demo):
        if count == most:
            break
        if not cache.add(f"demo-preview:{voice.pk}", True, _ONCE_IN):
            continue
        count += 1
        try:
            fetch_preview(person, voice=voice, now=demo.now)
        except (PreviewUnavailable, PreviewPending) as exc:
            logger.info("The preview of voice %s isn't there yet: %s", voice.pk, exc)
    return count


def _find_silent(demo: DemoTeam) -> Iterator[tuple[User, Voice]]:
    for person in demo.everyone:
        for voice in find_voices(person, VoiceFilter()).voices:
            if voice.can_play and getattr(voice, "clip", None) is None:
                yield person, voice
